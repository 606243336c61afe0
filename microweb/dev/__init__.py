"""What a person runs: the command line and its tools. Never imported by a request."""
