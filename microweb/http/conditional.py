"""Validators, preconditions and ranges (RFC 9110 sections 8.8, 13 and 14).

Law of this module: it decides from headers and validators whether to send everything, nothing or
a part. It neither reads a file nor makes a response.
"""

from __future__ import annotations

import re

from .fields import datetime_from_timestamp, parse_digits, parse_timestamp
from .header_values import HeaderValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

#: Where the conditions of a request stand in its environ, and the range it may ask for.
CONDITIONAL_ENVIRON_KEYS = (
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_RANGE",
    "HTTP_IF_MATCH",
    "HTTP_IF_UNMODIFIED_SINCE",
)


def quote_etag(etag: str, weak: bool = False) -> str:
    """Return *etag* in quotes, with ``W/`` if *weak*. ValueError if it holds a quote."""
    if '"' in etag:
        raise ValueError(f"The entity tag {etag!r} holds a '\"'. Leave the quotes out: 'abc'.")
    return f'W/"{etag}"' if weak else f'"{etag}"'


def unquote_etag(etag: str | None) -> tuple[str | None, bool | None]:
    """Return ``(tag, is_weak)``; ``(None, None)`` if there is none.

    >>> unquote_etag('W/"abc"'), unquote_etag(None)
    (('abc', True), (None, None))
    """
    if not etag:
        return None, None
    etag = etag.strip(" \t")
    weak = etag.startswith(("W/", "w/"))
    if weak:
        etag = etag[2:]
    if len(etag) > 1 and etag[0] == etag[-1] == '"':
        etag = etag[1:-1]
    return etag, weak


def generate_etag(data: bytes) -> str:
    """Return an entity tag for *data*: the first half of its SHA-256 in hex digits."""
    from hashlib import sha256

    return sha256(data).hexdigest()[:32]


class ETags(HeaderValue):
    """The entity tags of an If-Match or If-None-Match header; *star_tag* stands for ``*``.

    >>> tags = ETags(["a"], ["b"])
    >>> "a" in tags, "b" in tags, tags.contains_weak("b")
    (True, False, True)
    """

    def __init__(
        self,
        strong_etags: Iterable[str] = (),
        weak_etags: Iterable[str] = (),
        star_tag: bool = False,
    ) -> None:
        self._strong = frozenset(() if star_tag else strong_etags)
        self._weak = frozenset(() if star_tag else weak_etags)
        self.star_tag = star_tag

    def is_strong(self, etag: str) -> bool:
        """Say whether *etag* is among the strong tags."""
        return etag in self._strong

    def is_weak(self, etag: str) -> bool:
        """Say whether *etag* is among the weak tags."""
        return etag in self._weak

    def contains(self, etag: str) -> bool:
        """Compare strongly (RFC 9110 section 8.8.3.2)."""
        return self.star_tag or etag in self._strong

    def contains_weak(self, etag: str) -> bool:
        """Compare weakly: a weak tag counts as well."""
        return self.star_tag or etag in self._strong or etag in self._weak

    def contains_raw(self, etag: str) -> bool:
        """Compare a tag as it stands in a header, quotes and ``W/`` included."""
        tag, weak = unquote_etag(etag)
        if tag is None:
            return False
        return self.contains_weak(tag) if weak else self.contains(tag)

    def as_set(self, include_weak: bool = False) -> set[str]:
        """Return the strong tags, or all, as a set."""
        return set(self._strong | self._weak if include_weak else self._strong)

    def to_header(self) -> str:
        """Return the header value."""
        if self.star_tag:
            return "*"
        tags = [quote_etag(tag) for tag in sorted(self._strong)]
        return ", ".join(tags + [quote_etag(tag, True) for tag in sorted(self._weak)])

    def __contains__(self, etag: object) -> bool:
        return isinstance(etag, str) and self.contains(etag)

    def __iter__(self) -> Iterator[str]:
        return iter(self._strong)

    def __len__(self) -> int:
        return len(self._strong)

    def __bool__(self) -> bool:
        return bool(self.star_tag or self._strong or self._weak)


def parse_etags(value: str | None) -> ETags:
    """Parse If-Match or If-None-Match. Tags without quotes are taken too. Never raises."""
    if not value:
        return ETags()
    if value.strip(" \t") == "*":
        return ETags(star_tag=True)
    strong: list[str] = []
    weak: list[str] = []
    for match in re.finditer(r'(W/)?(?:"([^"]*)"|([^", \t]+))', value):
        tag = match[2] if match[2] is not None else match[3]
        (weak if match[1] else strong).append(tag)
    return ETags(strong, weak)


class IfRange:
    """The If-Range header: an entity tag or a date, as seconds since the epoch."""

    def __init__(self, etag: str | None = None, timestamp: int | None = None) -> None:
        self.etag = etag
        self.timestamp = timestamp

    @property
    def date(self) -> Any:
        """The date as an aware datetime, or None."""
        return None if self.timestamp is None else datetime_from_timestamp(self.timestamp)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} etag={self.etag!r} timestamp={self.timestamp!r}>"


def parse_if_range_header(value: str | None) -> IfRange:
    """Parse If-Range; a tag only if strong and quoted, for no other can match (section 13.1.5)."""
    if not value:
        return IfRange()
    value = value.strip(" \t")
    if len(value) > 1 and value[0] == value[-1] == '"':
        return IfRange(etag=value[1:-1])
    return IfRange(timestamp=parse_timestamp(value))


class Range(HeaderValue):
    """A Range header: *units* and ``(start, stop)`` pairs.

    *stop* is exclusive and None for "to the end"; a negative *start* counts from the end.

    >>> Range("bytes", [(0, 5)]).range_for_length(100), Range("bytes", [(-5, None)]).to_header()
    ((0, 5), 'bytes=-5')
    """

    def __init__(self, units: str, ranges: Iterable[tuple[int, int | None]]) -> None:
        self.units = units
        self.ranges = list(ranges)

    def range_for_length(self, length: int | None) -> tuple[int, int] | None:
        """Return ``(start, stop)`` within *length* bytes; None if unsatisfiable or not single."""
        if self.units != "bytes" or length is None or len(self.ranges) != 1:
            return None
        start, stop = self.ranges[0]
        if start < 0:
            start = max(0, start + length)
        stop = length if stop is None else min(stop, length)
        return (start, stop) if start < stop else None

    def to_header(self) -> str:
        """Return the header value."""
        parts = []
        for start, stop in self.ranges:
            if stop is None:
                parts.append(f"{start}-" if start >= 0 else f"{start}")
            else:
                parts.append(f"{start}-{stop - 1}")
        return f"{self.units}={','.join(parts)}"


def parse_range_header(value: str | None) -> Range | None:
    """Parse a Range header; None if it is malformed or its unit is not ``bytes``.

    RFC 9110 section 14.2: what is not understood is ignored. ``-0`` is well formed and cannot be
    satisfied.

    >>> parse_range_header("bytes=0-4").ranges, parse_range_header("items=0-1")
    ([(0, 5)], None)
    """
    if not value:
        return None
    units, equals, specification = value.partition("=")
    if not equals or units.strip(" \t").lower() != "bytes":
        return None
    ranges: list[tuple[int, int | None]] = []
    for item in specification.split(","):
        first, dash, last = item.strip(" \t").partition("-")
        if not dash or first.endswith((" ", "\t")) or last.startswith((" ", "\t")):
            return None
        end = parse_digits(last, 40) if last else None
        if not first:
            if end is None:
                return None
            # A stop of 0 for "-0": no length makes it satisfiable.
            ranges.append((-end, None) if end else (0, 0))
            continue
        start = parse_digits(first, 40)
        if start is None or (last and (end is None or end < start)):
            return None
        ranges.append((start, None if end is None else end + 1))
    return Range("bytes", ranges)


class ContentRange(HeaderValue):
    """A Content-Range header: bytes *start* to *stop* (exclusive) of *length*, or unsatisfied."""

    def __init__(
        self, units: str, start: int | None, stop: int | None, length: int | None = None
    ) -> None:
        self.units = units
        self.start = start
        self.stop = stop
        self.length = length

    def to_header(self) -> str:
        """Return the header value."""
        length = "*" if self.length is None else self.length
        if self.start is None or self.stop is None:
            return f"{self.units} */{length}"
        return f"{self.units} {self.start}-{self.stop - 1}/{length}"


def evaluate_preconditions(
    environ: dict[str, Any], etag: str | None, weak: bool, modified: int | None
) -> int:
    """Return 200 (send it), 304 (the client has it) or 412, in RFC 9110 section 13.2.2's order.

    *etag* is the tag without quotes, *modified* seconds since the epoch; None where unknown.
    """
    reading = environ["REQUEST_METHOD"] in ("GET", "HEAD")
    if_match = environ.get("HTTP_IF_MATCH")
    if if_match is not None:
        tags = parse_etags(if_match)
        if not tags.star_tag and (etag is None or weak or not tags.contains(etag)):
            return 412
    else:
        limit = parse_timestamp(environ.get("HTTP_IF_UNMODIFIED_SINCE"))
        if limit is not None and modified is not None and modified > limit:
            return 412
    if_none_match = environ.get("HTTP_IF_NONE_MATCH")
    if if_none_match is not None:
        tags = parse_etags(if_none_match)
        if tags.star_tag or (etag is not None and tags.contains_weak(etag)):
            return 304 if reading else 412
    elif reading:
        since = parse_timestamp(environ.get("HTTP_IF_MODIFIED_SINCE"))
        if since is not None and modified is not None and modified <= since:
            return 304
    return 200


def find_satisfiable_range(
    environ: dict[str, Any], etag: str | None, weak: bool, modified: int | None, length: int
) -> tuple[int, int] | bool | None:
    """Return the ``(start, stop)`` to send, None for everything, False if it cannot be satisfied.

    Only GET has ranges; If-Range must match strongly; several ranges are answered with
    everything, which RFC 9110 section 14.2 permits.
    """
    if environ["REQUEST_METHOD"] != "GET":
        return None
    wanted = parse_range_header(environ.get("HTTP_RANGE"))
    if wanted is None or len(wanted.ranges) != 1:
        return None
    if "HTTP_IF_RANGE" in environ:
        condition = parse_if_range_header(environ["HTTP_IF_RANGE"])
        if condition.etag is not None:
            matches = not weak and condition.etag == etag
        else:
            matches = condition.timestamp is not None and condition.timestamp == modified
        if not matches:
            return None
    found = wanted.range_for_length(length)
    if found is not None:
        return found
    # Nothing of an empty file can be sent in part, so all of it is (RFC 9110 section 14.1.2).
    return False if length else None
