"""What the services tell each other: the states, the catalogue of event types, and how an event travels."""
