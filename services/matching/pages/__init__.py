"""Matching's pages: the landing page, the list of reports, and one report to review."""
