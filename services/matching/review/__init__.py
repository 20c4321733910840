"""The reports' pages, API and files, where staff review."""
