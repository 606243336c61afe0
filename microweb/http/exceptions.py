"""HTTP errors that can be raised (RFC 9110 section 15.5 and 15.6).

Law of this module: one class per status code, each saying when it is raised; an error knows how
to turn itself into a response and shows nothing of the request in it. Which error a view gets to
see, and who handles it, is not known here.
"""

from __future__ import annotations

from .fields import escape_page_text, parse_accept_items
from .status import HTTP_STATUS_CODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, ClassVar, NoReturn, TypeVar

    from .response import Response

    HTTPErrorType = TypeVar("HTTPErrorType", bound="HTTPException")


class HTTPException(Exception):
    """The base of all errors that are also responses.

    *description* replaces the class's own text; it is plain text, and the page escapes it.
    *response*, if given, is sent instead of the page. ``code`` is the status, ``name`` its
    reason phrase. An instance is a WSGI callable.

    >>> from microweb.http.exceptions import NotFound
    >>> error = NotFound("No such book.")
    >>> error.code, error.name, str(error)
    (404, 'Not Found', '404 Not Found: No such book.')
    """

    code: int | None = None
    description: str | None = None
    #: One sentence on what exactly was wrong, for the log and for pages in debug mode only.
    detail: str | None = None
    #: Set by the module ``response``, which comes later in the reading order.
    response_class: ClassVar[type[Response]]

    def __init__(self, description: str | None = None, response: Response | None = None) -> None:
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
        text = "" if self.description is None else str(self.description)
        return f"<p>{escape_page_text(text)}</p>".replace("\n", "<br>")

    def get_body(self, environ: Any = None, scope: Any = None) -> str:
        """Return the page: HTML, or JSON if *environ*'s Accept prefers it over HTML.

        The JSON holds ``code``, ``name`` and ``description``. The path is shown in neither.
        """
        if environ is not None and _wants_json_error(environ):
            import json

            fields = {"code": self.code, "name": self.name, "description": self.description}
            return json.dumps(fields)
        name = escape_page_text(self.name)
        return (
            "<!doctype html>\n"
            "<html lang=en>\n"
            f"<title>{self.code} {name}</title>\n"
            f"<h1>{name}</h1>\n"
            f"{self.get_description(environ)}\n"
        )

    def get_headers(self, environ: Any = None, scope: Any = None) -> list[tuple[str, str]]:
        """Return the headers that go with ``get_body``; subclasses add theirs to the list."""
        if environ is not None and _wants_json_error(environ):
            return [("Content-Type", "application/json")]
        return [("Content-Type", "text/html; charset=utf-8")]

    def get_response(self, environ: Any = None, scope: Any = None) -> Response:
        """Return the response to send: the one given at construction, else the page.

        *environ* may also be a request object, whose ``environ`` is taken.
        """
        if self.response is not None:
            return self.response
        if environ is not None and not isinstance(environ, dict):
            environ = environ.environ
        return self.response_class(
            self.get_body(environ), self.code or 500, self.get_headers(environ)
        )

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer as a WSGI application (PEP 3333)."""
        return self.get_response(environ)(environ, start_response)

    def __str__(self) -> str:
        code = self.code if self.code is not None else "???"
        detail = f" ({self.detail})" if self.detail else ""
        return f"{code} {self.name}: {self.description}{detail}"

    def __repr__(self) -> str:
        code = self.code if self.code is not None else "???"
        return f"<{type(self).__name__} '{code}: {self.name}'>"


def _wants_json_error(environ: dict[str, Any]) -> bool:
    """Say whether the Accept header names JSON and prefers it to HTML.

    A browser names text/html, curl sends ``*/*``: both get HTML, and cost one substring test.
    """
    accept = environ.get("HTTP_ACCEPT")
    if not accept or "json" not in accept.lower():
        return False
    json_quality = html_quality = 0.0
    for item, quality in parse_accept_items(accept):
        kind = item.partition(";")[0].lower()
        if kind == "application/json" or kind.endswith("+json"):
            json_quality = max(json_quality, quality)
        elif kind in ("text/html", "application/xhtml+xml"):
            html_quality = max(html_quality, quality)
    return json_quality > html_quality


class BadRequest(HTTPException):
    """400: the request cannot be understood."""

    code = 400
    description = "The server could not understand what the browser or program sent."


class BadRequestKeyError(BadRequest, KeyError):
    """400, and a KeyError: a form, query or header key that was read is not in the request.

    The key is part of ``description`` only while ``show_exception`` is true, so that a page in
    production does not tell which fields a view reads; ``args`` holds it always, for the log.

    >>> from microweb.http.exceptions import BadRequestKeyError
    >>> error = BadRequestKeyError("name")
    >>> error.show_exception = True
    >>> error.description.splitlines()[-1]
    "KeyError: 'name'"
    """

    #: Whether ``description`` names the key.
    show_exception = False
    _own_description = BadRequest.description

    def __init__(self, arg: object = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.args = () if arg is None else (arg,)

    @property  # type: ignore[override]
    def description(self) -> str | None:
        """The text, with the missing key on its own line while ``show_exception`` is true."""
        if self.show_exception and self.args:
            return f"{self._own_description}\nKeyError: {self.args[0]!r}"
        return self._own_description

    @description.setter
    def description(self, value: str | None) -> None:
        self._own_description = value  # type: ignore[assignment]

    def __str__(self) -> str:
        text = super().__str__()
        return text if self.show_exception or not self.args else f"{text} ({self.args[0]!r})"


class ClientDisconnected(BadRequest):
    """400: the client went away before the body that it had announced was complete."""

    description = "The connection ended before the whole request had arrived."


class SecurityError(BadRequest):
    """400: the request looks like an attack."""

    description = "The request was refused for a security reason."


class BadHost(SecurityError):
    """400: the Host header is malformed or names a host that is not trusted."""

    description = "The Host header does not name this site."


class Unauthorized(HTTPException):
    """401: credentials are missing or wrong.

    *www_authenticate* is one challenge or several; each goes out as a WWW-Authenticate header,
    which RFC 9110 section 15.5.2 asks for.
    """

    code = 401
    description = "You have to prove who you are: credentials are missing or were not accepted."

    def __init__(
        self,
        description: str | None = None,
        response: Response | None = None,
        www_authenticate: Any = None,
    ) -> None:
        super().__init__(description, response)
        if www_authenticate is not None and not isinstance(www_authenticate, (tuple, list)):
            www_authenticate = (www_authenticate,)
        self.www_authenticate = www_authenticate

    def get_headers(self, environ: Any = None, scope: Any = None) -> list[tuple[str, str]]:
        """Add one WWW-Authenticate header per challenge."""
        headers = super().get_headers(environ)
        headers.extend(("WWW-Authenticate", str(item)) for item in self.www_authenticate or ())
        return headers


class Forbidden(HTTPException):
    """403: understood, and not allowed."""

    code = 403
    description = "You are not allowed to see or do this."


class NotFound(HTTPException):
    """404: nothing is at this address."""

    code = 404
    description = "There is nothing at this address. Check the spelling if you typed it by hand."


class MethodNotAllowed(HTTPException):
    """405: the address exists, with other methods.

    *valid_methods* are the methods it has; they go out in the Allow header (RFC 9110 section
    15.5.6 requires it).
    """

    code = 405
    description = "This address does not answer to the method that was used."

    def __init__(
        self,
        valid_methods: Iterable[str] | None = None,
        description: str | None = None,
        response: Response | None = None,
    ) -> None:
        super().__init__(description, response)
        self.valid_methods = valid_methods

    def get_headers(self, environ: Any = None, scope: Any = None) -> list[tuple[str, str]]:
        """Add the Allow header."""
        headers = super().get_headers(environ)
        if self.valid_methods:
            headers.append(("Allow", ", ".join(self.valid_methods)))
        return headers


class NotAcceptable(HTTPException):
    """406: nothing of what the Accept headers ask for can be made."""

    code = 406
    description = "None of the forms that were asked for can be produced here."


class RequestTimeout(HTTPException):
    """408: the client took too long to send its request."""

    code = 408
    description = "The request took too long to arrive."


class Conflict(HTTPException):
    """409: the request contradicts the present state of the resource."""

    code = 409
    description = "The request conflicts with the present state of what it is about."


class Gone(HTTPException):
    """410: was here once, is no more, and will not come back."""

    code = 410
    description = "What was at this address has been removed for good."


class LengthRequired(HTTPException):
    """411: the request must say how long its body is."""

    code = 411
    description = "The request needs a valid Content-Length header."


class PreconditionFailed(HTTPException):
    """412: a condition in the request's headers does not hold."""

    code = 412
    description = "A condition that the request set (If-Match and the like) does not hold."


class RequestEntityTooLarge(HTTPException):
    """413: the body, a form field or the number of parts exceeds its limit."""

    code = 413
    description = "What was sent is larger than allowed here."


class RequestURITooLarge(HTTPException):
    """414: the address is too long."""

    code = 414
    description = "The requested address is longer than allowed here."


class UnsupportedMediaType(HTTPException):
    """415: the body has a type that is not understood here."""

    code = 415
    description = "The body of the request has a type that is not understood here."


class RequestedRangeNotSatisfiable(HTTPException):
    """416: the asked-for part of a file lies outside of it.

    *length* is the complete length in *units*; it goes out as ``Content-Range: bytes */100``
    (RFC 9110 section 15.5.17).
    """

    code = 416
    description = "The requested part does not exist."

    def __init__(
        self,
        length: int | None = None,
        units: str = "bytes",
        description: str | None = None,
        response: Response | None = None,
    ) -> None:
        super().__init__(description, response)
        self.length = length
        self.units = units

    def get_headers(self, environ: Any = None, scope: Any = None) -> list[tuple[str, str]]:
        """Add the Content-Range header when the length is known."""
        headers = super().get_headers(environ)
        if self.length is not None:
            headers.append(("Content-Range", f"{self.units} */{self.length}"))
        return headers


class ExpectationFailed(HTTPException):
    """417: the Expect header asks for something that is not done here."""

    code = 417
    description = "The Expect header asks for something this server does not do."


class ImATeapot(HTTPException):
    """418: coffee was asked of a teapot (RFC 2324, RFC 7168)."""

    code = 418
    description = "This server is a teapot and does not brew coffee."


class MisdirectedRequest(HTTPException):
    """421: the request reached a server that does not answer for this host."""

    code = 421
    description = "This server does not answer for the host that was asked for."


class UnprocessableEntity(HTTPException):
    """422: the body is well formed, its content is wrong."""

    code = 422
    description = "What was sent is well formed, but its content cannot be processed."


class Locked(HTTPException):
    """423: the resource is locked (RFC 4918)."""

    code = 423
    description = "This is locked at present."


class FailedDependency(HTTPException):
    """424: an earlier request on which this one depends has failed (RFC 4918)."""

    code = 424
    description = "An earlier request, on which this one depends, has failed."


class PreconditionRequired(HTTPException):
    """428: the request must carry a condition such as If-Match (RFC 6585)."""

    code = 428
    description = "This request must be conditional: send it with an If-Match header."


class RetryAfterException(HTTPException):
    """The base of the errors that tell when to try again.

    *retry_after* is seconds or a datetime; it goes out as Retry-After (RFC 9110 section 10.2.3).
    """

    def __init__(
        self,
        description: str | None = None,
        response: Response | None = None,
        retry_after: Any = None,
    ) -> None:
        super().__init__(description, response)
        self.retry_after = retry_after

    def get_headers(self, environ: Any = None, scope: Any = None) -> list[tuple[str, str]]:
        """Add the Retry-After header."""
        headers = super().get_headers(environ)
        if self.retry_after is not None:
            value = self.retry_after
            if hasattr(value, "utctimetuple"):
                from .dates import http_date

                value = http_date(value)
            headers.append(("Retry-After", str(value)))
        return headers


class TooManyRequests(RetryAfterException):
    """429: too many requests from one client in too short a time (RFC 6585)."""

    code = 429
    description = "You have sent too many requests in a short time. Wait a little."


class RequestHeaderFieldsTooLarge(HTTPException):
    """431: one header, or all of them together, are too large (RFC 6585)."""

    code = 431
    description = "The headers of the request are larger than allowed here."


class UnavailableForLegalReasons(HTTPException):
    """451: the law forbids showing this (RFC 7725)."""

    code = 451
    description = "This cannot be shown for legal reasons."


class InternalServerError(HTTPException):
    """500: something broke. ``original_exception`` is what was raised, or None."""

    code = 500
    description = "Something went wrong on the server. The fault is not yours."

    def __init__(
        self,
        description: str | None = None,
        response: Response | None = None,
        original_exception: BaseException | None = None,
    ) -> None:
        super().__init__(description, response)
        self.original_exception = original_exception


class HTTPNotImplemented(HTTPException):
    """501: the server does not know the method.

    Documented elsewhere as ``NotImplemented``; that name, at the top level of a module, would
    hide Python's own object, so the class has another name here and keeps that one as its
    ``__name__``.
    """

    code = 501
    description = "The server does not support what this request asks for."


HTTPNotImplemented.__name__ = HTTPNotImplemented.__qualname__ = "NotImplemented"


class BadGateway(HTTPException):
    """502: a server behind this one gave an answer that makes no sense."""

    code = 502
    description = "A server that this one relies on gave an invalid answer."


class ServiceUnavailable(RetryAfterException):
    """503: overloaded or under maintenance."""

    code = 503
    description = "The server cannot answer at present. Try again later."


class GatewayTimeout(HTTPException):
    """504: a server behind this one gave no answer in time."""

    code = 504
    description = "A server that this one relies on did not answer in time."


class HTTPVersionNotSupported(HTTPException):
    """505: the HTTP version of the request is not spoken here."""

    code = 505
    description = "The server does not speak the HTTP version of the request."


def _collect_default_exceptions() -> dict[int, type[HTTPException]]:
    """Map each code to its class: the first written, so that subclasses do not take it over."""
    found: dict[int, type[HTTPException]] = {}
    pending: list[type[HTTPException]] = [HTTPException]
    while pending:
        current = pending.pop(0)
        if current.code is not None:
            found.setdefault(current.code, current)
        pending.extend(current.__subclasses__())
    return found


#: Exception class by status code.
default_exceptions: dict[int, type[HTTPException]] = _collect_default_exceptions()


class Aborter:
    """A callable that raises the error for a status code.

    *mapping* replaces the table of classes by code, *extra* adds to it.

    >>> from microweb.http.exceptions import Aborter
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
        self.mapping = dict(default_exceptions if mapping is None else mapping)
        if extra is not None:
            self.mapping.update(extra)

    def __call__(self, code: int | Response, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise the class for *code* with *args*, or an error that carries a response.

        Raises LookupError for a code without a class.
        """
        if isinstance(code, int):
            kind = self.mapping.get(code)
            if kind is None:
                raise LookupError(
                    f"No exception is known for the status code {code!r}: "
                    "give a code of 400 and above, such as 404, or a response object."
                )
            raise kind(*args, **kwargs)
        raise HTTPException(response=code)
