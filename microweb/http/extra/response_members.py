"""What few programs ask of a `Response`: rare headers as attributes, entity tags, streams.

Reading such an attribute parses the header, setting it writes the header, setting None or deleting
it removes the header. Nothing is stored beside the headers.
"""

from __future__ import annotations

import time

from ...text.dates import datetime_from_timestamp, http_date, parse_date
from ...text.missing import import_stdlib
from ...text.tokens import parse_digits
from ..fields import dump_options_header, location_from_iri, quote_etag
from ..headers import HeaderField
from ..structures import kept_property
from .absent import LeftOutName
from .combined import CallbackDict, HeaderValue
from .conditional import (
    ContentRange,
    generate_etag,
    parse_content_range_header,
    unquote_etag,
)
from .header_values import (
    CacheControl,
    HeaderSet,
    ResponseCacheControl,
    WWWAuthenticate,
    parse_cache_control_header,
    parse_set_header,
)
from .options import parse_options_header
from .response_stream import ResponseStream, response_from_app

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    ResponseType = TypeVar("ResponseType")


def write_count(value: Any) -> int:
    """Return a number, or a timedelta's seconds, as an int; ValueError if it is negative."""
    count = int(value.total_seconds() if hasattr(value, "total_seconds") else value)
    if count < 0:
        raise ValueError(f"{value!r} must not be negative to be sent in a header.")
    return count


class HeaderObjectField(HeaderField):
    """A descriptor: the header as an object; what is changed there changes the header.

    *read* takes the header's text and ``on_update``. Text, an object of the same kind or names
    can be set.
    """

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self

        def on_update(value: Any) -> None:
            self.__set__(instance, value)

        read: Any = self.read
        return read(", ".join(instance.headers.getlist(self.name)), on_update)

    def __set__(self, instance: Any, value: Any) -> None:
        if not value:
            instance.headers.remove(self.name)
        else:
            named = isinstance(value, (str, HeaderValue, CacheControl))
            instance.headers.set(self.name, value if named else HeaderSet(value))


def _read_cache_control(value: str, on_update: Callable[[Any], None]) -> CacheControl:
    return parse_cache_control_header(value, on_update, ResponseCacheControl)


def _read_content_range(value: str, on_update: Callable[[Any], None]) -> ContentRange:
    found = parse_content_range_header(value, on_update)
    return found or ContentRange(None, None, None, on_update=on_update)


def _read_delay(value: str) -> Any:
    """Return a timedelta; None for what is no number, or more seconds than one holds."""
    from datetime import timedelta

    seconds = parse_digits(value)
    try:
        return None if seconds is None else timedelta(seconds=seconds)
    except OverflowError:
        return None


def _write_date(value: Any) -> str:
    """Return text as it is, a datetime or seconds since the epoch as an HTTP date."""
    return value if isinstance(value, str) else http_date(value)


def _read_retry_after(value: str) -> Any:
    """Return the moment that a number of seconds, or a date, stands for."""
    seconds = parse_digits(value)
    if seconds is None:
        return parse_date(value)
    return datetime_from_timestamp(int(time.time()) + seconds)


def _write_retry_after(value: Any) -> Any:
    """Return an int, seconds from now, as it is, anything else as a date."""
    return value if isinstance(value, int) else _write_date(value)


class _WWWAuthenticateField:
    """The first challenge, or an empty one; set it to a challenge, a list of them, or None."""

    def __get__(self, response: Any, owner: Any = None) -> WWWAuthenticate:
        value = response.headers.get("WWW-Authenticate")
        challenge = WWWAuthenticate.from_header(value) or WWWAuthenticate("basic")

        def on_update(changed: WWWAuthenticate) -> None:
            response.headers.set("WWW-Authenticate", changed)

        challenge.on_update = on_update
        return challenge

    def __set__(self, response: Any, value: Any) -> None:
        values = value if isinstance(value, (list, tuple)) else [value]
        response.headers.setlist("WWW-Authenticate", [item for item in values if item is not None])

    def __delete__(self, response: Any) -> None:
        response.headers.remove("WWW-Authenticate")


class _AllowCredentialsField:
    """Whether scripts of other sites may send credentials."""

    def __get__(self, response: Any, owner: Any = None) -> bool:
        return "Access-Control-Allow-Credentials" in response.headers

    def __set__(self, response: Any, value: bool | None) -> None:
        response.headers.setlist("Access-Control-Allow-Credentials", ["true"] if value else [])

    def __delete__(self, response: Any) -> None:
        self.__set__(response, None)


class RareResponseMembers:
    """Members of `Response`; never made itself.

    Dates are aware datetimes and can be set as seconds since the epoch too; locations are
    percent-encoded when set.
    """

    headers: Any
    mimetype: Any
    response: Any

    accept_ranges: Any = HeaderField("Accept-Ranges")
    access_control_allow_headers: Any = HeaderObjectField(
        "Access-Control-Allow-Headers", parse_set_header
    )
    access_control_allow_methods: Any = HeaderObjectField(
        "Access-Control-Allow-Methods", parse_set_header
    )
    access_control_allow_origin: Any = HeaderField("Access-Control-Allow-Origin")
    access_control_expose_headers: Any = HeaderObjectField(
        "Access-Control-Expose-Headers", parse_set_header
    )
    access_control_max_age: Any = HeaderField("Access-Control-Max-Age", parse_digits, write_count)
    age: Any = HeaderField("Age", _read_delay, write_count)
    allow: Any = HeaderObjectField("Allow", parse_set_header)
    cache_control: Any = HeaderObjectField("Cache-Control", _read_cache_control)
    content_language: Any = HeaderObjectField("Content-Language", parse_set_header)
    content_location: Any = HeaderField("Content-Location")
    content_md5: Any = HeaderField("Content-MD5")
    content_range: Any = HeaderObjectField("Content-Range", _read_content_range)
    date: Any = HeaderField("Date", parse_date, _write_date)
    expires: Any = HeaderField("Expires", parse_date, _write_date)
    last_modified: Any = HeaderField("Last-Modified", parse_date, _write_date)
    retry_after: Any = HeaderField("Retry-After", _read_retry_after, _write_retry_after)
    vary: Any = HeaderObjectField("Vary", parse_set_header)
    access_control_allow_credentials: Any = _AllowCredentialsField()
    www_authenticate: Any = _WWWAuthenticateField()
    content_length: Any = HeaderField("Content-Length", parse_digits, write_count)
    content_encoding: Any = HeaderField("Content-Encoding")
    content_security_policy: Any = LeftOutName()
    content_security_policy_report_only: Any = LeftOutName()
    cross_origin_embedder_policy: Any = LeftOutName()
    cross_origin_opener_policy: Any = LeftOutName()

    @property
    def mimetype_params(self) -> dict[str, str]:
        """The parameters of the Content-Type, such as ``{"charset": "utf-8"}``; a change there
        changes the header."""

        def on_update(changed: Any) -> None:
            self.mimetype_params = changed

        return CallbackDict(parse_options_header(self.headers.get("Content-Type"))[1], on_update)

    @mimetype_params.setter
    def mimetype_params(self, value: dict[str, str]) -> None:
        self.headers.set("Content-Type", dump_options_header(self.mimetype, value))

    def set_etag(self, etag: str, weak: bool = False) -> None:
        """Set the ETag header."""
        self.headers.set("ETag", quote_etag(etag, weak))

    def get_etag(self) -> tuple[str | None, bool | None]:
        """Return ``(etag, is_weak)``, ``(None, None)`` if there is none."""
        return unquote_etag(self.headers.get("ETag"))

    def add_etag(self: Any, overwrite: bool = False, weak: bool = False) -> None:
        """Set an ETag made from the body, unless there is one and *overwrite* is false."""
        if overwrite or "ETag" not in self.headers:
            self.set_etag(generate_etag(self.get_data()), weak)

    def make_conditional(
        self: Any,
        request_or_environ: Any,
        accept_ranges: bool | str = False,
        complete_length: int | None = None,
    ) -> Any:
        """Make this a 304, 412 or 206 if the request's conditions ask for it; return self.

        *accept_ranges* True (or ``"bytes"``) allows for a Range, for which the length of the body
        must be known: *complete_length*, or that of a sequence. Raises
        RequestedRangeNotSatisfiable, after closing the body.
        """
        from .ranges import apply_conditions

        return apply_conditions(self, request_or_environ, accept_ranges, complete_length)

    def __enter__(self) -> Any:
        return self

    def __exit__(self: Any, *exc_info: Any) -> None:
        self.close()

    def _refuse_to_be_read(self: Any) -> None:
        if self.direct_passthrough:
            raise RuntimeError(
                "The body of this response is passed through to the server and cannot be "
                "read. Set response.direct_passthrough = False first."
            )
        raise RuntimeError(
            "The body of this response is a stream. Call response.make_sequence() first."
        )

    def freeze(self: Any) -> None:
        """Make the body a list, state its length and tag: the response can be pickled then."""
        self.make_sequence()
        self.response = list(self.iter_encoded())
        self.headers.set("Content-Length", sum(map(len, self.response)))
        self.add_etag()

    @kept_property
    def stream(self) -> ResponseStream:
        """A file to write the body with; what is written comes after what is there."""
        return ResponseStream(self)

    @property
    def is_streamed(self) -> bool:
        """Whether the body's length is not known beforehand."""
        return not hasattr(self.response, "__len__")

    @classmethod
    def force_type(
        cls: type[ResponseType], response: Any, environ: dict[str, Any] | None = None
    ) -> ResponseType:
        """Return *response* as an object of this class: a Response, or a WSGI callable."""
        from ..response import Response

        if isinstance(response, Response):
            response.__class__ = cls  # type: ignore[assignment]
            return response  # type: ignore[return-value]
        if environ is None:
            raise TypeError(
                f"{response!r} is a WSGI application: it takes an environ to make it a response."
            )
        made: ResponseType = cls.from_app(response, environ)  # type: ignore[attr-defined]
        return made

    @classmethod
    def from_app(
        cls, app: Callable[..., Any], environ: dict[str, Any], buffered: bool = False
    ) -> Any:
        """Run the WSGI application *app* and return what it answers as a response.

        *buffered* reads the whole body at once; otherwise only up to ``start_response``.
        """
        return response_from_app(cls, app, environ, buffered)

    def _make_location_absolute(self, headers: Any, environ: dict[str, Any]) -> None:
        from .wsgi import get_current_url

        urllib = import_stdlib("urllib.parse", "Response.autocorrect_location_header")
        here = location_from_iri(get_current_url(environ, strip_querystring=True))
        headers.set("Location", urllib.urljoin(here, headers["Location"]))
