"""The scoring policy, the features of both sides, the search for candidates, exclusions and flags."""
