"""Response headers as typed attributes.

Law of this module: reading such an attribute parses the header, setting it writes the header,
setting None or deleting it removes the header. Nothing is stored beside the headers.
"""

from __future__ import annotations

import time

from .authorization import WWWAuthenticate
from .caching import HeaderSet, ResponseCacheControl, parse_cache_control_header, parse_set_header
from .dates import datetime_from_timestamp, http_date, parse_timestamp
from .fields import check_field_value, dump_options_header, parse_digits, parse_options_header
from .headers import Headers
from .urls import location_from_iri

TYPE_CHECKING = False
if TYPE_CHECKING:
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
    """Return the Content-Type for *mimetype*: textual ones get ``charset=utf-8``.

    >>> from microweb.http.response_fields import content_type_of
    >>> content_type_of("text/css"), content_type_of("image/png")
    ('text/css; charset=utf-8', 'image/png')
    """
    ready = READY_CONTENT_TYPES.get(mimetype)
    if ready is not None:
        return ready
    textual = mimetype.startswith("text/") or mimetype in _TEXTUAL_MIMETYPES
    if (textual or mimetype.endswith("+xml")) and "charset" not in mimetype:
        mimetype += "; charset=utf-8"
    return check_field_value(mimetype)


class ResponseField:
    """A descriptor: the header *name* as an attribute of the given *kind*.

    ``"text"``; ``"digits"`` (int); ``"seconds"`` (timedelta, set also as a number); ``"date"``
    (aware datetime, set also as seconds since the epoch); ``"date or seconds"`` (Retry-After);
    ``"location"`` (percent-encoded when set). What cannot be read is None.

    >>> from microweb.http.response import Response
    >>> response = Response()
    >>> response.last_modified = 784111777
    >>> response.headers["Last-Modified"], response.last_modified.year
    ('Sun, 06 Nov 1994 08:49:37 GMT', 1994)
    """

    def __init__(self, name: str, kind: str = "text") -> None:
        self.name = name
        self.kind = kind
        self.__doc__ = f"The {name} header ({kind}); None if it is not set."

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        value = instance.headers.get(self.name)
        if value is None or self.kind in ("text", "location"):
            return value
        number = parse_digits(value)
        if self.kind == "digits":
            return number
        if self.kind == "seconds":
            return _timedelta_of(number)
        if self.kind == "date or seconds" and number is not None:
            return datetime_from_timestamp(int(time.time()) + number)
        seconds = parse_timestamp(value)
        return None if seconds is None else datetime_from_timestamp(seconds)

    def __set__(self, instance: Any, value: Any) -> None:
        if value is None:
            instance.headers.remove(self.name)
        elif self.kind == "location":
            instance.headers.set(self.name, location_from_iri(value))
        elif self.kind in ("digits", "seconds"):
            seconds = value.total_seconds() if hasattr(value, "total_seconds") else value
            if int(seconds) < 0:
                raise ValueError(f"{self.name} must not be negative: {value!r}.")
            instance.headers.set(self.name, int(seconds))
        elif (
            self.kind == "text"
            or isinstance(value, str)
            or (self.kind == "date or seconds" and isinstance(value, int))
        ):
            instance.headers.set(self.name, value)
        else:
            instance.headers.set(self.name, http_date(value))

    def __delete__(self, instance: Any) -> None:
        instance.headers.remove(self.name)


def _timedelta_of(seconds: int | None) -> Any:
    """Return a timedelta, None for None or more seconds than one holds."""
    from datetime import timedelta

    try:
        return None if seconds is None else timedelta(seconds=seconds)
    except OverflowError:
        return None


class ResponseSetField:
    """A descriptor: the header *name* as a HeaderSet that writes back when changed.

    It can be set to text or to an iterable of names.

    >>> from microweb.http.response import Response
    >>> response = Response()
    >>> response.vary.add("Cookie")
    >>> response.vary.add("cookie")
    >>> response.headers["Vary"]
    'Cookie'
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.__doc__ = f"The {name} header as a HeaderSet."

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self

        def on_update(names: HeaderSet) -> None:
            self.__set__(instance, names)

        return parse_set_header(", ".join(instance.headers.getlist(self.name)), on_update)

    def __set__(self, instance: Any, value: Any) -> None:
        if not value:
            instance.headers.remove(self.name)
        elif isinstance(value, str):
            instance.headers.set(self.name, value)
        else:
            names = value if isinstance(value, HeaderSet) else HeaderSet(value)
            instance.headers.set(self.name, names.to_header())

    def __delete__(self, instance: Any) -> None:
        instance.headers.remove(self.name)


class ResponseHeaderFields:
    """The typed headers of a response: every attribute here is a view of ``headers``.

    >>> from microweb.http.response import Response
    >>> response = Response()
    >>> response.cache_control.max_age = 60
    >>> response.headers["Cache-Control"]
    'max-age=60'
    """

    headers: Headers

    content_type = ResponseField("Content-Type")
    content_length = ResponseField("Content-Length", "digits")
    content_encoding = ResponseField("Content-Encoding")
    content_location = ResponseField("Content-Location", "location")
    content_md5 = ResponseField("Content-MD5")
    location = ResponseField("Location", "location")
    date = ResponseField("Date", "date")
    expires = ResponseField("Expires", "date")
    last_modified = ResponseField("Last-Modified", "date")
    retry_after = ResponseField("Retry-After", "date or seconds")
    age = ResponseField("Age", "seconds")
    accept_ranges = ResponseField("Accept-Ranges")
    vary = ResponseSetField("Vary")
    allow = ResponseSetField("Allow")
    content_language = ResponseSetField("Content-Language")
    access_control_allow_origin = ResponseField("Access-Control-Allow-Origin")
    access_control_allow_headers = ResponseSetField("Access-Control-Allow-Headers")
    access_control_allow_methods = ResponseSetField("Access-Control-Allow-Methods")
    access_control_expose_headers = ResponseSetField("Access-Control-Expose-Headers")
    access_control_max_age = ResponseField("Access-Control-Max-Age", "digits")

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
    def cache_control(self) -> Any:
        """Cache-Control as an object; what is changed there changes the header."""

        def on_update(control: ResponseCacheControl) -> None:
            if control:
                self.headers.set("Cache-Control", control.to_header())
            else:
                self.headers.remove("Cache-Control")

        value = self.headers.get("Cache-Control")
        return parse_cache_control_header(value, on_update, ResponseCacheControl)

    @property
    def www_authenticate(self) -> WWWAuthenticate | None:
        """The first challenge, or None; set it to a challenge, a list of them, or None."""
        return WWWAuthenticate.from_header(self.headers.get("WWW-Authenticate"))

    @www_authenticate.setter
    def www_authenticate(self, value: Any) -> None:
        if value is None:
            value = ()
        values = value if isinstance(value, (list, tuple)) else (value,)
        self.headers.setlist("WWW-Authenticate", [str(item) for item in values])

    @property
    def access_control_allow_credentials(self) -> bool:
        """Whether scripts of other sites may send credentials."""
        return "Access-Control-Allow-Credentials" in self.headers

    @access_control_allow_credentials.setter
    def access_control_allow_credentials(self, value: bool | None) -> None:
        if value:
            self.headers.set("Access-Control-Allow-Credentials", "true")
        else:
            self.headers.remove("Access-Control-Allow-Credentials")

    @property
    def content_range(self) -> str | None:
        """The Content-Range header; set it to a ContentRange, text or None."""
        return self.headers.get("Content-Range")  # type: ignore[no-any-return]

    @content_range.setter
    def content_range(self, value: Any) -> None:
        self.headers.setlist("Content-Range", [] if value is None else [str(value)])
