"""Scoring policies as staff change them: drafts, previews, activation."""
