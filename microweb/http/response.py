"""The response: what a view's answer becomes on its way to the WSGI server.

A `Response` is a status, a `Headers` and an iterable of bytes; calling it is one straight line when
the body is one piece of bytes. What was set has been checked when it was set, and is not checked
again. It knows no request but the environ it is called with.
"""

from __future__ import annotations

from functools import lru_cache

from ..text.escaping import escape_html
from ..text.lazy import add_later_members
from ..text.missing import import_stdlib
from ..text.tokens import check_field_value
from .exceptions import HTTPException, split_status_line, status_line_of
from .fields import is_json_mimetype, location_from_iri
from .headers import HeaderField, Headers
from .streams import ClosingIterator, call_all, close_iterable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, ClassVar

    from .extra.response_members import RareResponseMembers as _ResponseBase
else:
    _ResponseBase = object

_new_headers = Headers.__new__
# RFC 9110 section 7.6.1 and PEP 3333: these belong to the connection, which is the server's, and
# Status to CGI. Servers answer an app that sends one with 500.
_SERVERS_OWN_HEADERS = frozenset(
    "connection keep-alive proxy-authenticate proxy-authorization proxy-connection status te"
    " trailer trailers transfer-encoding upgrade".split()
)
_REDIRECT_CODES = frozenset((300, 301, 302, 303, 304, 305, 307, 308))
# The Content-Type by media type, where it is needed most.
READY_CONTENT_TYPES = {
    "text/html": "text/html; charset=utf-8",
    "text/plain": "text/plain; charset=utf-8",
    "application/json": "application/json",
}
# Types outside text/ whose content is text all the same.
_TEXTUAL_MIMETYPES = frozenset(
    ("application/javascript", "application/ecmascript", "application/sql", "application/xml")
)


def content_type_of(mimetype: str) -> str:
    """Return the Content-Type for *mimetype*: textual ones get ``charset=utf-8``."""
    textual = mimetype.startswith("text/") or mimetype in _TEXTUAL_MIMETYPES
    if (textual or mimetype.endswith("+xml")) and "charset" not in mimetype:
        mimetype += "; charset=utf-8"
    return check_field_value(mimetype)


class Response(_ResponseBase):
    """An HTTP response and a WSGI application that sends it.

    *response* is text (sent as UTF-8), bytes, an iterable of either, or None. *status* is a
    number or a line such as ``"404 Not Found"``. *headers* is a Headers, a mapping or pairs.
    *mimetype* becomes the Content-Type, with a charset where it is text; *content_type* is taken
    as it is. *direct_passthrough* hands the iterable to the server untouched.

    Raises ValueError for a status or header that could not be sent.

    >>> response = Response("Hello", 201)
    >>> response.status, response.headers["Content-Length"], response.content_type
    ('201 CREATED', '5', 'text/html; charset=utf-8')
    """

    default_status: int | str = 200
    default_mimetype: str | None = "text/html"
    #: Above this many bytes a cookie draws a warning, or a ValueError; 0 for never.
    max_cookie_size = 4093
    refuse_large_cookies = False
    #: A function that returns the two above for the app at work, or None where there is none.
    find_cookie_limits: ClassVar[Callable[[], tuple[int, bool] | None] | None] = None
    #: A function that is told which headers were left out because they are the server's.
    warn_of_headers: ClassVar[Callable[[list[str]], None] | None] = None
    #: An object with ``loads``, for ``get_json``; None is the stdlib's ``json``.
    json_module: Any = None
    #: Whether an iterable body is made a list when ``data`` is read.
    implicit_sequence_conversion = True
    #: Whether a body of known length gets a Content-Length when it is sent.
    automatically_set_content_length = True
    #: Whether a relative Location is made absolute when it is sent, as RFC 2616 had it.
    autocorrect_location_header = False

    response: Iterable[Any]
    direct_passthrough = False
    _answers_its_own_way = False
    _status = "200 OK"
    _status_code = 200
    _on_close: list[Callable[[], Any]] | None = None

    def __init__(
        self,
        response: Iterable[bytes] | Iterable[str] | bytes | str | None = None,
        status: int | str | None = None,
        headers: Any = None,
        mimetype: str | None = None,
        content_type: str | None = None,
        direct_passthrough: bool = False,
    ) -> None:
        # Built for every request, hence flat: 0.8 µs for Response("text") on CPython 3.11.
        collected = self.headers = _new_headers(Headers)
        items = collected._list = []
        given: Any = ()
        if headers is not None:
            collected.extend(headers)
            given = {name.lower() for name, _ in items}
        if content_type is not None:
            content_type = check_field_value(content_type)
        else:
            if mimetype is None and "content-type" not in given:
                mimetype = self.default_mimetype
            if mimetype is not None:
                content_type = READY_CONTENT_TYPES.get(mimetype) or content_type_of(mimetype)
        if content_type is not None:
            if "content-type" in given:
                collected.set("Content-Type", content_type)
            else:
                items.append(("Content-Type", content_type))
        if status is None:
            status = self.default_status
        if status != 200:
            self.status = status
        if direct_passthrough:
            self.direct_passthrough = direct_passthrough
        if isinstance(response, str):
            response = response.encode()
        if isinstance(response, (bytes, bytearray)):
            body = bytes(response)
            self.response = [body]
            if "content-length" in given:
                collected.set("Content-Length", len(body))
            elif self.automatically_set_content_length:
                items.append(("Content-Length", str(len(body))))
        else:
            self.response = [] if response is None else response

    @property
    def status(self) -> str:
        """The status line, such as ``"404 NOT FOUND"``; set it to a line or a number."""
        return self._status

    @status.setter
    def status(self, value: int | str) -> None:
        if isinstance(value, int):
            self._status_code, self._status = int(value), status_line_of(value)
        elif isinstance(value, str):
            self._status_code, self._status = split_status_line(value)
        else:
            raise TypeError(
                f"The status {value!r} is neither a number nor text. "
                "Write for example 404 or '404 Not Found'."
            )

    @property
    def status_code(self) -> int:
        """The status as a number."""
        return self._status_code

    @status_code.setter
    def status_code(self, value: int) -> None:
        self.status = value

    def __init_subclass__(cls, **keywords: Any) -> None:
        """Note whether a subclass has its own way of making headers or bodies."""
        super().__init_subclass__(**keywords)
        steps = ("get_wsgi_headers", "get_app_iter", "get_wsgi_response", "iter_encoded")
        own = (getattr(cls, step) is not getattr(Response, step) for step in steps)
        cls._answers_its_own_way = any(own)

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer as a WSGI application (PEP 3333)."""
        # The common case in one line, 0.6 µs on CPython 3.11: one piece of bytes, whose length is
        # stated once and truthfully. Everything else goes through get_wsgi_response.
        body = self.response
        if (
            body.__class__ is list
            and len(body) == 1
            and body[0].__class__ is bytes
            and environ["REQUEST_METHOD"] != "HEAD"
            and self._on_close is None
            and not self._answers_its_own_way
            and not self.autocorrect_location_header
            and self.headers.__class__ is Headers
        ):
            code = self._status_code
            if code >= 200 and code != 204 and code != 304:
                items = self.headers._list
                length = str(len(body[0]))
                stated = 0
                for name, value in items:
                    lower = name.lower()
                    if lower == "content-length":
                        stated += 1 if value == length else 2
                    elif lower in _SERVERS_OWN_HEADERS:
                        stated += 2
                if stated == 1:
                    start_response(self._status, items[:])
                    return body
        app_iter, status, headers = self.get_wsgi_response(environ)
        start_response(status, headers)
        return app_iter

    def get_wsgi_headers(self, environ: dict[str, Any]) -> Headers:
        """Return the headers as they are sent, a copy: what the status forbids is left out."""
        headers = self.headers.copy() if isinstance(self.headers, Headers) else self.headers
        headers = headers if isinstance(headers, Headers) else Headers(headers)
        names = [name.lower() for name, _ in headers._list]
        servers_own = [name for name in names if name in _SERVERS_OWN_HEADERS]
        for name in servers_own:
            headers.remove(name)
        warn = type(self).warn_of_headers
        if servers_own and warn is not None:
            warn(servers_own)
        if self._has_no_body():
            headers.remove("Content-Length")
            headers.remove("Content-Type")
            if self._status_code == 304:
                # What describes a body that is not sent misleads caches (RFC 9110 15.4.5).
                headers.remove("Content-Encoding")
                headers.remove("Content-Language")
        elif self.automatically_set_content_length and not self.direct_passthrough:
            length = self.calculate_content_length()
            if length is not None:
                headers.set("Content-Length", length)
        if self.autocorrect_location_header and "Location" in headers:
            self._make_location_absolute(headers, environ)
        return headers

    def _has_no_body(self) -> bool:
        """RFC 9110 section 6.4.1: 1xx, 204 and 304 end with their headers."""
        return self._status_code < 200 or self._status_code in (204, 304)

    def get_app_iter(self, environ: dict[str, Any]) -> Iterable[bytes]:
        """Return the iterable of bytes that is sent; for HEAD, 1xx, 204 and 304 one empty piece."""
        is_empty = self.response in ([], ()) or self.headers.get("Content-Length") == "0"
        if environ["REQUEST_METHOD"] == "HEAD" or self._has_no_body() or is_empty:
            # Some servers wait for a piece before they send the headers. As this has no length,
            # wsgiref adds no Content-Length: 0, which would not be true of HEAD.
            return ClosingIterator((b"",), [self.close])
        if self.direct_passthrough:
            callbacks, self._on_close = self._on_close, None
            return ClosingIterator(self.response, callbacks) if callbacks else self.response
        return ClosingIterator(self.iter_encoded(), [self.close])

    def get_wsgi_response(
        self, environ: dict[str, Any]
    ) -> tuple[Iterable[bytes], str, list[tuple[str, str]]]:
        """Return ``(iterable, status line, list of headers)`` as they are sent."""
        headers = self.get_wsgi_headers(environ)
        return self.get_app_iter(environ), self._status, headers.to_wsgi_list()

    # The body

    def get_data(self, as_text: bool = False) -> Any:
        """Return the body as bytes, or as text read as UTF-8.

        An iterable is consumed into a list; RuntimeError if that is switched off or the body is
        passed through to the server.
        """
        if not self.is_sequence:
            if self.direct_passthrough or not self.implicit_sequence_conversion:
                self._refuse_to_be_read()
            self.make_sequence()
        data = b"".join(self.iter_encoded())
        return data.decode("utf-8", "replace") if as_text else data

    def set_data(self, value: bytes | str) -> None:
        """Replace the body by *value* and set Content-Length."""
        body = value.encode() if isinstance(value, str) else bytes(value)
        self.response = [body]
        if self.automatically_set_content_length:
            self.headers.set("Content-Length", len(body))

    @property
    def data(self) -> bytes:
        """The body as bytes; setting it takes text too. See ``get_data`` and ``set_data``."""
        return self.get_data()  # type: ignore[no-any-return]

    @data.setter
    def data(self, value: bytes | str) -> None:
        self.set_data(value)

    def make_sequence(self) -> None:
        """Consume an iterable body into a list; its ``close()`` is called with the response's."""
        if not self.is_sequence:
            close = getattr(self.response, "close", None)
            self.response = list(self.iter_encoded())
            if close is not None:
                self.call_on_close(close)

    def iter_encoded(self) -> Iterator[bytes]:
        """Iterate over what the body is now; text is encoded as UTF-8."""
        return (item.encode() if isinstance(item, str) else item for item in self.response)

    def calculate_content_length(self) -> int | None:
        """Return the length of a body that is a sequence, else None."""
        return sum(map(len, self.iter_encoded())) if self.is_sequence else None

    @property
    def is_sequence(self) -> bool:
        """Whether the body is a list or tuple."""
        return isinstance(self.response, (list, tuple))

    def call_on_close(self, func: Callable[[], Any]) -> Callable[[], Any]:
        """Have *func* called when the response has been sent; returns it, as a decorator does."""
        self._on_close = [*(self._on_close or ()), func]
        return func

    def close(self) -> None:
        """Close the body and call what ``call_on_close`` was given; all of it, once."""
        callbacks, self._on_close = self._on_close or [], None
        call_all([lambda: close_iterable(self.response), *callbacks])

    # JSON

    @property
    def is_json(self) -> bool:
        """Whether the media type is JSON's."""
        return is_json_mimetype(self.mimetype or "")

    @property
    def json(self) -> Any:
        """The body parsed by ``get_json``."""
        return self.get_json()

    def get_json(self, force: bool = False, silent: bool = False) -> Any:
        """Parse the body as JSON.

        None if the media type is another, unless *force*; ValueError for a malformed body,
        None if *silent*.
        """
        if not (force or self.is_json):
            return None
        module = self.json_module or import_stdlib("json", "reading JSON")
        try:
            return module.loads(self.get_data())
        except ValueError:
            if not silent:
                raise
            return None

    # Headers

    def set_cookie(
        self,
        key: str,
        value: str = "",
        max_age: Any = None,
        expires: Any = None,
        path: str | None = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: str | None = None,
        partitioned: bool = False,
    ) -> None:
        """Add a Set-Cookie header; ``dump_cookie`` describes the arguments and what is refused."""
        find = type(self).find_cookie_limits
        limits = None if find is None else find()
        limit, refused = limits or (self.max_cookie_size or 0, self.refuse_large_cookies)
        dump_cookie, large_cookie_message = _load_cookie_writer()
        flags = secure, httponly, True, 0 if refused else limit, samesite, partitioned
        cookie = dump_cookie(key, value, max_age, expires, path, domain, *flags)
        if refused and 0 < limit < len(cookie):
            raise ValueError(large_cookie_message(key, cookie, limit))
        self.headers.add("Set-Cookie", cookie)

    def delete_cookie(
        self, key: str, path: str | None = "/", domain: str | None = None, *flags: Any, **kw: Any
    ) -> None:
        """Have the browser forget a cookie, given the *path* and *domain* it was set with.

        The other arguments are those of ``set_cookie`` from *secure* on.
        """
        self.set_cookie(key, "", 0, 0, path, domain, *flags, **kw)

    content_type = HeaderField("Content-Type")
    location = HeaderField("Location")

    @property
    def mimetype(self) -> str | None:
        """The media type, in lower case and without parameters; set it and it gets a charset."""
        value = self.headers.get("Content-Type")
        return value.partition(";")[0].strip(" \t").lower() if value else None

    @mimetype.setter
    def mimetype(self, value: str) -> None:
        self.headers.set("Content-Type", content_type_of(value))

    def __repr__(self) -> str:
        length = self.calculate_content_length()
        size = "streamed" if length is None else f"{length} bytes"
        return f"<{type(self).__name__} {size} [{self._status}]>"


@lru_cache(maxsize=1)
def _load_cookie_writer() -> Any:
    from .cookies import dump_cookie, large_cookie_message

    return dump_cookie, large_cookie_message


def _load_rare_response_members() -> type:
    from .extra.response_members import RareResponseMembers

    return RareResponseMembers


add_later_members(
    Response,
    _load_rare_response_members,
    """
    force_type from_app is_streamed set_etag get_etag add_etag make_conditional freeze stream
    __enter__ __exit__ _refuse_to_be_read _make_location_absolute content_length mimetype_params
    accept_ranges age allow cache_control content_encoding content_language content_location
    content_md5 content_range date expires last_modified retry_after vary www_authenticate
    access_control_allow_credentials access_control_allow_headers access_control_allow_methods
    access_control_allow_origin access_control_expose_headers access_control_max_age
    content_security_policy content_security_policy_report_only cross_origin_embedder_policy
    cross_origin_opener_policy
    """,
)


def redirect_response(
    location: str, code: int = 302, response_class: type[Response] | None = None
) -> Response:
    """Return a response that sends the client to *location* (RFC 9110 section 15.4).

    *location* may be relative and stays so; non-ASCII is percent-encoded. A ``javascript:``
    location is the caller's decision: check what comes from a client. Raises ValueError for a
    *code* that is no redirect's, for control characters and for a malformed host.

    >>> response = redirect_response("/caf\u00e9")
    >>> response.status, response.location
    ('302 FOUND', '/caf%C3%A9')
    """
    if code not in _REDIRECT_CODES:
        raise ValueError(
            f"{code!r} is not a redirect's status code. Use 302, 303, 307 (temporary) or "
            "301, 308 (permanent)."
        )
    target = location_from_iri(location)
    shown = escape_html(target)
    response = (response_class or Response)(
        "<!doctype html>\n<html lang=en>\n"
        "<title>Redirecting...</title>\n<h1>Redirecting...</h1>\n"
        f'<p>The page is at <a href="{shown}">{shown}</a>.\n',
        code,
        mimetype="text/html",
    )
    response.headers._list.append(("Location", target))
    return response


# The one arrow that points up the reading order: errors turn themselves into responses.
setattr(HTTPException, "response_class", Response)  # noqa: B010 - no name is made here
