"""Words, stems, thesaurus and nearness, as plain functions and values."""
