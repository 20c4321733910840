"""How texts are read: concepts by their words, nearness by an embedding, and where vectors are kept."""
