"""Making a server and running it until a signal: what a program calls."""

from __future__ import annotations

import sys

from .debug import DebuggedApplication
from .server import Server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def make_server(
    host: str = "127.0.0.1", port: int = 0, app: Any = None, *, quiet: bool = False, **options: Any
) -> Server:
    """Return a server that listens on *host* and *port* and will serve the WSGI callable *app*.

    Port 0 takes any free one: see the server's `port` and `url`. *quiet* prints nothing, not even
    errors. The options: *threads*, the most requests that run at the same time (32); *stop_timeout*
    in seconds (10); *max_body_size* in bytes (1 GiB, then 413); *max_connections* (1000; then the
    one that waits longest is closed). Raises `AddressInUse` or another OSError if it cannot listen.

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
    for name, value in options.items():
        if name not in ("threads", "max_connections", "max_body_size", "stop_timeout"):
            raise TypeError(f"make_server knows no option {name!r}; see help(make_server)")
        if value < (name != "stop_timeout"):
            raise ValueError(f"{name} is {value!r}; it must be 1 at least")
    server = Server(host, port, app, quiet)
    vars(server).update(options)
    return server


def run_simple(
    hostname: str, port: int, application: Any, *, use_debugger: bool = False, **options: Any
) -> None:
    """Serve *application* until Ctrl-C or SIGTERM, then return.

    The first signal closes the port and lets running requests finish; a second one ends the
    program at once. With *use_debugger*, `DebuggedApplication` shows errors. The options are those
    of `make_server`, whose exceptions it raises, and ``threaded=False``: one request at a time.
    """
    import signal
    import threading

    def stop(number: int, frame: Any) -> None:
        if server.is_stopping:
            sys.exit(128 + number)
        server.request_stop()

    if use_debugger:
        application = DebuggedApplication(application)
    if not options.pop("threaded", True):
        options["threads"] = 1
    previous: dict[Any, Any] = {}
    with make_server(hostname, port, application, **options) as server:
        if use_debugger and hostname not in ("127.0.0.1", "::1", "localhost"):
            server.log.write(f"microweb: WARNING: debug is on, and others can reach {hostname}\n")
        server.log.write(f"microweb: serving on {server.url} (Ctrl-C stops)\n")
        try:
            # Signals reach the main thread only; in another, whoever started it stops the server.
            if threading.current_thread() is threading.main_thread():
                for number in (signal.SIGINT, signal.SIGTERM):
                    previous[number] = signal.signal(number, stop)
            server.serve_forever()
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
