"""The projection of organisations, visits and deliveries, and what was erased of them."""
