"""What a submission is, which records it is like, and what it would change in one."""
