"""Plans on the match graph: introductions under capacities, consortia, who is rarely seen, what nobody covers."""
