"""Matching's REST API: reports and what staff decide on them, introductions."""
