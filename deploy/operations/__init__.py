"""Looking after a running house: status, backup, restore, erasure, rebuild."""
