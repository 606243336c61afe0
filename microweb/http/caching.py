"""Sets of names and cache directives in headers (RFC 9110 section 12.5.5, RFC 9111).

Law of this module: an object here is the parsed form of one header; it calls back when changed,
and does not know where the header is kept.
"""

from __future__ import annotations

from .fields import dump_header, parse_dict_header, parse_digits, parse_list_header
from .structures import CallbackDict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any


class HeaderSet:
    """A set of names as Vary and Allow have it: ordered, no case, no duplicates.

    ``on_update(self)`` is called after each change.

    >>> from microweb.http.caching import HeaderSet
    >>> names = HeaderSet(["Accept"])
    >>> names.add("Cookie")
    >>> names.add("accept")
    >>> names.to_header(), "COOKIE" in names
    ('Accept, Cookie', True)
    """

    def __init__(
        self,
        headers: Iterable[str] | None = None,
        on_update: Callable[[Any], None] | None = None,
    ) -> None:
        self._names: dict[str, str] = {}
        for header in headers or ():
            self._names.setdefault(header.strip(" \t").lower(), header.strip(" \t"))
        self.on_update = on_update

    def _changed(self) -> None:
        if self.on_update is not None:
            self.on_update(self)

    def add(self, header: str) -> None:
        """Add one name."""
        self.update((header,))

    def update(self, iterable: Iterable[str]) -> None:
        """Add several names."""
        before = len(self._names)
        for header in iterable:
            self._names.setdefault(header.strip(" \t").lower(), header.strip(" \t"))
        if len(self._names) != before:
            self._changed()

    def discard(self, header: str) -> None:
        """Remove a name if it is there."""
        if self._names.pop(header.lower(), None) is not None:
            self._changed()

    def remove(self, header: str) -> None:
        """Remove a name; KeyError if it is not there."""
        if header not in self:
            raise KeyError(header)
        self.discard(header)

    def clear(self) -> None:
        """Remove all names."""
        self._names.clear()
        self._changed()

    def find(self, header: str) -> int:
        """Return the position of a name, -1 if it is not there."""
        names = list(self._names)
        return names.index(header.lower()) if header.lower() in self._names else -1

    def index(self, header: str) -> int:
        """Return the position of a name; IndexError if it is not there."""
        position = self.find(header)
        if position < 0:
            raise IndexError(header)
        return position

    def as_set(self, preserve_casing: bool = False) -> set[str]:
        """Return a plain set, of names in lower case unless *preserve_casing*."""
        return set(self._names.values() if preserve_casing else self._names)

    def to_header(self) -> str:
        """Return the header value."""
        return dump_header(self._names.values())

    __str__ = to_header

    def __contains__(self, header: object) -> bool:
        return isinstance(header, str) and header.lower() in self._names

    def __getitem__(self, index: int) -> str:
        return list(self._names.values())[index]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._names.values()))

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self)!r})"


def parse_set_header(
    value: str | None, on_update: Callable[[Any], None] | None = None
) -> HeaderSet:
    """Parse a comma-separated list of names into a HeaderSet.

    >>> from microweb.http.caching import parse_set_header
    >>> list(parse_set_header("Accept, cookie, accept"))
    ['Accept', 'cookie']
    """
    return HeaderSet(parse_list_header(value), on_update)


class CacheDirective:
    """A descriptor: one directive of Cache-Control as an attribute.

    *kind* is ``"flag"`` (True or False), ``"seconds"`` (int or None) or ``"names"`` (True, the
    header names as text, or None).

    >>> from microweb.http.caching import ResponseCacheControl
    >>> control = ResponseCacheControl()
    >>> control.max_age = 60
    >>> control.public = True
    >>> control.to_header()
    'max-age=60, public'
    """

    def __init__(self, directive: str, kind: str) -> None:
        self.directive = directive
        self.kind = kind

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        present = self.directive in instance
        if self.kind == "flag":
            return present
        value = instance.get(self.directive)
        if self.kind == "seconds":
            return parse_digits(value)
        return True if present and value is None else value

    def __set__(self, instance: Any, value: Any) -> None:
        if value is None or value is False:
            instance.pop(self.directive, None)
        elif self.kind == "flag" or (value is True and self.kind == "names"):
            instance[self.directive] = None
        elif self.kind == "seconds":
            instance[self.directive] = str(int(value))
        else:
            instance[self.directive] = str(value)

    def __delete__(self, instance: Any) -> None:
        instance.pop(self.directive, None)


class CacheControl(CallbackDict):
    """The directives of a Cache-Control header; attributes for the usual ones, dict for all."""

    no_cache = CacheDirective("no-cache", "names")
    no_store = CacheDirective("no-store", "flag")
    max_age = CacheDirective("max-age", "seconds")
    no_transform = CacheDirective("no-transform", "flag")
    stale_if_error = CacheDirective("stale-if-error", "seconds")

    def to_header(self) -> str:
        """Return the header value."""
        return dump_header(self)

    __str__ = to_header


class RequestCacheControl(CacheControl):
    """Cache-Control as a client sends it (RFC 9111 section 5.2.1)."""

    max_stale = CacheDirective("max-stale", "seconds")
    min_fresh = CacheDirective("min-fresh", "seconds")
    only_if_cached = CacheDirective("only-if-cached", "flag")


class ResponseCacheControl(CacheControl):
    """Cache-Control as a server sends it (RFC 9111 section 5.2.2)."""

    public = CacheDirective("public", "flag")
    private = CacheDirective("private", "names")
    must_revalidate = CacheDirective("must-revalidate", "flag")
    proxy_revalidate = CacheDirective("proxy-revalidate", "flag")
    must_understand = CacheDirective("must-understand", "flag")
    s_maxage = CacheDirective("s-maxage", "seconds")
    immutable = CacheDirective("immutable", "flag")
    stale_while_revalidate = CacheDirective("stale-while-revalidate", "seconds")


def parse_cache_control_header(
    value: str | None,
    on_update: Callable[[Any], None] | None = None,
    cls: type[CacheControl] = RequestCacheControl,
) -> CacheControl:
    """Parse Cache-Control into an object of *cls*; directives in lower case. Never raises.

    >>> from microweb.http.caching import parse_cache_control_header
    >>> parse_cache_control_header("Max-Age=0, no-cache").max_age
    0
    """
    directives = {key.lower(): text for key, text in parse_dict_header(value).items()}
    return cls(directives, on_update)
