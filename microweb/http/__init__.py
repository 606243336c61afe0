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

Reading order: fields, exceptions, structures, headers, urls, cookies, streams, response, files,
multipart, forms, request. The rest, in ``extra/``, is imported when it is first used.
"""

from __future__ import annotations

from ..text.dates import http_date as http_date
from ..text.dates import parse_date as parse_date
from ..text.hosts import host_is_trusted as host_is_trusted
from ..text.lazy import import_later
from ..text.tokens import quote_header_value as quote_header_value
from ..text.tokens import unquote_header_value as unquote_header_value
from .cookies import dump_cookie as dump_cookie
from .cookies import parse_cookie as parse_cookie
from .exceptions import HTTP_STATUS_CODES as HTTP_STATUS_CODES
from .exceptions import Aborter as Aborter
from .exceptions import BadGateway as BadGateway
from .exceptions import BadHost as BadHost
from .exceptions import BadRequest as BadRequest
from .exceptions import BadRequestKeyError as BadRequestKeyError
from .exceptions import ClientDisconnected as ClientDisconnected
from .exceptions import Conflict as Conflict
from .exceptions import ExpectationFailed as ExpectationFailed
from .exceptions import FailedDependency as FailedDependency
from .exceptions import Forbidden as Forbidden
from .exceptions import GatewayTimeout as GatewayTimeout
from .exceptions import Gone as Gone
from .exceptions import HTTPException as HTTPException
from .exceptions import HTTPNotImplemented as HTTPNotImplemented
from .exceptions import HTTPVersionNotSupported as HTTPVersionNotSupported
from .exceptions import ImATeapot as ImATeapot
from .exceptions import InternalServerError as InternalServerError
from .exceptions import LengthRequired as LengthRequired
from .exceptions import Locked as Locked
from .exceptions import MethodNotAllowed as MethodNotAllowed
from .exceptions import MisdirectedRequest as MisdirectedRequest
from .exceptions import NotAcceptable as NotAcceptable
from .exceptions import NotFound as NotFound
from .exceptions import PreconditionFailed as PreconditionFailed
from .exceptions import PreconditionRequired as PreconditionRequired
from .exceptions import RequestedRangeNotSatisfiable as RequestedRangeNotSatisfiable
from .exceptions import RequestEntityTooLarge as RequestEntityTooLarge
from .exceptions import RequestHeaderFieldsTooLarge as RequestHeaderFieldsTooLarge
from .exceptions import RequestTimeout as RequestTimeout
from .exceptions import RequestURITooLarge as RequestURITooLarge
from .exceptions import SecurityError as SecurityError
from .exceptions import ServiceUnavailable as ServiceUnavailable
from .exceptions import TooManyRequests as TooManyRequests
from .exceptions import Unauthorized as Unauthorized
from .exceptions import UnavailableForLegalReasons as UnavailableForLegalReasons
from .exceptions import UnprocessableEntity as UnprocessableEntity
from .exceptions import UnsupportedMediaType as UnsupportedMediaType
from .exceptions import default_exceptions as default_exceptions
from .fields import dump_header as dump_header
from .fields import dump_options_header as dump_options_header
from .fields import parse_dict_header as parse_dict_header
from .fields import parse_list_header as parse_list_header
from .fields import parse_options_header as parse_options_header
from .fields import quote_etag as quote_etag
from .fields import unquote_etag as unquote_etag
from .forms import FileStorage as FileStorage
from .forms import default_stream_factory as default_stream_factory
from .forms import encode_multipart as encode_multipart
from .headers import EnvironHeaders as EnvironHeaders
from .headers import Headers as Headers
from .multipart import MultipartData as MultipartData
from .multipart import MultipartDecoder as MultipartDecoder
from .multipart import MultipartEncoder as MultipartEncoder
from .multipart import MultipartPart as MultipartPart
from .request import Request as Request
from .response import Response as Response
from .response import redirect_response as redirect_response
from .streams import ClosingIterator as ClosingIterator
from .streams import FileWrapper as FileWrapper
from .streams import LimitedStream as LimitedStream
from .structures import CallbackDict as CallbackDict
from .structures import CombinedMultiDict as CombinedMultiDict
from .structures import ImmutableDict as ImmutableDict
from .structures import ImmutableMultiDict as ImmutableMultiDict
from .structures import MultiDict as MultiDict
from .structures import cached_property as cached_property

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_find_extra_of_http = import_later(
    __name__,
    """
    conditional: ContentRange ETags IfRange Range generate_etag
    conditional: parse_content_range_header parse_etags parse_if_range_header
    conditional: parse_range_header
    extra.formparser: FormDataParser MultiPartParser
    extra.header_values: Accept Authorization HeaderSet LanguageAccept MIMEAccept
    extra.header_values: RequestCacheControl ResponseCacheControl UserAgent WWWAuthenticate
    extra.header_values: parse_accept_header parse_cache_control_header parse_set_header
    extra.wsgi: get_content_length get_current_url get_host get_input_stream
    extra.wsgi: get_path_info parse_form_data responder wrap_file
    files: file_response
    exceptions: NotImplemented=HTTPNotImplemented
    """,
)


def __getattr__(name: str) -> Any:
    try:
        return _find_extra_of_http(name)
    except AttributeError:
        from .extra.absent import missing_http_name

        missing_http_name(name)
