"""What an organisation is, offers, needs, speaks and where it stands."""
