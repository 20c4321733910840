"""What the notifications service knows, in plain values: who is written to, what, and how a delivery lives."""
