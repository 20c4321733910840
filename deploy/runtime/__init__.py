"""The processes that serve: web, work, and the supervisor of one machine."""
