"""Introductions, organisations and contacts as notifications sees them."""
