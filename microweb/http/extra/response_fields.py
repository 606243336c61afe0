"""Response headers as typed attributes.

Reading such an attribute parses the header, setting it writes the header, setting None or deleting
it removes the header. Nothing is stored beside the headers.
"""

from __future__ import annotations

import time

from ...text.dates import datetime_from_timestamp, http_date, parse_date
from ...text.tokens import parse_digits
from ..conditional import ContentRange, parse_content_range_header
from ..response import ResponseField, write_count
from ..structures import HeaderValue
from ..urls import location_from_iri
from .header_values import (
    CacheControl,
    HeaderSet,
    ResponseCacheControl,
    WWWAuthenticate,
    parse_cache_control_header,
    parse_set_header,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class ResponseObjectField(ResponseField):
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


# The typed headers of a response that few programs touch, by the attribute's name. Dates are aware
# datetimes and can be set as seconds since the epoch too; locations are percent-encoded when set.
RARE_RESPONSE_FIELDS: dict[str, Any] = {
    "accept_ranges": ResponseField("Accept-Ranges"),
    "access_control_allow_headers": ResponseObjectField(
        "Access-Control-Allow-Headers", parse_set_header
    ),
    "access_control_allow_methods": ResponseObjectField(
        "Access-Control-Allow-Methods", parse_set_header
    ),
    "access_control_allow_origin": ResponseField("Access-Control-Allow-Origin"),
    "access_control_expose_headers": ResponseObjectField(
        "Access-Control-Expose-Headers", parse_set_header
    ),
    "access_control_max_age": ResponseField("Access-Control-Max-Age", parse_digits, write_count),
    "age": ResponseField("Age", _read_delay, write_count),
    "allow": ResponseObjectField("Allow", parse_set_header),
    "cache_control": ResponseObjectField("Cache-Control", _read_cache_control),
    "content_language": ResponseObjectField("Content-Language", parse_set_header),
    "content_location": ResponseField("Content-Location", write=location_from_iri),
    "content_md5": ResponseField("Content-MD5"),
    "content_range": ResponseObjectField("Content-Range", _read_content_range),
    "date": ResponseField("Date", parse_date, _write_date),
    "expires": ResponseField("Expires", parse_date, _write_date),
    "last_modified": ResponseField("Last-Modified", parse_date, _write_date),
    "retry_after": ResponseField("Retry-After", _read_retry_after, _write_retry_after),
    "vary": ResponseObjectField("Vary", parse_set_header),
    "access_control_allow_credentials": _AllowCredentialsField(),
    "www_authenticate": _WWWAuthenticateField(),
}
