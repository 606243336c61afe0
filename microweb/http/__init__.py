"""HTTP: bytes and headers into values and back.

``Request`` reads a WSGI environ, ``Response`` answers as a WSGI application, the classes between
them are the parsed forms of headers, forms and cookies, and every error status is an exception.
This part never sees an app, a route or a socket; it can be used alone:

>>> from microweb.http import Request, Response
>>> def application(environ, start_response):
...     name = Request(environ).args.get("name", "World")
...     return Response(f"Hello, {name}!", mimetype="text/plain")(environ, start_response)
>>> application(
...     {"REQUEST_METHOD": "GET", "QUERY_STRING": "name=Ada"}, lambda status, headers: None
... )
[b'Hello, Ada!']

What a first reading skips is in ``extra/`` and imported when it is first used.
"""

from __future__ import annotations

# A table of contents: more names than one on a line.
# fmt: off
# isort: off
from ..text.dates import http_date, parse_date
from ..text.hosts import host_is_trusted
from ..text.lazy import import_later
from ..text.tokens import quote_header_value, unquote_header_value
from .exceptions import (
    HTTP_STATUS_CODES, Aborter, BadGateway, BadHost, BadRequest, BadRequestKeyError,
    ClientDisconnected, Conflict, ExpectationFailed, FailedDependency, Forbidden,
    GatewayTimeout, Gone, HTTPException, HTTPNotImplemented, HTTPVersionNotSupported, ImATeapot,
    InternalServerError, LengthRequired, Locked, MethodNotAllowed, MisdirectedRequest,
    NotAcceptable, NotFound, PreconditionFailed, PreconditionRequired,
    RequestedRangeNotSatisfiable, RequestEntityTooLarge, RequestHeaderFieldsTooLarge,
    RequestTimeout, RequestURITooLarge, SecurityError, ServiceUnavailable, TooManyRequests,
    Unauthorized, UnavailableForLegalReasons, UnprocessableEntity, UnsupportedMediaType,
    default_exceptions,
)
from .fields import dump_options_header, quote_etag
from .headers import EnvironHeaders, Headers
from .request import Request
from .response import Response, redirect_response
from .streams import ClosingIterator, FileWrapper, LimitedStream
from .structures import ImmutableMultiDict, MultiDict

__all__ = [
    "HTTP_STATUS_CODES", "Aborter", "BadGateway", "BadHost", "BadRequest", "BadRequestKeyError",
    "ClientDisconnected", "ClosingIterator", "Conflict", "EnvironHeaders", "ExpectationFailed",
    "FailedDependency", "FileStorage", "FileWrapper", "Forbidden", "GatewayTimeout", "Gone",
    "HTTPException", "HTTPNotImplemented", "HTTPVersionNotSupported", "Headers", "ImATeapot",
    "ImmutableMultiDict", "InternalServerError", "LengthRequired", "LimitedStream", "Locked",
    "MethodNotAllowed", "MisdirectedRequest", "MultiDict", "MultipartData",
    "MultipartPart", "NotAcceptable", "NotFound", "PreconditionFailed", "PreconditionRequired",
    "Request", "RequestEntityTooLarge", "RequestHeaderFieldsTooLarge", "RequestTimeout",
    "RequestURITooLarge", "RequestedRangeNotSatisfiable", "Response", "SecurityError",
    "ServiceUnavailable", "TooManyRequests", "Unauthorized", "UnavailableForLegalReasons",
    "UnprocessableEntity", "UnsupportedMediaType", "cached_property", "default_exceptions",
    "default_stream_factory", "dump_cookie", "dump_options_header", "host_is_trusted",
    "http_date", "parse_cookie", "parse_date", "quote_etag",
    "quote_header_value", "redirect_response", "unquote_header_value",
]
# isort: on
# fmt: on

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Type checkers know this one, and how its values are typed.
    from functools import cached_property as cached_property
    from typing import Any

    from .cookies import dump_cookie as dump_cookie
    from .cookies import parse_cookie as parse_cookie
    from .forms import FileStorage as FileStorage
    from .forms import default_stream_factory as default_stream_factory
    from .multipart import MultipartData as MultipartData
    from .multipart import MultipartPart as MultipartPart

_find_extra_of_http = import_later(
    __name__,
    """
    extra.caching: cached_property
    extra.combined: CallbackDict CombinedMultiDict ImmutableDict
    extra.conditional: ContentRange ETags IfRange Range generate_etag
    extra.conditional: parse_content_range_header parse_etags parse_if_range_header
    extra.conditional: parse_range_header unquote_etag
    extra.formparser: FormDataParser MultiPartParser
    extra.header_lists: dump_header parse_dict_header parse_list_header
    extra.header_values: Accept Authorization HeaderSet LanguageAccept MIMEAccept
    extra.header_values: RequestCacheControl ResponseCacheControl UserAgent WWWAuthenticate
    extra.header_values: parse_accept_header parse_cache_control_header parse_set_header
    extra.multipart_decoder: MultipartDecoder
    extra.multipart_writer: MultipartEncoder encode_multipart
    extra.options: parse_options_header
    extra.wsgi: get_content_length get_current_url get_host get_input_stream
    extra.wsgi: get_path_info parse_form_data responder wrap_file
    extra.wsgi: send_from_directory=directory_file_response
    cookies: dump_cookie parse_cookie
    files: file_response
    forms: FileStorage default_stream_factory
    multipart: MultipartData MultipartPart
    exceptions: NotImplemented=HTTPNotImplemented
    """,
)


def __getattr__(name: str) -> Any:
    try:
        return _find_extra_of_http(name)
    except AttributeError:
        from .extra.absent import missing_http_name

        missing_http_name(name)
