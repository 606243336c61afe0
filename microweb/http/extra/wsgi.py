"""Questions about a WSGI environ, asked without a request object (PEP 3333).

Each function is one attribute of ``Request``, or of its neighbours, under the name and with the
parameters that tools written for Werkzeug call.
"""

from __future__ import annotations

import os

from ...text.paths import safe_join
from ...text.quoting import text_from_environ
from ..exceptions import NotFound
from ..files import file_response
from ..request import Request
from ..streams import FileWrapper
from .formparser import FormDataParser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from ..response import Response
    from ..structures import MultiDict


def _request_for(environ: dict[str, Any], trusted_hosts: Iterable[str] | None = None) -> Request:
    request = Request(environ)
    request.trusted_hosts = trusted_hosts
    return request


def get_host(environ: dict[str, Any], trusted_hosts: Iterable[str] | None = None) -> str:
    """Return what ``Request.host`` gives; BadHost if it is malformed or not trusted.

    >>> get_host({"HTTP_HOST": "example.com:80", "wsgi.url_scheme": "http"})
    'example.com'
    """
    return _request_for(environ, trusted_hosts).host


def get_current_url(
    environ: dict[str, Any],
    root_only: bool = False,
    strip_querystring: bool = False,
    host_only: bool = False,
    trusted_hosts: Iterable[str] | None = None,
) -> str:
    """Return ``Request.url``, or one of its beginnings: host, root, or all but the query string.

    >>> get_current_url({"HTTP_HOST": "a", "PATH_INFO": "/b", "QUERY_STRING": "c=d"})
    'http://a/b?c=d'
    """
    request = _request_for(environ, trusted_hosts)
    if host_only:
        return request.host_url
    if root_only:
        return request.root_url
    return request.base_url if strip_querystring else request.url


def get_path_info(environ: dict[str, Any]) -> str:
    """Return PATH_INFO decoded as UTF-8, as it is: a slash is not added.

    >>> get_path_info({"PATH_INFO": "/caf\\u00c3\\u00a9"})
    '/café'
    """
    return text_from_environ(environ.get("PATH_INFO", ""))


def get_content_length(environ: dict[str, Any]) -> int | None:
    """Return what ``Request.content_length`` gives."""
    return _request_for(environ).content_length


def get_input_stream(
    environ: dict[str, Any], safe_fallback: bool = True, max_content_length: int | None = None
) -> Any:
    """Return what ``Request.stream`` gives, limited to *max_content_length* bytes.

    Without a length and a marked end it is empty, unless *safe_fallback* is false: then it is
    ``wsgi.input`` itself, which may never end.
    """
    request = _request_for(environ)
    request.max_content_length = max_content_length
    endless = request.content_length is None and not environ.get("wsgi.input_terminated")
    return environ["wsgi.input"] if endless and not safe_fallback else request.stream


def parse_form_data(
    environ: dict[str, Any],
    stream_factory: Callable[..., Any] | None = None,
    max_form_memory_size: int | None = None,
    max_content_length: int | None = None,
    cls: type[MultiDict] | None = None,
    silent: bool = True,
    *,
    max_form_parts: int | None = None,
) -> tuple[Any, MultiDict, MultiDict]:
    """Read the form in an environ's body and return ``(stream, fields, files)``.

    The parameters are those of ``FormDataParser``; 413 beyond *max_content_length* and the other
    limits. What is no form stays in the stream.

    >>> import io
    >>> body = {"CONTENT_LENGTH": "3", "CONTENT_TYPE": "application/x-www-form-urlencoded"}
    >>> parse_form_data({**body, "wsgi.input": io.BytesIO(b"a=1")})[1]["a"]
    '1'
    """
    limits = max_form_memory_size, max_content_length
    parser = FormDataParser(stream_factory, *limits, cls, silent, max_form_parts=max_form_parts)
    return parser.parse_from_environ(environ)


def wrap_file(environ: dict[str, Any], file: Any, buffer_size: int = 8192) -> Any:
    """Return an iterable over *file*: the server's own where it has one, else a FileWrapper."""
    return environ.get("wsgi.file_wrapper", FileWrapper)(file, buffer_size)


def directory_file_response(
    directory: Any, path: Any, environ: dict[str, Any], **kwargs: Any
) -> Response:
    """Return a response that sends a file out of a directory; *path* may come from a client.

    The name it is offered under is ``send_from_directory``. The keyword arguments are those of
    ``file_response``. Raises NotFound where the path leads out of the directory, or to no file.

    >>> directory_file_response("static", "../secret", {})
    Traceback (most recent call last):
        ...
    microweb.http.exceptions.NotFound: 404 Not Found: There is nothing at this address. Check the \
spelling if you typed it by hand.
    """
    joined = safe_join(os.fspath(directory), os.fspath(path))
    if joined is None:
        raise NotFound()
    return file_response(joined, environ, **kwargs)


def responder(f: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a function that takes ``(environ, start_response)`` and returns a WSGI callable.

    >>> from microweb.http import Response
    >>> @responder
    ... def application(environ, start_response):
    ...     return Response("Hello")
    >>> application({"REQUEST_METHOD": "GET"}, lambda status, headers: None)
    [b'Hello']
    """
    from functools import update_wrapper

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        return f(environ, start_response)(environ, start_response)

    return update_wrapper(application, f)
