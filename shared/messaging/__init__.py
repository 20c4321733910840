"""How services hear of each other: outbox, relay, consumer, effects, dead letters."""
