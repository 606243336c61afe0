"""Answering one request as a CGI script (RFC 3875): what cheap hosting and small routers offer."""

from __future__ import annotations

from io import StringIO

from .text.missing import import_stdlib
from .text.quoting import percent_decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def run_as_cgi(app: Any) -> None:
    """Answer the request that the environment variables and standard input describe.

    `Microweb.run` calls this where GATEWAY_INTERFACE is set, so a script that ends in
    ``app.run()`` works as CGI as it is. ImportError where Python's `wsgiref` is missing.
    """
    handlers = import_stdlib("wsgiref.handlers", "CGI")

    def with_paths(environ: dict[str, Any], start_response: Any) -> Any:
        environ.update(cgi_paths(environ))
        return app(environ, start_response)

    handler = handlers.CGIHandler()
    # A server may start scripts without a place for errors.
    handler.stderr = handler.stderr or StringIO()
    handler.run(with_paths)


def cgi_paths(variables: Any) -> dict[str, str]:
    """Return SCRIPT_NAME and PATH_INFO as the client sees them.

    Behind a rewriting rule the server names the script in SCRIPT_NAME although the client asked
    for a path without it: REQUEST_URI tells. URLs are then built from where the client is.

    >>> cgi_paths({"SCRIPT_NAME": "/app.cgi", "PATH_INFO": "/notes", "REQUEST_URI": "/notes?a=1"})
    {'SCRIPT_NAME': '', 'PATH_INFO': '/notes'}
    >>> cgi_paths({"SCRIPT_NAME": "/app.cgi", "PATH_INFO": "/n", "REQUEST_URI": "/app.cgi/n"})
    {'SCRIPT_NAME': '/app.cgi', 'PATH_INFO': '/n'}
    """
    script_name = variables.get("SCRIPT_NAME", "")
    path_info = variables.get("PATH_INFO", "")
    asked = variables.get("REQUEST_URI", "").partition("?")[0]
    if asked:
        path = percent_decode(asked, "latin-1")
        hidden = not (path == script_name or path.startswith(f"{script_name}/"))
        if hidden and path.endswith(path_info):
            script_name = path[: len(path) - len(path_info)].rstrip("/")
    return {"SCRIPT_NAME": script_name, "PATH_INFO": path_info}
