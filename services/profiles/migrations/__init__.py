"""The steps that bring this service's tables up, in order."""
