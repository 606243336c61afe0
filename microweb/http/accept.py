"""What a client is willing to take: the Accept family (RFC 9110 section 12.5).

Law of this module: for a thing that could be sent, the most specific range that covers it gives
its quality; the best thing is the one of highest quality. It does not know what can be sent.
"""

from __future__ import annotations

from .fields import parse_accept_items

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


class Accept:
    """The ranges of an Accept-like header, best first.

    *values* are ``(range, quality)`` pairs. ``value in accept`` says whether it is acceptable at
    all, ``accept[value]`` its quality.

    >>> from microweb.http.accept import Accept
    >>> accept = Accept([("gzip", 0.5), ("br", 1.0)])
    >>> accept.best, accept.best_match(["gzip", "deflate"]), accept["gzip"]
    ('br', 'gzip', 0.5)
    """

    def __init__(self, values: Iterable[tuple[str, float]] = ()) -> None:
        # sorted() is stable: of equals, the one named first stays first.
        self._ranges: list[tuple[str, float]] = sorted(
            values, key=lambda item: (item[1], self._specificity(item[0])), reverse=True
        )

    def _specificity(self, value: str) -> tuple[int, ...]:
        """Return a key that is higher for narrower ranges."""
        return (int(value != "*"),)

    def _value_matches(self, value: str, item: str) -> bool:
        """Say whether the range *item* covers *value*."""
        return item == "*" or item.lower() == value.lower()

    def _find_range(self, value: str) -> tuple[tuple[int, ...], float]:
        """Return specificity and quality of the narrowest range that covers *value*."""
        best: tuple[tuple[int, ...], float] = ((), 0.0)
        for item, quality in self._ranges:
            if self._value_matches(value, item):
                specificity = self._specificity(item)
                if specificity > best[0]:
                    best = (specificity, quality)
        return best

    def quality(self, key: str) -> float:
        """Return the quality of *key*, 0 if it is not acceptable."""
        return self._find_range(key)[1]

    def best_match(self, matches: Iterable[str], default: str | None = None) -> str | None:
        """Return the one of *matches* with the highest quality, else *default*.

        Of two with the same quality the one covered by the narrower range wins, then the first.
        """
        best: tuple[float, tuple[int, ...]] = (0.0, ())
        result = default
        for match in matches:
            specificity, quality = self._find_range(match)
            if quality > 0 and (quality, specificity) > best:
                best = (quality, specificity)
                result = match
        return result

    @property
    def best(self) -> str | None:
        """The range of highest quality, None if there are none."""
        return self._ranges[0][0] if self._ranges else None

    def find(self, key: str) -> int:
        """Return the position of the first range that covers *key*, -1 if none does."""
        for index, (item, _) in enumerate(self._ranges):
            if self._value_matches(key, item):
                return index
        return -1

    def index(self, key: str) -> int:
        """Return the position as ``find`` does; ValueError if no range covers *key*."""
        position = self.find(key)
        if position < 0:
            raise ValueError(f"{key!r} is not acceptable: the client takes {self.to_header()!r}.")
        return position

    def values(self) -> Iterator[str]:
        """Iterate over the ranges, best first."""
        return (item for item, _ in self._ranges)

    def to_header(self) -> str:
        """Return the header value."""
        return ",".join(
            item if quality == 1 else f"{item};q={quality:g}" for item, quality in self._ranges
        )

    __str__ = to_header

    def __contains__(self, value: object) -> bool:
        return isinstance(value, str) and self.quality(value) > 0

    def __getitem__(self, key: Any) -> Any:
        return self.quality(key) if isinstance(key, str) else self._ranges[key]

    def __iter__(self) -> Iterator[tuple[str, float]]:
        return iter(self._ranges)

    def __len__(self) -> int:
        return len(self._ranges)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._ranges!r})"


class MIMEAccept(Accept):
    """The Accept header: media ranges such as ``text/*`` and ``text/html;level=1``.

    >>> from microweb.http.accept import MIMEAccept
    >>> accept = MIMEAccept([("text/*", 0.5), ("application/json", 1.0)])
    >>> accept.best_match(["text/html", "application/json"]), accept.accept_html
    ('application/json', True)
    """

    def _specificity(self, value: str) -> tuple[int, ...]:
        kind, _, subtype = value.partition(";")[0].partition("/")
        return (int(kind != "*"), int(subtype != "*"), value.count(";"))

    def _value_matches(self, value: str, item: str) -> bool:
        range_type, *range_parameters = item.lower().replace(" ", "").split(";")
        value_type, *value_parameters = value.lower().replace(" ", "").split(";")
        if "/" not in value_type:
            return False
        if range_type in ("*/*", "*"):
            return True
        if range_type != value_type:
            return range_type.endswith("/*") and value_type.startswith(range_type[:-1])
        return not range_parameters or set(range_parameters).issubset(value_parameters)

    @property
    def accept_html(self) -> bool:
        """Whether HTML or XHTML is acceptable."""
        return "text/html" in self or self.accept_xhtml

    @property
    def accept_xhtml(self) -> bool:
        """Whether XHTML is acceptable."""
        return "application/xhtml+xml" in self or "application/xml" in self

    @property
    def accept_json(self) -> bool:
        """Whether JSON is acceptable."""
        return "application/json" in self


class LanguageAccept(Accept):
    """The Accept-Language header; a range covers the tags that begin with it (RFC 4647).

    >>> from microweb.http.accept import LanguageAccept
    >>> LanguageAccept([("de-AT", 1.0), ("en", 0.5)]).best_match(["en-GB", "de"])
    'en-GB'
    >>> LanguageAccept([("de-AT", 1.0)]).best_match(["en", "de"])
    'de'
    """

    def _specificity(self, value: str) -> tuple[int, ...]:
        return (0 if value == "*" else 1 + value.count("-") + value.count("_"),)

    def _value_matches(self, value: str, item: str) -> bool:
        if item == "*":
            return True
        tag = value.lower().replace("_", "-")
        wanted = item.lower().replace("_", "-")
        return tag == wanted or tag.startswith(wanted + "-")

    def best_match(self, matches: Iterable[str], default: str | None = None) -> str | None:
        """As ``Accept.best_match``; failing that, by the primary tags the client named."""
        matches = list(matches)
        result = super().best_match(matches)
        if result is not None:
            return result
        primary = LanguageAccept(
            (item.replace("_", "-").partition("-")[0], quality) for item, quality in self
        )
        return super(LanguageAccept, primary).best_match(matches, default)


def parse_accept_header(value: str | None, cls: type[Accept] = Accept) -> Accept:
    """Parse an Accept-like header into an object of *cls*. Never raises.

    >>> from microweb.http.accept import MIMEAccept, parse_accept_header
    >>> parse_accept_header("text/html, */*;q=0.1", MIMEAccept).quality("text/plain")
    0.1
    """
    return cls(parse_accept_items(value))
