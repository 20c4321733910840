"""What a report says, and what changed between two."""
