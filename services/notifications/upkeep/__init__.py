"""Looking after what notifications keeps: what is held of an organisation, what waits, what an erasure has left."""
