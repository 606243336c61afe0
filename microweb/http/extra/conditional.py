"""Entity tags and ranges as objects, and which ranges to send (RFC 9110 sections 13 and 14)."""

from __future__ import annotations

from ...text.dates import datetime_from_timestamp, http_date, parse_timestamp
from ...text.tokens import parse_digits
from ..fields import ETAG_RE, is_unchanged, names_etag, quote_etag
from .combined import HeaderValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any


# RFC 9110 section 14.2 lets a server ignore a Range that asks for many small pieces.
_MAX_RANGES = 16


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

    def __call__(
        self, etag: str | None = None, data: bytes | None = None, include_weak: bool = False
    ) -> bool:
        """Say whether *etag*, or that of *data*, is here; weak ones count if *include_weak*."""
        if etag is None and data is None:
            raise TypeError("give an entity tag, or the data that it is made of")
        tag = generate_etag(data or b"") if etag is None else etag
        return self.contains_weak(tag) if include_weak else self.contains(tag)

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
    for is_weak, quoted, plain in ETAG_RE.findall(value):
        (weak if is_weak else strong).append(quoted or plain)
    return ETags(strong, weak)


class IfRange(HeaderValue):
    """The If-Range header: an entity tag, or a date (a datetime or seconds since the epoch).

    >>> IfRange("abc").to_header(), IfRange(date=784111777).to_header()
    ('"abc"', 'Sun, 06 Nov 1994 08:49:37 GMT')
    """

    def __init__(self, etag: str | None = None, date: Any = None) -> None:
        self.etag = etag
        self.timestamp: int | None = int(date.timestamp()) if hasattr(date, "timestamp") else date

    @property
    def date(self) -> Any:
        """The date as an aware datetime, or None."""
        return None if self.timestamp is None else datetime_from_timestamp(self.timestamp)

    def to_header(self) -> str:
        """Return the header value."""
        if self.etag is not None:
            return quote_etag(self.etag)
        return "" if self.timestamp is None else http_date(self.timestamp)


def parse_if_range_header(value: str | None) -> IfRange:
    """Parse If-Range; a tag only if strong and quoted, for no other can match (section 13.1.5)."""
    if not value:
        return IfRange()
    value = value.strip(" \t")
    if len(value) > 1 and value[0] == value[-1] == '"' and value.count('"') == 2:
        return IfRange(etag=value[1:-1])
    return IfRange(date=parse_timestamp(value))


class Range(HeaderValue):
    """A Range header: *units* and ``(start, stop)`` pairs.

    *stop* is exclusive and None for "to the end"; a negative *start* counts from the end.

    >>> Range("bytes", [(0, 5)]).range_for_length(100), Range("bytes", [(-5, None)]).to_header()
    ((0, 5), 'bytes=-5')
    """

    def __init__(self, units: str, ranges: Iterable[tuple[int, int | None]]) -> None:
        self.units = units
        self.ranges = list(ranges)

    def satisfiable(self, length: int) -> list[tuple[int, int]]:
        """Return the ``(start, stop)`` pairs that lie within *length* bytes, in the given order."""
        found = []
        for start, stop in self.ranges:
            start = max(0, start + length) if start < 0 else start
            stop = length if stop is None else min(stop, length)
            if start < stop:
                found.append((start, stop))
        return found

    def range_for_length(self, length: int | None) -> tuple[int, int] | None:
        """Return ``(start, stop)`` within *length* bytes; None if unsatisfiable or not single."""
        if self.units != "bytes" or length is None or len(self.ranges) != 1:
            return None
        return next(iter(self.satisfiable(length)), None)

    def make_content_range(self, length: int | None) -> ContentRange | None:
        """Return the ContentRange of a single range of *length* bytes, None if there is none."""
        found = self.range_for_length(length)
        return None if found is None else ContentRange(self.units, *found, length)

    def to_content_range_header(self, length: int | None) -> str | None:
        """Return the Content-Range of a single range of *length* bytes, None if there is none."""
        content_range = self.make_content_range(length)
        return None if content_range is None else content_range.to_header()

    def to_header(self) -> str:
        """Return the header value."""
        parts = []
        for start, stop in self.ranges:
            if stop is None:
                parts.append(f"{start}-" if start >= 0 else f"{start}")
            else:
                # A stop of 0 stands for "-0", see below.
                parts.append(f"{start}-{stop - 1}" if stop else "-0")
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
    """A Content-Range header: bytes *start* to *stop* (exclusive) of *length*, or unsatisfied.

    ``on_update(self)`` is called after each ``set`` and ``unset``. Without units it is false, and
    there is no header.

    >>> str(ContentRange("bytes", 0, 5, 100)), str(ContentRange("bytes", None, None, 9))
    ('bytes 0-4/100', 'bytes */9')
    """

    def __init__(
        self,
        units: str | None,
        start: int | None,
        stop: int | None,
        length: int | None = None,
        on_update: Callable[[Any], None] | None = None,
    ) -> None:
        self.on_update: Callable[[Any], None] | None = None
        self.set(start, stop, length, units)
        self.on_update = on_update

    def set(
        self,
        start: int | None,
        stop: int | None,
        length: int | None = None,
        units: str | None = "bytes",
    ) -> None:
        """Set all four at once. ValueError for what is no range of *length* bytes."""
        if start is None or stop is None:
            fits = start is stop
        else:
            fits = 0 <= start < stop <= (stop if length is None else length)
        if not fits:
            raise ValueError(
                f"{start!r} to {stop!r} is no part of {length!r} bytes: give a start, a stop after "
                "it and a length not below, or None for start and stop."
            )
        self.units, self.start, self.stop, self.length = units, start, stop, length
        if self.on_update is not None:
            self.on_update(self)

    def unset(self) -> None:
        """Remove the header."""
        self.set(None, None, units=None)

    def to_header(self) -> str:
        """Return the header value, '' without units."""
        if self.units is None:
            return ""
        length = "*" if self.length is None else self.length
        if self.start is None or self.stop is None:
            return f"{self.units} */{length}"
        return f"{self.units} {self.start}-{self.stop - 1}/{length}"

    def __bool__(self) -> bool:
        return self.units is not None


def parse_content_range_header(
    value: str | None, on_update: Callable[[Any], None] | None = None
) -> ContentRange | None:
    """Parse Content-Range (RFC 9110 section 14.4); None if it is missing or malformed.

    >>> parse_content_range_header("bytes 0-4/100").stop
    5
    """
    units, _, rest = (value or "").strip(" \t").partition(" ")
    numbers, slash, total = rest.strip(" \t").partition("/")
    length = parse_digits(total)
    if not slash or (length is None and total != "*"):
        return None
    if numbers == "*":
        return ContentRange(units, None, None, length, on_update)
    first, _, last = numbers.partition("-")
    start, end = parse_digits(first), parse_digits(last)
    if start is None or end is None or end < start or (length is not None and end >= length):
        return None
    return ContentRange(units, start, end + 1, length, on_update)


def evaluate_preconditions(
    environ: dict[str, Any], etag: str | None, weak: bool, modified: int | None
) -> int:
    """Return 200 (send it), 304 (the client has it) or 412, in RFC 9110 section 13.2.2's order.

    *etag* is the tag without quotes, *modified* seconds since the epoch; None where unknown.
    """
    if "HTTP_IF_MATCH" in environ:
        if not names_etag(environ["HTTP_IF_MATCH"], None if weak else etag, weakly=False):
            return 412
    elif modified is not None:
        limit = parse_timestamp(environ.get("HTTP_IF_UNMODIFIED_SINCE"))
        if limit is not None and modified > limit:
            return 412
    if is_unchanged(environ, etag, modified):
        return 304
    reading = environ["REQUEST_METHOD"] in ("GET", "HEAD")
    named = not reading and names_etag(environ.get("HTTP_IF_NONE_MATCH", ""), etag)
    return 412 if named else 200


def find_satisfiable_ranges(
    environ: dict[str, Any], etag: str | None, weak: bool, modified: int | None, length: int
) -> list[tuple[int, int]] | None:
    """Return the ``(start, stop)`` pairs to send, None for everything; empty: none is there.

    Only GET has ranges; If-Range must match strongly. Ranges that overlap, and more of them than
    a reader of parts needs, are answered with everything (RFC 9110 section 14.2 permits it).
    """
    if environ["REQUEST_METHOD"] != "GET":
        return None
    wanted = parse_range_header(environ.get("HTTP_RANGE"))
    if wanted is None or len(wanted.ranges) > _MAX_RANGES:
        return None
    if "HTTP_IF_RANGE" in environ:
        condition = parse_if_range_header(environ["HTTP_IF_RANGE"])
        if condition.etag is not None:
            matches = not weak and condition.etag == etag
        else:
            matches = condition.timestamp is not None and condition.timestamp == modified
        if not matches:
            return None
    found = wanted.satisfiable(length)
    ordered = sorted(found)
    if any(first[1] > second[0] for first, second in zip(ordered, ordered[1:])):
        return None
    # Nothing of an empty file can be sent in part, so all of it is (RFC 9110 section 14.1.2).
    return found if found or length else None
