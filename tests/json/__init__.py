"""JSON's tests: what the provider writes, and what survives a trip through tagged JSON."""
