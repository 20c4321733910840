"""What comes in without an account: it waits here until staff let it in, and is nowhere else before that."""
