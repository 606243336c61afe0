"""Making a server: what a program calls."""

from __future__ import annotations

import sys

from .server import Server
from .standins import check_server_modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The options that are attributes of a server, with the least that each may be.
_LEAST_VALUES = {"threads": 1, "max_connections": 1, "max_body_size": 1, "stop_timeout": 0}
_OPENING_OPTIONS = ("fd", "ssl_context", "socket_mode")
# What Werkzeug's function has more, and what to do instead.
_LEFT_OUT_OPTIONS = {
    "processes": "it serves in threads; for more processes run the app under gunicorn or uWSGI",
    "request_handler": "wrap the application in a WSGI middleware",
    "static_files": "wrap the application in microweb.middleware.SharedDataMiddleware",
    "passthrough_errors": "leave use_debugger out",
}


def make_server(
    host: str = "127.0.0.1", port: int = 0, app: Any = None, *, quiet: bool = False, **options: Any
) -> Server:
    """Return a server that listens on *host* and *port* and will serve the WSGI callable *app*.

    Port 0 takes any free one: see the server's `port` and `url`. *host* may be "unix:///path.sock",
    with *socket_mode* as the file's permissions. *fd* is the number of a socket that listens
    already, of which the server takes a duplicate. *ssl_context* is an SSLContext or the paths
    (certificate, key): HTTPS. *quiet* prints nothing, not even errors. The other options:
    *threads*, the most requests that run at the same time (32); *stop_timeout* in seconds (10);
    *max_body_size* in bytes (1 GiB, then 413); *max_connections* (1000; then the one that waits
    longest is closed). Raises `AddressInUse` or another OSError if it cannot listen, TypeError or
    ValueError for wrong options, ImportError where Python came without what they need.

    >>> import threading
    >>> from urllib.request import urlopen
    >>> from microweb.serving import make_server
    >>> def app(environ, start_response):
    ...     start_response("200 OK", [("Content-Type", "text/plain")])
    ...     return [b"hello"]
    >>> with make_server(app=app, quiet=True) as server:
    ...     thread = threading.Thread(target=server.serve_forever)
    ...     thread.start()
    ...     with urlopen(server.url) as answer:
    ...         answer.read()
    ...     server.shutdown()
    ...     thread.join()
    b'hello'
    """
    if not callable(app):
        raise TypeError(f"make_server needs a WSGI application to call, not {app!r:.60}")
    check_server_modules(sys.platform)
    opening = {name: options.pop(name) for name in _OPENING_OPTIONS if name in options}
    for name, value in options.items():
        if name not in _LEAST_VALUES:
            instead = _LEFT_OUT_OPTIONS.get(name, "see help(make_server)")
            raise TypeError(f"make_server knows no option {name!r}: {instead}")
        if value < _LEAST_VALUES[name]:
            raise ValueError(f"{name} is {value!r}; it must be {_LEAST_VALUES[name]} at least")
    try:
        from .extra.leading import LeadingServer
    except ImportError:
        server = Server(host, port, app, quiet, **opening)
    else:
        server = LeadingServer(host, port, app, quiet, **opening)
    for name, value in options.items():
        setattr(server, name, value)
    return server
