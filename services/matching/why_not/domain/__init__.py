"""The reasons, and the sentences that a company may be sent."""
