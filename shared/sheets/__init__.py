"""Files of rows: a CSV file as a sheet of texts, whoever saved it."""
