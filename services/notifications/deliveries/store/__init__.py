"""Deliveries and the mail queue in the service's database."""
