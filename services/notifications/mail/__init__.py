"""Mails: what they say, how they are built, and the servers that take them."""
