"""Contacts as the events of profiles tell of them."""
