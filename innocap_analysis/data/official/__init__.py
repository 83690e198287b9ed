"""Figures in the formats of official statistics become tables of places, years and indicators."""
