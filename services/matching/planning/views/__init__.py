"""Plans, consortia, fairness and gaps as API and pages show them. Looking stores nothing."""
