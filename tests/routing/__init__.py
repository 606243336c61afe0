"""The router's tests: rules whose own text is the target, and a matcher that tries every rule."""
