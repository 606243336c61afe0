"""What a first reading of the router skips: adapters, rule factories, explanations."""
