"""Which organisations may be one, and what staff say of it."""
