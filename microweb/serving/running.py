"""Making a server and running it until a signal.

Law of this module: it is what a program calls; the serving is `server.py`'s.
"""

from __future__ import annotations

import sys

from .debug import DebuggedApplication
from .server import DEFAULT_MAX_BODY_SIZE, DEFAULT_MAX_CONNECTIONS, Server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def make_server(
    host: str = "127.0.0.1",
    port: int = 0,
    app: Any = None,
    *,
    threads: int = 32,
    quiet: bool = False,
    max_connections: int = DEFAULT_MAX_CONNECTIONS,
    max_body_size: int = DEFAULT_MAX_BODY_SIZE,
    stop_timeout: float = 10.0,
) -> Server:
    """Return a server that listens on *host* and *port* and will serve the WSGI callable *app*.

    Port 0 takes any free one: see the server's `port` and `url`. At most *threads* applications
    run at the same time; threads are started as they are needed. *quiet* prints nothing, not even
    errors. Beyond *max_connections* the one that waits longest is closed. *max_body_size* is in
    bytes (413), *stop_timeout* in seconds. Raises `AddressInUse`, or another OSError, if it cannot
    listen there.

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
    if threads < 1:
        raise ValueError(f"threads is {threads!r}; a server needs 1 at least")
    return Server(host, port, app, threads, quiet, max_connections, max_body_size, stop_timeout)


def run_simple(
    hostname: str,
    port: int,
    application: Any,
    *,
    quiet: bool = False,
    use_debugger: bool = False,
    threaded: bool = True,
    **options: Any,
) -> None:
    """Serve *application* until Ctrl-C or SIGTERM, then return.

    The first signal closes the port and lets running requests finish; a second one ends the
    program at once. With *use_debugger*, errors are shown to browsers on this machine
    (`DebuggedApplication`). Without *threaded*, one request runs at a time. Further *options* are
    those of `make_server`. Raises what that raises.
    """
    if use_debugger:
        application = DebuggedApplication(application)
    if not threaded:
        options["threads"] = 1
    with make_server(hostname, port, application, quiet=quiet, **options) as server:
        if use_debugger and hostname not in ("127.0.0.1", "::1", "localhost"):
            server.log.write(
                f"microweb: WARNING: debug is on and {hostname} can be reached from other machines;"
                " use it for development on this machine alone\n"
            )
        server.log.write(f"microweb: serving on {server.url} (Ctrl-C stops)\n")
        server.log.flush()
        _serve_until_signal(server)


def _serve_until_signal(server: Server) -> None:
    import signal
    import threading

    def stop(number: int, frame: Any) -> None:
        if server.is_stopping:
            sys.exit(128 + number)
        server.request_stop()

    if threading.current_thread() is not threading.main_thread():
        # Signals reach the main thread only; here, whoever started this thread stops the server.
        server.serve_forever()
        return
    previous = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        server.serve_forever()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
