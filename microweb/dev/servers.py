"""Handing an application to another server: ``microweb run --server NAME``, ``app.run(server=…)``.

One table, `SERVERS`, names a function for each. A server that is not installed, or unknown, is one
sentence. The debugger and the reloader stay behind: they belong to microweb's own server.
"""

from __future__ import annotations

import os
import sys

from ..text.nearest import did_you_mean
from .loading import CommandFailed, load_app

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def run_with_server(name: str, application: Any, host: str, port: int, **options: Any) -> None:
    """Serve *application* with the server *name* until it is stopped.

    *options* are that server's own: ``threads=8`` for waitress, ``workers=4`` for gunicorn.
    CommandFailed, with one sentence, where the server is unknown or cannot be imported; OSError
    where it cannot listen.

    >>> run_with_server("apache", None, "127.0.0.1", 0)
    Traceback (most recent call last):
        ...
    microweb.dev.loading.CommandFailed: there is no server 'apache' to run the app with; known: \
cgi, cheroot, gunicorn, uwsgi, waitress, wsgiref
    """
    if name not in SERVERS:
        near = did_you_mean(name, SERVERS, "; did you")
        raise CommandFailed(
            f"there is no server {name!r} to run the app with{near}; known: "
            f"{', '.join(sorted(SERVERS))}"
        )
    SERVERS[name](application, host, port, options)


def _import_server(module: str) -> Any:
    from importlib import import_module

    name = module.partition(".")[0]
    try:
        return import_module(module)
    except ImportError as error:
        raise CommandFailed(
            f"the server {name!r} cannot be imported ({error}); install it with: pip install {name}"
        ) from error


def _address_of(host: str, port: int) -> str:
    from ..text.hosts import join_host_port

    return join_host_port(host, port)


def _tell_address(host: str, port: int, name: str) -> None:
    print(f"microweb: serving on http://{_address_of(host, port)}/ with {name}", file=sys.stderr)


def _serve_with_cgi(application: Any, host: str, port: int, options: dict[str, Any]) -> None:
    from ..cgi import run_as_cgi

    run_as_cgi(application)


def _serve_with_cheroot(application: Any, host: str, port: int, options: dict[str, Any]) -> None:
    server = _import_server("cheroot.wsgi").Server((host, port), application, **options)
    try:
        server.prepare()
        _tell_address(host, server.bind_addr[1], "cheroot")
        server.serve()
    except KeyboardInterrupt:
        pass
    finally:
        server.stop()


def _serve_with_gunicorn(application: Any, host: str, port: int, options: dict[str, Any]) -> None:
    base = _import_server("gunicorn.app.base").BaseApplication
    settings = {"bind": _address_of(host, port), **options}

    def load_config(self: Any) -> None:
        for key, value in settings.items():
            self.cfg.set(key, value)

    methods = {"load_config": load_config, "load": lambda self: application}
    type("GunicornOfMicroweb", (base,), methods)().run()


def _serve_with_uwsgi(application: Any, host: str, port: int, options: dict[str, Any]) -> None:
    """Become uWSGI, a program that loads the app itself: by the option *spec*, which is
    that of the command line, or as the script that calls ``app.run()``."""
    spec = options.pop("spec", getattr(sys.modules["__main__"], "__file__", None))
    arguments = ["uwsgi", "--master", "--need-app", "--die-on-term"]
    arguments += ["--http-socket", _address_of(host, port)]
    for key, value in options.items():
        arguments += [f"--{key.replace('_', '-')}", str(value)]
    code = f"from {load_app.__module__} import load_app; application = load_app({spec!r})"
    # It finds what this process finds, also in a virtual environment; app.run() does nothing.
    path = os.pathsep.join(filter(None, sys.path))
    env = {**os.environ, "PYTHONPATH": path, "MICROWEB_RUN_FROM_CLI": "true"}
    try:
        os.execvpe("uwsgi", [*arguments, "--eval", code], env)
    except FileNotFoundError as error:
        raise CommandFailed(
            "the server 'uwsgi' cannot be found on the PATH; install it with: pip install uwsgi"
        ) from error


def _serve_with_waitress(application: Any, host: str, port: int, options: dict[str, Any]) -> None:
    module = _import_server("waitress")
    server = module.create_server(application, host=host, port=port, **options)
    # There is a server for each address where a name has several.
    _tell_address(host, getattr(server, "effective_port", port), "waitress")
    server.run()


def _serve_with_wsgiref(application: Any, host: str, port: int, options: dict[str, Any]) -> None:
    with _import_server("wsgiref.simple_server").make_server(host, port, application) as server:
        _tell_address(host, server.server_port, "wsgiref, one request at a time")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass


SERVERS: dict[str, Callable[[Any, str, int, dict[str, Any]], None]] = {
    "cgi": _serve_with_cgi,
    "cheroot": _serve_with_cheroot,
    "gunicorn": _serve_with_gunicorn,
    "uwsgi": _serve_with_uwsgi,
    "waitress": _serve_with_waitress,
    "wsgiref": _serve_with_wsgiref,
}
