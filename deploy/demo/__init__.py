"""The sample organisations, and the main job done with them."""
