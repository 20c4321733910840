"""How good matching is on labelled organisations, beside simple baselines and with parts left out."""
