"""How a company and a need are scored, plain and explained part by part."""
