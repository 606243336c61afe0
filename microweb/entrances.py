"""The ways into an app other than a WSGI server: run, start, handle, test client, shell.

None of them is used by a request that a server brings.
"""

from __future__ import annotations

import os
import sys

from .context import Context
from .rendering import TemplateRenderer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType
    from typing import Any, NoReturn

    from .app import Microweb
    from .context import WSGIEnvironment
    from .serving import Server
    from .testing import Client, CliRunner


class Entrances(TemplateRenderer):
    """The half of an app that people use besides sending it requests. See `Microweb`."""

    test_client_class: type[Client] | None = None
    test_cli_runner_class: type[CliRunner] | None = None

    def app_context(self) -> Context:
        """Return a context without a request: ``with app.app_context(): ...``."""
        return Context(_as_app(self), None)

    def request_context(self, environ: WSGIEnvironment) -> Context:
        """Return the context of a request made of an environ: ``with app.request_context(e):``."""
        return Context(_as_app(self), environ)

    def test_request_context(self, *args: Any, **kwargs: Any) -> Context:
        """Return the context of a request made up for a test or a shell.

        The arguments are those of `EnvironBuilder`: a path first, then what the request carries.
        """
        from .environ import EnvironBuilder

        kwargs.setdefault("app", self)
        return self.request_context(EnvironBuilder(*args, **kwargs).get_environ())

    def test_client(self, use_cookies: bool = True, **kwargs: Any) -> Client:
        """Return a client that calls the app without a server, and keeps cookies.

        >>> from microweb import Microweb
        >>> app = Microweb("example")
        >>> app.test_client().get("/nothing").status
        '404 NOT FOUND'
        """
        from .testing import Client

        client_class = self.test_client_class or Client
        return client_class(self, use_cookies=use_cookies, **kwargs)

    def test_cli_runner(self, **kwargs: Any) -> CliRunner:
        """Return a runner that calls the commands of ``app.cli`` and collects what they print.

        >>> from microweb import Microweb
        >>> app = Microweb("example")
        >>> @app.cli.command()
        ... def greet(name, loud: bool = False):
        ...     print(f"Hello, {name}{'!' if loud else '.'}")
        >>> app.test_cli_runner().invoke(args=["greet", "Ada", "--loud"]).output
        'Hello, Ada!\\n'
        """
        from .testing import CliRunner

        runner_class = self.test_cli_runner_class or CliRunner
        return runner_class(_as_app(self), **kwargs)

    def make_shell_context(self) -> dict[str, Any]:
        """Return the names that ``microweb shell`` begins with."""
        from .context import g

        names: dict[str, Any] = {"app": self, "g": g}
        for function in self.shell_context_processors:
            names.update(function())
        return names

    def handle(
        self,
        method: str = "GET",
        path: str = "/",
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        body: bytes | str = b"",
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Answer one request given as values: no socket, no thread, no server.

        *path* may carry a query string or be a whole URL. Returns the status code, the headers and
        the body. For places that bring requests in ways of their own: a browser's service worker,
        a plug-in, a queue.

        >>> from microweb import Microweb
        >>> app = Microweb("example")
        >>> @app.get("/hello/<name>")
        ... def hello(name):
        ...     return f"Hello, {name}!"
        >>> status, headers, body = app.handle("GET", "/hello/Ada")
        >>> status, body
        (200, b'Hello, Ada!')
        """
        from .environ import EnvironBuilder
        from .testing import run_wsgi_app

        if isinstance(body, str):
            body = body.encode("utf-8")
        builder = EnvironBuilder(path, method=method, headers=headers, data=body or None)
        chunks, status, answered = run_wsgi_app(_as_app(self), builder.get_environ())
        return int(status[:3]), answered.to_wsgi_list(), b"".join(chunks)

    def start(self, host: str = "127.0.0.1", port: int = 0, **options: Any) -> StartedServer:
        """Serve the app in threads of their own and return at once.

        Port 0 takes any free one. The answer has ``url``, ``port`` and ``stop()``, and is a
        context manager that stops at its end: for a GUI, a plug-in, a notebook, a test. The
        options are those of `make_server`; nothing is printed unless ``quiet=False``.

        >>> from urllib.request import urlopen
        >>> from microweb import Microweb
        >>> app = Microweb("example")
        >>> @app.get("/")
        ... def index():
        ...     return "up"
        >>> with app.start() as server:
        ...     with urlopen(server.url) as answer:
        ...         answer.read()
        b'up'
        """
        from .serving import make_server

        options.setdefault("quiet", True)
        return StartedServer(make_server(host, port, self, **options))

    def run(
        self,
        host: str | None = None,
        port: int | None = None,
        debug: bool | None = None,
        load_dotenv: bool = True,
        **options: Any,
    ) -> None:
        """Serve the app until Ctrl-C, on loopback and port 5000 unless told otherwise.

        Does nothing when the app is being loaded by ``microweb run``, which serves it itself; in a
        CGI script, where GATEWAY_INTERFACE is set, it answers the one request and returns. Without
        *host* and *port* those of ``SERVER_NAME`` are taken. *load_dotenv* reads ``.env`` files
        first. While debugging the program is started anew after a change of its files, unless
        ``use_reloader=False``. The options are those of `run_simple`; or, with
        ``server="waitress"`` or another name of ``dev/servers.py``, those of that server.
        """
        if os.environ.get("MICROWEB_RUN_FROM_CLI") == "true":
            return
        if "GATEWAY_INTERFACE" in os.environ and "REQUEST_METHOD" in os.environ:
            from .cgi import run_as_cgi

            run_as_cgi(self)
            return
        if load_dotenv:
            self._load_environment()
        from .running import run_simple

        if debug is not None:
            self.debug = bool(debug)
        options.setdefault("use_debugger", self.debug)
        name, _, number = (self.config["SERVER_NAME"] or "").partition(":")
        host = host or name or "127.0.0.1"
        if port is None:
            port = int(number) if number.isdigit() else 5000
        try:
            if "server" in options:
                _serve_elsewhere(self, host, port, options)
            else:
                options.setdefault("use_reloader", self.debug and _can_be_started_anew())
                run_simple(host, port, self, **options)
        except (OSError, OverflowError) as error:
            _exit_with_sentence(describe_listen_failure(host, port, error))

    def _load_environment(self) -> None:
        """Read ``.env`` files, and let MICROWEB_DEBUG or FLASK_DEBUG in them count."""
        from .config import find_debug_variable, is_true_word
        from .dotenv import load_dotenv

        before = find_debug_variable()
        try:
            load_dotenv()
        except (ValueError, OSError) as error:
            _exit_with_sentence(str(error))
        after = find_debug_variable()
        if after and not before:
            self.debug = is_true_word(after)


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


def _can_be_started_anew() -> bool:
    """Return whether this is a program of a file, in its main thread: no notebook, no plug-in."""
    from threading import current_thread, main_thread

    in_main_thread = current_thread() is main_thread()
    return in_main_thread and hasattr(sys.modules["__main__"], "__file__")


def _as_app(app: Any) -> Microweb:
    """Return *app* as what every object of these classes is in the end."""
    whole: Microweb = app
    return whole


def describe_listen_failure(host: str, port: int, error: Exception) -> str:
    """Return the sentence for an error that kept a server from listening.

    >>> describe_listen_failure("192.0.2.1", 80, PermissionError(13, "Permission denied"))
    "cannot listen on '192.0.2.1', port 80: Permission denied; choose another host or port"
    """
    from .serving.extra.binding import AddressInUse

    if isinstance(error, AddressInUse):
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
