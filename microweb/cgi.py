"""Answering one request as a CGI script (RFC 3875): what cheap hosting and small routers offer.

Web servers differ in what they tell a script and in what they do with its output.
`run_as_cgi` evens that out: `cgi_changes` corrects the variables, `_find_body` reads the body as
this server hands it over, and nothing but the answer goes to standard output.
"""

from __future__ import annotations

import io
import os
import sys

from .http import HTTPException
from .http.streams import LimitedStream
from .text.missing import import_stdlib
from .text.quoting import percent_decode
from .text.tokens import parse_digits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LOG_NAME = "cgi-errors.log"
# Of a body that the app left unread, so much is read at the end: CivetWeb answers 500 otherwise.
_MAX_UNREAD_BODY = 16 * 1024 * 1024


def run_as_cgi(app: Any) -> None:
    """Answer the request that the environment variables and standard input describe.

    `Microweb.run` calls this where GATEWAY_INTERFACE is set, so a script that ends in
    ``app.run()`` works as CGI as it is. What the app prints goes to the log: standard error, or
    ``cgi-errors.log`` in the instance folder where the server would send standard error to the
    client. A SIGTERM, which some servers send when the client has left, ends the request as
    SystemExit, so that ``finally`` blocks and teardown functions run. ImportError where Python's
    `wsgiref` is missing.
    """
    handlers = import_stdlib("wsgiref.handlers", "CGI")
    variables = handlers.read_environ()
    body, marks = _find_body(variables)
    output, log = _take_output(app)

    def corrected(environ: dict[str, Any], start_response: Any) -> Any:
        environ.update(cgi_changes(environ), **marks)
        return app(environ, start_response)

    handler = _handler_class(handlers)(body, output, log, variables, False, True)
    _end_on_sigterm()
    handler.run(corrected)
    output.flush()
    _read_the_rest(body)


def _handler_class(handlers: Any) -> Any:
    """Return wsgiref's CGI handler, with the little that it leaves to do."""

    class CGIAnswer(handlers.BaseCGIHandler):  # type: ignore[misc]
        wsgi_run_once = True
        # As the variables are read for each request, none of an earlier one may be left.
        os_environ: dict[str, str] = {}

        def finish_content(self) -> None:
            """Send the head of an answer without a body; a length of 0 would be a claim about the
            body that GET has, or that a 204 cannot have (RFC 9110 §8.6)."""
            has_no_body = self.environ["REQUEST_METHOD"] == "HEAD" or self.status[:3] in (
                "204",
                "304",
            )
            if has_no_body and not self.headers_sent:
                self.send_headers()
            super().finish_content()

        def handle_error(self) -> None:
            """End with a SIGTERM or an exit, once the answer is closed; else answer 500."""
            if isinstance(sys.exc_info()[1], SystemExit):
                self.close()
                raise
            super().handle_error()

    return CGIAnswer


def _find_body(variables: dict[str, str]) -> tuple[Any, dict[str, Any]]:
    """Return standard input as the server means it, and what the environ says of it.

    CONTENT_LENGTH is the server's word (RFC 3875 §4.1.2). A body without one that was sent in
    chunks is passed on decoded by Apache, which ends it, and as it came by BusyBox.
    """
    source = getattr(sys.stdin, "buffer", None) or io.BytesIO()
    length = parse_digits(variables.get("CONTENT_LENGTH"))
    if length is not None:
        return LimitedStream(source, length), {}
    if "chunked" not in variables.get("HTTP_TRANSFER_ENCODING", "").lower():
        return source, {}
    software = variables.get("SERVER_SOFTWARE", "").lower()
    if software.startswith("apache"):
        return source, {"wsgi.input_terminated": True}
    if software.startswith("busybox"):
        from .serving.extra.chunked import ChunkedBody

        body = ChunkedBody(bytearray(), lambda: source.read1(65536), None, sys.maxsize)
        return io.BufferedReader(body), {"wsgi.input_terminated": True}
    return source, {}


def _read_the_rest(body: Any) -> None:
    """Read what the app left of a body whose length is known, up to a bound."""
    left = _MAX_UNREAD_BODY
    while isinstance(body, LimitedStream) and left > 0 and not body.is_exhausted:
        try:
            data = body.read_some(65536)
        except (OSError, HTTPException):
            return
        if not data:
            return
        left -= len(data)


def _end_on_sigterm() -> None:
    """Have SIGTERM raise SystemExit, where this thread may say so."""
    import signal

    def end(number: int, frame: Any) -> None:
        sys.exit(128 + number)

    try:
        signal.signal(signal.SIGTERM, end)
    except ValueError:  # Only the main thread may.
        return


def _take_output(app: Any) -> tuple[Any, Any]:
    """Return the file that the answer is written to, and that of the log. From now on whatever the
    program prints, its children included, goes to the log."""
    is_shared = errors_reach_the_client()
    output = os.fdopen(os.dup(1), "wb")
    if is_shared:
        log = _open_log(getattr(app, "instance_path", None))
        os.dup2(log, 2)
    try:
        os.dup2(2, 1)
    except OSError:
        # There is no standard error at all.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if sys.stderr is None:
        sys.stderr = io.StringIO()
    sys.stdout = sys.stderr
    return output, sys.stderr


def _open_log(folder: str | None) -> int:
    """Open the log in a folder, for its owner alone; without one, what takes everything."""
    if folder is not None:
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            return os.open(os.path.join(folder, LOG_NAME), flags, 0o600)
        except OSError:
            pass
    return os.open(os.devnull, os.O_WRONLY)


def errors_reach_the_client() -> bool:
    """Return whether standard error is the file, pipe or socket that standard output is, as
    mini_httpd and merecat start scripts: what is written there becomes part of the answer.

    >>> isinstance(errors_reach_the_client(), bool)
    True
    """
    try:
        output, errors = os.fstat(1), os.fstat(2)
    except OSError:
        return False
    from stat import S_ISFIFO, S_ISREG, S_ISSOCK

    is_other = not (S_ISREG(errors.st_mode) or S_ISFIFO(errors.st_mode) or S_ISSOCK(errors.st_mode))
    return not is_other and (output.st_dev, output.st_ino) == (errors.st_dev, errors.st_ino)


def cgi_changes(variables: Any) -> dict[str, str]:
    """Return what is to be changed in a CGI environ: the paths, and a header that Apache renames.

    >>> cgi_changes({"SCRIPT_NAME": "/a.cgi", "REDIRECT_HTTP_AUTHORIZATION": "Bearer x"})
    {'SCRIPT_NAME': '/a.cgi', 'PATH_INFO': '', 'HTTP_AUTHORIZATION': 'Bearer x'}
    """
    changes = cgi_paths(variables)
    renamed = variables.get("REDIRECT_HTTP_AUTHORIZATION")
    if renamed and "HTTP_AUTHORIZATION" not in variables:
        changes["HTTP_AUTHORIZATION"] = renamed
    return changes


def cgi_paths(variables: Any) -> dict[str, str]:
    """Return SCRIPT_NAME and PATH_INFO as the client sees them.

    Behind a rewriting rule the server names the script in SCRIPT_NAME although the client asked
    for a path without it: REQUEST_URI tells, and URLs are then built without it. The client writes
    REQUEST_URI, so no more is believed of it than that it leaves out the end of SCRIPT_NAME.

    >>> cgi_paths({"SCRIPT_NAME": "/app.cgi", "PATH_INFO": "/notes", "REQUEST_URI": "/notes?a=1"})
    {'SCRIPT_NAME': '', 'PATH_INFO': '/notes'}
    >>> cgi_paths({"SCRIPT_NAME": "/app.cgi", "PATH_INFO": "/n", "REQUEST_URI": "/app.cgi/n"})
    {'SCRIPT_NAME': '/app.cgi', 'PATH_INFO': '/n'}
    """
    script_name = variables.get("SCRIPT_NAME", "")
    path_info = variables.get("PATH_INFO", "")
    if _is_below(path_info, script_name) and script_name:
        # IIS puts the script's name before the path once more.
        if variables.get("SERVER_SOFTWARE", "").startswith("Microsoft-IIS"):
            path_info = path_info[len(script_name) :]
    elif path_info and script_name.endswith(path_info):
        # mini_httpd with virtual hosts puts the path behind the script's name.
        without = script_name[: -len(path_info)]
        file = variables.get("SCRIPT_FILENAME", "").rpartition("/")[2]
        if file and without.endswith(f"/{file}"):
            script_name = without
    asked = variables.get("REQUEST_URI", "").partition("?")[0]
    path = _with_single_slashes(percent_decode(asked, "latin-1"))
    if path and not _is_below(path, script_name) and path.endswith(path_info):
        prefix = path[: len(path) - len(path_info)].rstrip("/")
        if not prefix or _is_plain_prefix(prefix, script_name):
            script_name = prefix
    return {"SCRIPT_NAME": script_name, "PATH_INFO": path_info}


def _is_below(path: str, script_name: str) -> bool:
    return path == script_name or path.startswith(f"{script_name}/")


def _with_single_slashes(path: str) -> str:
    """Return a path as servers pass it on: of slashes that follow one another, one."""
    while "//" in path:
        path = path.replace("//", "/")
    return path


def _is_plain_prefix(prefix: str, script_name: str) -> bool:
    """Return whether a prefix that a client wrote is the beginning of where the script lies."""
    segments = prefix.split("/")
    return script_name.startswith(f"{prefix}/") and not {".", ".."} & set(segments)
