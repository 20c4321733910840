"""Match reports: making, keeping, dating and comparing them."""
