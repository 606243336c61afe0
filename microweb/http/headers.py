"""Header collections: ``Headers`` to be sent and ``EnvironHeaders`` as received.

Headers are a list of ``(name, value)`` pairs in the order given, found by name without regard to
case. What enters a ``Headers`` is checked, so what leaves it needs no second look.
"""

from __future__ import annotations

from ..text.lazy import add_later_members
from ..text.tokens import check_field_name, check_field_value
from .exceptions import BadRequestKeyError
from .fields import dump_options_header, location_from_iri
from .structures import converted_value, converted_values, iter_multi_items, refuse_change

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from .extra.header_members import RareHeadersMembers as _HeadersBase
else:
    _HeadersBase = object


_USUAL_NAMES = frozenset(
    "Accept-Ranges Cache-Control Content-Disposition Content-Length Content-Type ETag Last-Modified"
    " Set-Cookie Vary".split()
)
_LOCATION_NAMES = ("location", "content-location")


def _checked_pair(name: str, value: Any) -> tuple[str, str]:
    """Return a header that may be sent; a location percent-encoded, whoever set it."""
    # A file has five headers: half a µs less for each that need not be looked at.
    is_usual = name.__class__ is str and name in _USUAL_NAMES
    if not is_usual and check_field_name(name).lower() in _LOCATION_NAMES:
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        return name, location_from_iri(text)
    return name, check_field_value(value)


class Headers(_HeadersBase):
    """An ordered, case-insensitive list of headers.

    *defaults* is another Headers, a mapping (whose lists become several headers) or an iterable
    of pairs. Every name and value set is checked: ValueError for a name that is no token or a
    value with a line break, a control character or text outside Latin-1. A Location may hold
    any text; it is percent-encoded.

    >>> h = Headers([("Content-Type", "text/html")])
    >>> h.add("X-Tag", "a")
    >>> h.add("x-tag", "b")
    >>> h["content-type"], h.getlist("X-Tag"), len(h)
    ('text/html', ['a', 'b'], 3)
    """

    __slots__ = ("_list",)
    __hash__ = None  # type: ignore[assignment]
    _list: list[tuple[str, str]]

    def __init__(self, defaults: Any = None) -> None:
        self._list = []
        if defaults is not None:
            self.extend(defaults)

    def __getitem__(self, key: Any) -> Any:
        """Return the first value of a name, the pair at an index, or Headers for a slice."""
        if not isinstance(key, str):
            return self._get_at(key)
        value = self.get(key)
        if value is None:
            raise BadRequestKeyError(key)
        return value

    def get(self, key: str, default: Any = None, type: Callable[[str], Any] | None = None) -> Any:
        """Return the first value of *key*, passed through *type*; else *default*.

        A value that *type* refuses with ValueError or TypeError counts as missing.
        """
        wanted = key.lower()
        for name, value in self._list:
            if name.lower() == wanted:
                return value if type is None else converted_value(value, default, type)
        return default

    def getlist(self, key: str, type: Callable[[str], Any] | None = None) -> list[Any]:
        """Return all values of *key*, without those that *type* refuses."""
        wanted = key.lower()
        return converted_values((value for name, value in self if name.lower() == wanted), type)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.get(key) is not None

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Iterate over ``(name, value)`` pairs."""
        return iter(self._list)

    def __len__(self) -> int:
        return len(self._list)

    def items(self, lower: bool = False) -> Iterator[tuple[str, str]]:
        """Iterate over pairs, names in lower case if *lower*."""
        return ((name.lower() if lower else name, value) for name, value in self)

    def keys(self, lower: bool = False) -> Iterator[str]:
        """Iterate over names, repeated ones too."""
        return (name for name, _ in self.items(lower))

    def add(self, key: str, value: Any, /, **kw: Any) -> None:
        """Append a header; keyword arguments become parameters (``filename="a.txt"``)."""
        if kw:
            value = dump_options_header(value, kw)
        self._list.append(_checked_pair(key, value))

    add_header = add

    def set(self, key: str, value: Any, /, **kw: Any) -> None:
        """Replace all headers of that name by one; keyword arguments as in ``add``.

        The new one stands where the first of the old ones stood, or at the end.
        """
        if kw:
            value = dump_options_header(value, kw)
        pair = _checked_pair(key, value)
        wanted, items = key.lower(), self._list
        for index, (name, _) in enumerate(items):
            if name.lower() == wanted:
                rest = [item for item in items[index + 1 :] if item[0].lower() != wanted]
                items[index:] = [pair, *rest]
                return
        items.append(pair)

    def __setitem__(self, key: Any, value: Any) -> None:
        """Set by name (as ``set``), by index to a pair, or by slice to pairs."""
        if isinstance(key, str):
            self.set(key, value)
        else:
            self._set_at(key, value)

    def __delitem__(self, key: Any) -> None:
        """Remove by name (no error if it is missing), index or slice."""
        if isinstance(key, str):
            self.remove(key)
        else:
            self._remove_at(key)

    def remove(self, key: str) -> None:
        """Remove all headers of that name, if there are any."""
        wanted = key.lower()
        self._list[:] = [item for item in self._list if item[0].lower() != wanted]

    def extend(self, arg: Any = None, /, **kwargs: Any) -> None:
        """Append all headers of a Headers, a mapping or an iterable of pairs."""
        for source in (arg, kwargs):
            if source.__class__ is Headers:
                # What it holds was checked when it entered.
                self._list += source._list
            elif source:
                listed = source.__class__ is list or isinstance(source, Headers)
                pairs: Any = source if listed else iter_multi_items(source)
                self._list += [_checked_pair(name, value) for name, value in pairs]

    def update(self, arg: Any = None, /, **kwargs: Any) -> None:
        """Replace the headers that are named in *arg*, keeping the others."""
        for source in (arg, kwargs):
            if source:
                fresh = Headers(source)
                for name in {name.lower() for name, _ in fresh._list}:
                    self.remove(name)
                self._list += fresh._list

    def to_wsgi_list(self) -> list[tuple[str, str]]:
        """Return a new list of pairs, as ``start_response`` takes it (PEP 3333)."""
        return list(self)

    def copy(self) -> Headers:
        """Return a Headers with the same pairs, which can be changed."""
        copied = type(self)()
        copied._list = self._list[:]
        return copied

    def __eq__(self, other: object) -> bool:
        """Equal with the same headers, in any order, names in any case."""
        if not isinstance(other, Headers):
            return NotImplemented
        return sorted(self.items(lower=True)) == sorted(other.items(lower=True))

    def __str__(self) -> str:
        """The header block as it goes over the wire."""
        return "".join(f"{name}: {value}\r\n" for name, value in self) + "\r\n"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self)!r})"


def _load_rare_headers_members() -> type:
    from .extra.header_members import RareHeadersMembers

    return RareHeadersMembers


add_later_members(
    Headers,
    _load_rare_headers_members,
    "get_all values setlist setdefault setlistdefault pop popitem clear"
    " _get_at _set_at _remove_at __copy__ __ior__ __or__",
)


class EnvironHeaders(Headers):
    """The request's headers, read from a WSGI environ each time they are asked for.

    They cannot be changed; ``copy()`` gives a Headers that can.
    """

    __slots__ = ("environ",)
    __hash__ = None

    def __init__(self, environ: dict[str, Any]) -> None:
        self.environ = environ

    def get(self, key: str, default: Any = None, type: Callable[[str], Any] | None = None) -> Any:
        """Return the value of *key*, passed through *type*; else *default*."""
        name = key.upper().replace("-", "_")
        plain = name in ("CONTENT_TYPE", "CONTENT_LENGTH")
        value = self.environ.get(name if plain else f"HTTP_{name}")
        return default if value is None else converted_value(value, default, type)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        for key, value in self.environ.items():
            if key.startswith("HTTP_"):
                # CGI servers repeat these two with the prefix; the plain ones below count.
                if key not in ("HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"):
                    yield key[5:].replace("_", "-").title(), value
            elif key in ("CONTENT_TYPE", "CONTENT_LENGTH") and value:
                yield key.replace("_", "-").title(), value

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def copy(self) -> Headers:
        """Return a Headers with the same pairs, which can be changed."""
        copied = Headers()
        copied._list = list(self)
        return copied

    def _get_at(self, index: Any) -> Any:
        raise BadRequestKeyError(index)

    add = add_header = set = setlist = setdefault = setlistdefault = refuse_change
    extend = update = remove = pop = popitem = clear = refuse_change
    __setitem__ = __delitem__ = __ior__ = refuse_change


class HeaderField:
    """A descriptor of `Response`: the header *name* as an attribute; None if it is not set.

    *read* makes the attribute's value of the header's text, *write* text of what is set. Setting
    None, or deleting the attribute, removes the header.
    """

    def __init__(self, name: str, read: Any = None, write: Any = None) -> None:
        self.name, self.read, self.write = name, read, write

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
