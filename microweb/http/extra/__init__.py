"""What a first reading of HTTP skips: conditions, ranges, rare headers, Werkzeug's form classes."""
