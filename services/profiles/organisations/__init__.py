"""Companies, partners, visits and match requests: taken in, changed, withdrawn, erased."""
