"""HTTP status codes, and the errors among them as exceptions (RFC 9110 section 15).

There is one class for each error status; it can turn itself into a response, which shows nothing of
the request.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ..text.dates import http_date
from ..text.escaping import escape_html

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, ClassVar, NoReturn, TypeVar

    HTTPErrorType = TypeVar("HTTPErrorType", bound="HTTPException")

_STATUS_TABLE = """
100 Continue, 101 Switching Protocols, 102 Processing, 103 Early Hints,
200 OK, 201 Created, 202 Accepted, 203 Non-Authoritative Information, 204 No Content,
205 Reset Content, 206 Partial Content, 207 Multi-Status, 208 Already Reported, 226 IM Used,
300 Multiple Choices, 301 Moved Permanently, 302 Found, 303 See Other, 304 Not Modified,
305 Use Proxy, 307 Temporary Redirect, 308 Permanent Redirect,
400 Bad Request, 401 Unauthorized, 402 Payment Required, 403 Forbidden, 404 Not Found,
405 Method Not Allowed, 406 Not Acceptable, 407 Proxy Authentication Required,
408 Request Timeout, 409 Conflict, 410 Gone, 411 Length Required, 412 Precondition Failed,
413 Request Entity Too Large, 414 Request URI Too Long, 415 Unsupported Media Type,
416 Requested Range Not Satisfiable, 417 Expectation Failed, 418 I'm a teapot,
421 Misdirected Request, 422 Unprocessable Entity, 423 Locked, 424 Failed Dependency,
425 Too Early, 426 Upgrade Required, 428 Precondition Required, 429 Too Many Requests,
431 Request Header Fields Too Large, 449 Retry With, 451 Unavailable For Legal Reasons,
500 Internal Server Error, 501 Not Implemented, 502 Bad Gateway, 503 Service Unavailable,
504 Gateway Timeout, 505 HTTP Version Not Supported, 506 Variant Also Negotiates,
507 Insufficient Storage, 508 Loop Detected, 510 Not Extended,
511 Network Authentication Required
"""

#: Reason phrase by status code.
HTTP_STATUS_CODES = {int(line[:3]): line[4:] for line in map(str.strip, _STATUS_TABLE.split(","))}
# One ready line per known code: a response that names a usual code formats nothing.
_KNOWN_STATUS_LINES = {
    code: f"{code} {phrase.upper()}" for code, phrase in HTTP_STATUS_CODES.items()
}


def status_line_of(code: int) -> str:
    """Return the status line (``"404 NOT FOUND"``; Flask's capitals) for the integer *code*.

    Raises ValueError unless 100 <= code <= 999 (RFC 9110 section 15: three digits).
    """
    known = _KNOWN_STATUS_LINES.get(code)
    if known is None and not 100 <= code <= 999:
        raise ValueError(
            f"The status code {code!r} is out of range: it must have three digits, "
            "from 100 to 999. Write for example status=404."
        )
    return known or f"{int(code)} UNKNOWN"


def split_status_line(status: str) -> tuple[int, str]:
    """Check the text *status*, whose reason phrase may be missing, and return ``(code, line)``.

    Raises ValueError unless it begins with three ASCII digits and goes on in printable Latin-1,
    so that nothing can be smuggled behind the status line (RFC 9112 section 4).
    """
    digits, _, reason = status.partition(" ")
    if re.fullmatch("[0-9]{3}", digits) is None:
        raise ValueError(
            f"The status {status!r} does not begin with a three-digit code. "
            "Write for example '404 Not Found' or the number 404."
        )
    line = status_line_of(int(digits))
    if re.fullmatch("[ -~\xa0-\xff]*", reason) is None:
        raise ValueError(
            f"The reason phrase in the status {status!r} holds a control character or one "
            "outside Latin-1. Use printable text, or leave the phrase out."
        )
    return int(digits), f"{digits} {reason}" if reason else line


_ERROR_PAGE_HEADER = ("Content-Type", "text/html; charset=utf-8")

#: Exception class by status code: the first written for each code in this module.
default_exceptions: dict[int, type[HTTPException]] = {}


class HTTPException(Exception):
    """The base of all errors that are also responses, and WSGI callables.

    *description*, plain text, replaces the class's own. *response*, if given, is sent instead of
    the page. A subclass may set ``code`` and ``description``, or give ``code`` in its class
    statement and describe itself in its docstring.

    >>> error = NotFound("No such book.")
    >>> error.code, error.name, str(error)
    (404, 'Not Found', '404 Not Found: No such book.')
    """

    code: int | None = None
    description: str | None = None
    #: One sentence on what exactly was wrong, for the log and for pages in debug mode only.
    detail: str | None = None
    #: Set by the module ``response``, which comes later in the reading order.
    response_class: ClassVar[type[Any]]

    def __init_subclass__(cls, code: int | None = None, **keywords: Any) -> None:
        """Set ``code``, and the first paragraph of the docstring as ``description``."""
        super().__init_subclass__(**keywords)
        if code is not None:
            cls.code = code
            # Python's option -OO drops docstrings; the reason phrase stands in then.
            words = (cls.__doc__ or HTTP_STATUS_CODES[code]).partition("\n\n")[0].split()
            cls.description = " ".join(words)
            if cls.__module__ == __name__:
                default_exceptions.setdefault(code, cls)

    def __init__(self, description: str | None = None, response: Any = None) -> None:
        super().__init__()
        if description is not None:
            self.description = description
        self.response = response

    @property
    def name(self) -> str:
        """The reason phrase that belongs to ``code``."""
        return HTTP_STATUS_CODES.get(self.code or 0, "Unknown Error")

    def with_detail(self: HTTPErrorType, detail: str) -> HTTPErrorType:
        """Set ``detail`` and return the error, to be raised at once."""
        self.detail = detail
        return self

    def get_description(self, environ: Any = None, scope: Any = None) -> str:
        """Return the description as HTML: escaped, in a paragraph, line breaks kept."""
        text = "" if self.description is None else escape_html(str(self.description))
        return f"<p>{text}</p>".replace("\n", "<br>")

    def get_body(self, environ: Any = None, scope: Any = None) -> str:
        """Return the page: HTML, or JSON if *environ*'s Accept prefers it over HTML."""
        if _wants_json_error(environ):
            from .extra.json_errors import describe_error_as_json

            return describe_error_as_json(self)
        return _error_page(self.code, self.name, self.get_description(environ))

    def get_headers(self, environ: Any = None, scope: Any = None) -> list[tuple[str, str]]:
        """Return the headers that go with ``get_body``, and those that belong to the status."""
        page = ("Content-Type", "application/json")
        return [page if _wants_json_error(environ) else _ERROR_PAGE_HEADER, *self._own_headers()]

    def _own_headers(self) -> list[tuple[str, str]]:
        return []

    def get_response(self, environ: Any = None, scope: Any = None) -> Any:
        """Return the response given at construction, else one with the page.

        *environ* may also be a request object, whose ``environ`` is taken.
        """
        if self.response is not None:
            return self.response
        environ = getattr(environ, "environ", environ)
        body, code, headers = self.get_body(environ), self.code or 500, self.get_headers(environ)
        if headers == [_ERROR_PAGE_HEADER]:
            # Half the cost of the response: what nothing was added to needs no check.
            return self.response_class(body, code, mimetype="text/html")
        return self.response_class(body, code, headers)

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer as a WSGI application (PEP 3333)."""
        body: Iterable[bytes] = self.get_response(environ)(environ, start_response)
        return body

    def __str__(self) -> str:
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.code or '???'} {self.name}: {self.description}{detail}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} '{self.code or '???'}: {self.name}'>"


# The same few errors are answered over and over.
@lru_cache(maxsize=64)
def _error_page(code: int | None, name: str, description: str) -> str:
    name = escape_html(name)
    title = f"<title>{code} {name}</title>\n<h1>{name}</h1>"
    return f"<!doctype html>\n<html lang=en>\n{title}\n{description}\n"


def _wants_json_error(environ: dict[str, Any] | None) -> bool:
    """Say whether the Accept header prefers JSON; a browser's costs one substring test."""
    accept = environ.get("HTTP_ACCEPT") if environ else None
    if not accept or "json" not in accept.lower():
        return False
    try:
        from .extra.json_errors import prefers_json
    except ImportError:
        # Where there is no negotiation everybody gets HTML.
        return False
    return prefers_json(accept)


class BadRequest(HTTPException, code=400):
    """The server could not understand what the browser or program sent."""


class BadRequestKeyError(BadRequest, KeyError):
    """400, and a KeyError: a form, query or header key that was read is not in the request.

    ``args`` holds the key, for the log; ``description`` names it only while ``show_exception`` is
    true, so that a page in production does not tell which fields a view reads.
    """

    show_exception = False
    _own_description = BadRequest.description

    def __init__(self, arg: object = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.args = () if arg is None else (arg,)

    @property
    def description(self) -> str | None:
        """The text, with the missing key on its own line while ``show_exception`` is true."""
        text = self._own_description
        return f"{text}\nKeyError: {self.args[0]!r}" if self.show_exception and self.args else text

    @description.setter
    def description(self, value: str | None) -> None:
        self._own_description = value

    def __str__(self) -> str:
        text = super().__str__()
        return text if self.show_exception or not self.args else f"{text} ({self.args[0]!r})"


class Unauthorized(HTTPException, code=401):
    """You have to prove who you are: credentials are missing or were not accepted.

    *www_authenticate*, one challenge or several, goes out as WWW-Authenticate (RFC 9110, 15.5.2).
    """

    def __init__(
        self, description: str | None = None, response: Any = None, www_authenticate: Any = None
    ) -> None:
        super().__init__(description, response)
        if www_authenticate is not None and not isinstance(www_authenticate, (tuple, list)):
            www_authenticate = (www_authenticate,)
        self.www_authenticate = www_authenticate

    def _own_headers(self) -> list[tuple[str, str]]:
        return [("WWW-Authenticate", str(item)) for item in self.www_authenticate or ()]


class MethodNotAllowed(HTTPException, code=405):
    """This address does not answer to the method that was used.

    *valid_methods*, those it has, go out as Allow (RFC 9110, 15.5.6).
    """

    def __init__(self, valid_methods: Iterable[str] | None = None, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.valid_methods = valid_methods

    def _own_headers(self) -> list[tuple[str, str]]:
        return [("Allow", ", ".join(self.valid_methods))] if self.valid_methods else []


class RequestedRangeNotSatisfiable(HTTPException, code=416):
    """The requested part does not exist.

    *length*, that of the whole in *units*, goes out as Content-Range (RFC 9110, 15.5.17).
    """

    def __init__(
        self, length: int | None = None, units: str = "bytes", *args: Any, **kw: Any
    ) -> None:
        super().__init__(*args, **kw)
        self.length, self.units = length, units

    def _own_headers(self) -> list[tuple[str, str]]:
        known = self.length is not None
        return [("Content-Range", f"{self.units} */{self.length}")] if known else []


class RetryAfterException(HTTPException):
    """The base of errors with *retry_after*, seconds or a datetime (RFC 9110, 10.2.3)."""

    def __init__(
        self, description: str | None = None, response: Any = None, retry_after: Any = None
    ) -> None:
        super().__init__(description, response)
        self.retry_after = retry_after

    def _own_headers(self) -> list[tuple[str, str]]:
        value = self.retry_after
        moment = http_date(value) if hasattr(value, "utctimetuple") else str(value)
        return [] if value is None else [("Retry-After", moment)]


class InternalServerError(HTTPException, code=500):
    """Something went wrong on the server. The fault is not yours."""

    def __init__(
        self, description: Any = None, response: Any = None, original_exception: Any = None
    ) -> None:
        super().__init__(description, response)
        self.original_exception: BaseException | None = original_exception


# The others are a table: a class, its code, and what the page says.
# fmt: off
class ClientDisconnected(BadRequest, code=400):
    """The connection ended before the whole request had arrived."""
class SecurityError(BadRequest, code=400):
    """The request was refused for a security reason."""
class BadHost(SecurityError, code=400):
    """The Host header does not name this site."""
class Forbidden(HTTPException, code=403):
    """You are not allowed to see or do this."""
class NotFound(HTTPException, code=404):
    """There is nothing at this address. Check the spelling if you typed it by hand."""
class NotAcceptable(HTTPException, code=406):
    """None of the forms that were asked for can be produced here."""
class RequestTimeout(HTTPException, code=408):
    """The request took too long to arrive."""
class Conflict(HTTPException, code=409):
    """The request conflicts with the present state of what it is about."""
class Gone(HTTPException, code=410):
    """What was at this address has been removed for good."""
class LengthRequired(HTTPException, code=411):
    """The request needs a valid Content-Length header."""
class PreconditionFailed(HTTPException, code=412):
    """A condition that the request set (If-Match and the like) does not hold."""
class RequestEntityTooLarge(HTTPException, code=413):
    """What was sent is larger than allowed here."""
class RequestURITooLarge(HTTPException, code=414):
    """The requested address is longer than allowed here."""
class UnsupportedMediaType(HTTPException, code=415):
    """The body of the request has a type that is not understood here."""
class ExpectationFailed(HTTPException, code=417):
    """The Expect header asks for something this server does not do."""
class ImATeapot(HTTPException, code=418):
    """This server is a teapot and does not brew coffee."""
class MisdirectedRequest(HTTPException, code=421):
    """This server does not answer for the host that was asked for."""
class UnprocessableEntity(HTTPException, code=422):
    """What was sent is well formed, but its content cannot be processed."""
class Locked(HTTPException, code=423):
    """This is locked at present."""
class FailedDependency(HTTPException, code=424):
    """An earlier request, on which this one depends, has failed."""
class PreconditionRequired(HTTPException, code=428):
    """This request must be conditional: send it with an If-Match header."""
class TooManyRequests(RetryAfterException, code=429):
    """You have sent too many requests in a short time. Wait a little."""
class RequestHeaderFieldsTooLarge(HTTPException, code=431):
    """The headers of the request are larger than allowed here."""
class UnavailableForLegalReasons(HTTPException, code=451):
    """This cannot be shown for legal reasons."""
class HTTPNotImplemented(HTTPException, code=501):
    """The server does not support what this request asks for."""
class BadGateway(HTTPException, code=502):
    """A server that this one relies on gave an invalid answer."""
class ServiceUnavailable(RetryAfterException, code=503):
    """The server cannot answer at present. Try again later."""
class GatewayTimeout(HTTPException, code=504):
    """A server that this one relies on did not answer in time."""
class HTTPVersionNotSupported(HTTPException, code=505):
    """The server does not speak the HTTP version of the request."""
# fmt: on
# The name NotImplemented, at the top level of a module, would hide Python's own object.
HTTPNotImplemented.__name__ = HTTPNotImplemented.__qualname__ = "NotImplemented"


class Aborter:
    """A callable that raises the error for a status code.

    *mapping* replaces the table of classes by code, *extra* adds to it.

    >>> Aborter()(404, "No such book.")
    Traceback (most recent call last):
        ...
    microweb.http.exceptions.NotFound: 404 Not Found: No such book.
    """

    def __init__(
        self,
        mapping: Mapping[int, type[HTTPException]] | None = None,
        extra: Mapping[int, type[HTTPException]] | None = None,
    ) -> None:
        self.mapping = {**(default_exceptions if mapping is None else mapping), **(extra or {})}

    def __call__(self, code: Any, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise the class for *code* with *args*, or an error that carries a response.

        Raises LookupError for a code without a class.
        """
        if isinstance(code, int) and code in self.mapping:
            raise self.mapping[code](*args, **kwargs)
        if not callable(code) or isinstance(code, (type, HTTPException)):
            raise LookupError(
                f"No exception is known for the status code {code!r}: "
                "give a code of 400 and above, such as 404, or a response object."
            )
        raise HTTPException(response=code)
