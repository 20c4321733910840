"""Looking after what profiles keeps: what is held of an organisation, and who it was."""
