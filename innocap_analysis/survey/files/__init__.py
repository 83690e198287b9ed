"""Exports of survey tools become answers without personal data."""
