"""Scores in, descriptives and evidence out."""
