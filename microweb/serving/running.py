"""Making a server and running it until a signal: what a program calls."""

from __future__ import annotations

import sys

from .binding import find_systemd_descriptor, is_loopback_host
from .debug import DebuggedApplication
from .reloader import run_with_reloader, take_over_from_reloader
from .server import Server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Options of a server's class, with the least that each may be; and what Werkzeug has besides.
_LEAST_VALUES = {"threads": 1, "max_connections": 1, "max_body_size": 1, "stop_timeout": 0}
_OPENING_OPTIONS = ("fd", "ssl_context", "socket_mode")
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
    opening = {name: options.pop(name) for name in _OPENING_OPTIONS if name in options}
    for name, value in options.items():
        if name not in _LEAST_VALUES:
            instead = _LEFT_OUT_OPTIONS.get(name, "see help(make_server)")
            raise TypeError(f"make_server knows no option {name!r}: {instead}")
        if value < _LEAST_VALUES[name]:
            raise ValueError(f"{name} is {value!r}; it must be {_LEAST_VALUES[name]} at least")
    server = Server(host, port, app, quiet, **opening)
    vars(server).update(options)
    return server


def run_simple(
    hostname: str,
    port: int,
    application: Any,
    *,
    use_debugger: bool = False,
    use_reloader: bool = False,
    extra_files: Any = None,
    exclude_patterns: Any = None,
    reloader_interval: float = 1.0,
    **options: Any,
) -> None:
    """Serve *application* until Ctrl-C or SIGTERM, then return.

    The first signal closes the port and lets running requests finish; the same one again ends the
    program at once. With *use_debugger*, `DebuggedApplication` shows errors. With *use_reloader*,
    `run_with_reloader` runs the program in a child process, anew when its modules or *extra_files*
    change; this process then ends with `SystemExit`. The options are those of `make_server`, whose
    exceptions it raises, and ``threaded=False``: one request at a time. A socket that systemd
    passes (sd_listen_fds(3)) is served instead of *hostname* and *port*.
    """
    if options.pop("reloader_type", "auto") not in ("auto", "stat"):
        raise TypeError("run_simple knows one reloader: leave reloader_type out, or say 'stat'")
    # There is no console to switch on, and one process is what there is.
    options.pop("use_evalex", None)
    if options.get("processes") == 1:
        del options["processes"]
    if not options.pop("threaded", True):
        options["threads"] = 1
    if not use_reloader:
        _run_until_signal(hostname, port, application, use_debugger, options)
        return
    names = (*_OPENING_OPTIONS, "quiet")
    run_with_reloader(
        lambda: _run_until_signal(hostname, port, application, use_debugger, options),
        hostname,
        port,
        extra_files=extra_files,
        exclude_patterns=exclude_patterns,
        reloader_interval=reloader_interval,
        **{name: options[name] for name in names if name in options},
    )


def _run_until_signal(
    hostname: str, port: int, application: Any, use_debugger: bool, options: dict[str, Any]
) -> None:
    """Serve in this process: see `run_simple`."""
    import signal
    import threading

    seen: set[int] = set()

    def stop(number: int, frame: Any) -> None:
        if number in seen:
            sys.exit(128 + number)
        seen.add(number)
        server.request_stop()

    if use_debugger:
        application = DebuggedApplication(application)
    reloading = take_over_from_reloader()
    if reloading is not None:
        options["fd"] = reloading
    elif options.get("fd") is None:
        options["fd"] = find_systemd_descriptor()
    previous: dict[Any, Any] = {}
    with make_server(hostname, port, application, **options) as server:
        if use_debugger and not is_loopback_host(server.host):
            server.log.write(
                f"microweb: WARNING: debug is on, and other machines can reach {server.host!r}; "
                f"errors explain themselves to this machine alone, but debug is for development\n"
            )
        if reloading is None:
            server.log.write(f"microweb: serving on {server.url} (Ctrl-C stops)\n")
        try:
            # Signals reach the main thread only; in another, whoever started it stops the server.
            if threading.current_thread() is threading.main_thread():
                for number in (signal.SIGINT, signal.SIGTERM):
                    previous[number] = signal.signal(number, stop)
            server.serve_forever()
        finally:
            # A reloader passes on, a moment later, what a terminal has sent this process too.
            for number, handler in previous.items() if reloading is None else ():
                signal.signal(number, handler)
