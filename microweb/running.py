"""Serving an application until a signal, with a debugger and a reloader on request.

`run_simple` has the name and the options of Werkzeug's function. The debug pages and the reloader
are imported only when they are switched on.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Options of Werkzeug's function that the server has not, and what to do instead.
_LEFT_OUT_OPTIONS = {
    "processes": "it serves in threads; for more processes run the app under gunicorn or uWSGI",
    "request_handler": "wrap the application in a WSGI middleware",
    "static_files": "wrap the application in microweb.middleware.SharedDataMiddleware",
    "passthrough_errors": "leave use_debugger out",
}


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
    for name in options:
        if name in _LEFT_OUT_OPTIONS:
            raise TypeError(f"run_simple has no option {name!r}: {_LEFT_OUT_OPTIONS[name]}")
    if not options.pop("threaded", True):
        options["threads"] = 1
    if not use_reloader:
        _run_until_signal(hostname, port, application, use_debugger, options)
        return
    from .dev.reloader import run_with_reloader

    names = ("fd", "ssl_context", "socket_mode", "quiet")
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

    from .serving import make_server
    from .serving.extra.binding import find_systemd_descriptor
    from .text.hosts import is_loopback_host

    if use_debugger:
        from .dev.debug import DebuggedApplication

        application = DebuggedApplication(application)
    reloading = _take_over_socket()
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


def _take_over_socket() -> int | None:
    """Return the socket's number in a process that the reloader has started, else None."""
    if os.environ.get("MICROWEB_RUN_MAIN") != "true":
        return None
    from .dev.reloader import take_over_from_reloader

    return take_over_from_reloader()
