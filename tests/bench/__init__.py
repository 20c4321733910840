"""Speed: each mark is the rate of one of our parts as a share of a bare peer's, measured in one run."""
