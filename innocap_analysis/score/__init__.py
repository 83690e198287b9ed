"""Tidy tables in, normalised values, scores, ranks and their sensitivity out."""
