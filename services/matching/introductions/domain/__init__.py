"""What an approval makes of a report."""
