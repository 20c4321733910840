"""The planning itself, as plain functions and values."""
