"""What a scoring policy may say."""
