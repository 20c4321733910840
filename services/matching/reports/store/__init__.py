"""Reports, which are due, what changed, which exclusions are lifted, and pauses."""
