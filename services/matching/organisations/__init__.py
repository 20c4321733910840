"""Both sides as matching sees them, and the projection that keeps them."""
