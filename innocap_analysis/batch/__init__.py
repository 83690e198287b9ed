"""Notebooks and parameters in, executed notebooks and reports out."""
