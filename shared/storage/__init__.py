"""A service's own database, its migrations and its files."""
