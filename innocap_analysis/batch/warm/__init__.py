"""Runs that start warm: one loaded parent forks a fresh interpreter per notebook."""
