"""What a first reading of the engine skips."""
