"""Response headers as typed attributes.

Law of this module: reading such an attribute parses the header, setting it writes the header,
setting None or deleting it removes the header. Nothing is stored beside the headers.
"""

from __future__ import annotations

import time

from ..text.dates import datetime_from_timestamp, http_date, parse_date
from ..text.tokens import check_field_value, parse_digits
from .conditional import ContentRange, parse_content_range_header
from .fields import dump_options_header, parse_options_header
from .header_values import (
    CacheControl,
    HeaderSet,
    HeaderValue,
    ResponseCacheControl,
    WWWAuthenticate,
    parse_cache_control_header,
    parse_set_header,
)
from .headers import Headers
from .urls import location_from_iri

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

#: The Content-Type by media type, where it is needed most.
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
    ready = READY_CONTENT_TYPES.get(mimetype)
    if ready is not None:
        return ready
    textual = mimetype.startswith("text/") or mimetype in _TEXTUAL_MIMETYPES
    if (textual or mimetype.endswith("+xml")) and "charset" not in mimetype:
        mimetype += "; charset=utf-8"
    return check_field_value(mimetype)


class ResponseField:
    """A descriptor: the header *name* as an attribute; None if it is not set or makes no sense.

    *read* makes the attribute's value of the header's text; *write* makes text of what is set.
    """

    def __init__(
        self,
        name: str,
        read: Callable[..., Any] | None = None,
        write: Callable[[Any], Any] | None = None,
    ) -> None:
        self.name = name
        self.read = read
        self.write = write
        self.__doc__ = f"The {name} header; None if it is not set."

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        value = instance.headers.get(self.name)
        return value if value is None or self.read is None else self.read(value)

    def __set__(self, instance: Any, value: Any) -> None:
        if value is None:
            instance.headers.remove(self.name)
        else:
            instance.headers.set(self.name, value if self.write is None else self.write(value))

    def __delete__(self, instance: Any) -> None:
        instance.headers.remove(self.name)


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


def _write_count(value: Any) -> int:
    """Return a number, or a timedelta's seconds, as an int; ValueError if it is negative."""
    count = int(value.total_seconds() if hasattr(value, "total_seconds") else value)
    if count < 0:
        raise ValueError(f"{value!r} must not be negative to be sent in a header.")
    return count


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


class ResponseHeaderFields:
    """The typed headers of a response: reading an attribute parses a header, setting it writes it.

    Setting None, or deleting the attribute, removes the header. Dates are aware datetimes and can
    be set as seconds since the epoch too; locations are percent-encoded when set.
    """

    headers: Headers

    accept_ranges = ResponseField("Accept-Ranges")
    access_control_allow_headers = ResponseObjectField(
        "Access-Control-Allow-Headers", parse_set_header
    )
    access_control_allow_methods = ResponseObjectField(
        "Access-Control-Allow-Methods", parse_set_header
    )
    access_control_allow_origin = ResponseField("Access-Control-Allow-Origin")
    access_control_expose_headers = ResponseObjectField(
        "Access-Control-Expose-Headers", parse_set_header
    )
    access_control_max_age = ResponseField("Access-Control-Max-Age", parse_digits, _write_count)
    age = ResponseField("Age", _read_delay, _write_count)
    allow = ResponseObjectField("Allow", parse_set_header)
    cache_control = ResponseObjectField("Cache-Control", _read_cache_control)
    content_encoding = ResponseField("Content-Encoding")
    content_language = ResponseObjectField("Content-Language", parse_set_header)
    content_length = ResponseField("Content-Length", parse_digits, _write_count)
    content_location = ResponseField("Content-Location", write=location_from_iri)
    content_md5 = ResponseField("Content-MD5")
    content_range = ResponseObjectField("Content-Range", _read_content_range)
    content_type = ResponseField("Content-Type")
    date = ResponseField("Date", parse_date, _write_date)
    expires = ResponseField("Expires", parse_date, _write_date)
    last_modified = ResponseField("Last-Modified", parse_date, _write_date)
    location = ResponseField("Location", write=location_from_iri)
    retry_after = ResponseField("Retry-After", _read_retry_after, _write_retry_after)
    vary = ResponseObjectField("Vary", parse_set_header)

    @property
    def mimetype(self) -> str | None:
        """The media type, in lower case and without parameters; set it and it gets a charset."""
        value = self.headers.get("Content-Type")
        return value.partition(";")[0].strip(" \t").lower() if value else None

    @mimetype.setter
    def mimetype(self, value: str) -> None:
        self.headers.set("Content-Type", content_type_of(value))

    @property
    def mimetype_params(self) -> dict[str, str]:
        """The parameters of the Content-Type, such as ``{"charset": "utf-8"}``, as a copy."""
        return parse_options_header(self.headers.get("Content-Type"))[1]

    @mimetype_params.setter
    def mimetype_params(self, value: dict[str, str]) -> None:
        self.headers.set("Content-Type", dump_options_header(self.mimetype, value))

    @property
    def www_authenticate(self) -> WWWAuthenticate:
        """The first challenge, or an empty one; set it to a challenge, a list of them, or None."""
        value = self.headers.get("WWW-Authenticate")
        challenge = WWWAuthenticate.from_header(value) or WWWAuthenticate("basic")

        def on_update(changed: WWWAuthenticate) -> None:
            self.headers.set("WWW-Authenticate", changed)

        challenge.on_update = on_update
        return challenge

    @www_authenticate.setter
    def www_authenticate(self, value: Any) -> None:
        values = value if isinstance(value, (list, tuple)) else [value]
        self.headers.setlist("WWW-Authenticate", [item for item in values if item is not None])

    @property
    def access_control_allow_credentials(self) -> bool:
        """Whether scripts of other sites may send credentials."""
        return "Access-Control-Allow-Credentials" in self.headers

    @access_control_allow_credentials.setter
    def access_control_allow_credentials(self, value: bool | None) -> None:
        self.headers.setlist("Access-Control-Allow-Credentials", ["true"] if value else [])
