"""Plans over many requests: introductions under capacities, consortia, fairness, gaps."""
