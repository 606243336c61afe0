"""Making a server: what a program calls."""

from __future__ import annotations

import sys

from .foundation import check_server_modules
from .server import Server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The options that are attributes of a server, with the least that each may be.
_LEAST_VALUES = {"threads": 1, "max_connections": 1, "max_body_size": 1, "stop_timeout": 0}
_OPENING_OPTIONS = ("fd", "ssl_context", "socket_mode")


def make_server(
    host: str = "127.0.0.1", port: int = 0, app: Any = None, *, quiet: bool = False, **options: Any
) -> Server:
    """Return a server that listens on *host* and *port* and will serve the WSGI callable *app*.

    Port 0 takes any free one: see the server's `port` and `url`. *quiet* prints nothing, not even
    errors. *max_body_size* is in bytes (1 GiB, then 413), *stop_timeout* in seconds (10),
    *max_connections* a number (1000); *threads* is the most requests that run at one time (32).
    *host* may be "unix:///path.sock", with *socket_mode* as the file's permissions; *fd* is the
    number of a socket that listens already, of which the server takes a duplicate; *ssl_context* is
    an SSLContext or the paths (certificate, key). Raises OSError, such as `AddressInUse`, if it
    cannot listen, TypeError or ValueError for wrong options, ImportError for a missing module.

    >>> from threading import Thread
    >>> with make_server(app=print) as server:
    ...     thread = Thread(target=server.serve_forever)
    ...     thread.start()
    ...     server.shutdown()
    ...     thread.join()
    """
    if not callable(app):
        raise TypeError(f"make_server needs a WSGI application to call, not {app!r:.60}")
    check_server_modules(sys.platform)
    opening = {name: options.pop(name) for name in _OPENING_OPTIONS if name in options}
    for name, value in options.items():
        if name not in _LEAST_VALUES:
            raise TypeError(f"make_server knows no option {name!r}: see help(make_server)")
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
