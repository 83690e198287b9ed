"""Figures as files: laid out once, drawn from that layout; knows no page."""
