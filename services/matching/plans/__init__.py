"""Plans as API and pages show them, and what staff do with them; the planning itself is in `domain/plans`."""
