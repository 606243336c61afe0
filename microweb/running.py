"""Serving: an app or any WSGI callable until a signal, or in the background.

`run_app` is what ``app.run()`` does, `StartedServer` what ``app.start()`` returns. `run_simple` has
the name and the options of Werkzeug's function. The debug pages and the reloader are imported only
when they are switched on.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, NoReturn

    from .app import Microweb
    from .serving import Server

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
    `run_with_reloader` runs the program in a child process, again when its modules or *extra_files*
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

    from .serving import make_server
    from .text.hosts import is_loopback_host

    if use_debugger:
        from .dev.debug import DebuggedApplication

        application = DebuggedApplication(application)
    reloading = _take_over_socket()
    if reloading is not None:
        options["fd"] = reloading
    elif options.get("fd") is None and "LISTEN_PID" in os.environ:
        from .serving.extra.binding import find_systemd_descriptor

        options["fd"] = find_systemd_descriptor()
    seen: set[int] = set()

    def stop(number: int, frame: Any) -> None:
        if number in seen:
            # Not sys.exit(): the interpreter, ending, aborts when a thread is writing to a stream.
            os._exit(128 + number)
        seen.add(number)
        server.request_stop()

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
            # Signals reach the main thread only; in another, its starter stops the server.
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


def run_app(
    app: Microweb,
    host: str | None,
    port: int | None,
    debug: bool | None,
    load_dotenv: bool,
    options: dict[str, Any],
) -> None:
    """Serve an app until a signal; see `Microweb.run`."""
    if os.environ.get("MICROWEB_RUN_FROM_CLI") == "true":
        return
    if "GATEWAY_INTERFACE" in os.environ and "REQUEST_METHOD" in os.environ:
        from .cgi import run_as_cgi

        run_as_cgi(app)
        return
    if host is not None and not isinstance(host, str):
        raise TypeError(
            f"app.run({host!r}) gives {host!r} as the host, which is text as in '127.0.0.1'; for a "
            f"port write app.run(port={host!r})"
        )
    if load_dotenv:
        _load_environment(app)
    if debug is not None:
        app.debug = bool(debug)
    with_desk = app.debug and _has_desk()
    options.setdefault("use_debugger", with_desk)
    name, _, number = (app.config["SERVER_NAME"] or "").partition(":")
    host = host or name or "127.0.0.1"
    if port is None:
        port = int(number) if number.isdigit() else 5000
    try:
        if "server" in options:
            _serve_elsewhere(app, host, port, options)
        else:
            options.setdefault("use_reloader", with_desk and _can_be_started_anew())
            run_simple(host, port, app, **options)
    except (OSError, OverflowError) as error:
        _exit_with_sentence(describe_listen_failure(host, port, error))


def _has_desk() -> bool:
    """Return whether the debug pages and the reloader are there: small files leave them out."""
    try:
        from .dev.debug import DebuggedApplication
    except ImportError:
        return False
    return DebuggedApplication is not None


def _load_environment(app: Microweb) -> None:
    """Read ``.env`` files, and let MICROWEB_DEBUG or FLASK_DEBUG in them count."""
    try:
        from .dotenv import load_dotenv
    except ImportError:
        return
    from .config import find_debug_variable, is_true_word

    before = find_debug_variable()
    try:
        load_dotenv()
    except (ValueError, OSError) as error:
        _exit_with_sentence(str(error))
    after = find_debug_variable()
    if after and not before:
        app.debug = is_true_word(after)


def _can_be_started_anew() -> bool:
    """Return whether this is a program of a file, in its main thread: no notebook, no plug-in."""
    from threading import current_thread, main_thread

    in_main_thread = current_thread() is main_thread()
    return in_main_thread and hasattr(sys.modules["__main__"], "__file__")


class StartedServer:
    """A server at work in threads of its own: what `Microweb.start` returns.

    ``url`` is where it answers, ``host`` and ``port`` what it listens on.
    """

    def __init__(self, server: Server) -> None:
        from threading import Thread

        self._server = server
        self.url = server.url
        self.host, self.port = server.server_address[:2]
        # A daemon: a program that forgets to stop it can still end.
        self._thread = Thread(target=server.serve_forever, name=self.url, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the port, let running requests finish, and return when they have."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> StartedServer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<StartedServer {self.url}>"


def describe_listen_failure(host: str, port: int, error: Exception) -> str:
    """Return the sentence for an error that kept a server from listening.

    >>> describe_listen_failure("192.0.2.1", 80, PermissionError(13, "Permission denied"))
    "cannot listen on '192.0.2.1', port 80: Permission denied; choose another host or port"
    """
    if type(error).__name__ == "AddressInUse":
        return str(error)
    reason = getattr(error, "strerror", None) or error
    return f"cannot listen on {host!r}, port {port!r}: {reason}; choose another host or port"


def _serve_elsewhere(app: Any, host: str, port: int, options: dict[str, Any]) -> None:
    """Serve with the server that ``app.run(server=...)`` names; the debugger stays behind."""
    from .dev.loading import CommandFailed
    from .dev.servers import run_with_server

    options.pop("use_debugger", None)
    try:
        run_with_server(options.pop("server"), app, host, port, **options)
    except CommandFailed as error:
        _exit_with_sentence(str(error))


def _exit_with_sentence(message: str) -> NoReturn:
    print(f"microweb: {message}", file=sys.stderr)
    sys.exit(2)
