"""Companies and partners out of CSV and XLSX files."""
