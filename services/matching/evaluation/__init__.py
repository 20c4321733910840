"""How good matching is on labelled organisations."""
