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

Reading order: status, fields, accept, dates, urls, exceptions, structures, headers, authorization,
caching, cookies, conditional, streams, response_fields, response, redirects, files, multipart,
uploads, forms, lazy, user_agent, request.
"""

from __future__ import annotations

from .accept import Accept as Accept
from .accept import LanguageAccept as LanguageAccept
from .accept import MIMEAccept as MIMEAccept
from .accept import parse_accept_header as parse_accept_header
from .authorization import Authorization as Authorization
from .authorization import WWWAuthenticate as WWWAuthenticate
from .caching import HeaderSet as HeaderSet
from .caching import RequestCacheControl as RequestCacheControl
from .caching import ResponseCacheControl as ResponseCacheControl
from .caching import parse_cache_control_header as parse_cache_control_header
from .caching import parse_set_header as parse_set_header
from .conditional import ContentRange as ContentRange
from .conditional import ETags as ETags
from .conditional import IfRange as IfRange
from .conditional import Range as Range
from .conditional import generate_etag as generate_etag
from .conditional import parse_etags as parse_etags
from .conditional import parse_if_range_header as parse_if_range_header
from .conditional import parse_range_header as parse_range_header
from .conditional import quote_etag as quote_etag
from .conditional import unquote_etag as unquote_etag
from .cookies import dump_cookie as dump_cookie
from .cookies import parse_cookie as parse_cookie
from .dates import http_date as http_date
from .dates import parse_date as parse_date
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
from .fields import quote_header_value as quote_header_value
from .fields import unquote_header_value as unquote_header_value
from .files import file_response as file_response
from .headers import EnvironHeaders as EnvironHeaders
from .headers import Headers as Headers
from .lazy import cached_property as cached_property
from .multipart import MultipartDecoder as MultipartDecoder
from .redirects import redirect_response as redirect_response
from .request import Request as Request
from .response import Response as Response
from .status import HTTP_STATUS_CODES as HTTP_STATUS_CODES
from .streams import ClosingIterator as ClosingIterator
from .structures import CallbackDict as CallbackDict
from .structures import CombinedMultiDict as CombinedMultiDict
from .structures import ImmutableDict as ImmutableDict
from .structures import ImmutableMultiDict as ImmutableMultiDict
from .structures import MultiDict as MultiDict
from .uploads import FileStorage as FileStorage
from .urls import host_is_trusted as host_is_trusted
from .user_agent import UserAgent as UserAgent
