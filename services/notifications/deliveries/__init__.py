"""Deliveries: made of approvals, queued, sent, retried, cancelled."""
