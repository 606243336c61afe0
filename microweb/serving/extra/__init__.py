"""What a first reading of the server skips: many connections, Unix sockets, TLS."""
