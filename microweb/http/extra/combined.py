"""Dictionaries beside `MultiDict`: several seen as one, one that reports changes, and one that
refuses them; and the base of header objects."""

from __future__ import annotations

from ..exceptions import BadRequestKeyError
from ..structures import (
    NO_ARGUMENT,
    ImmutableMultiDict,
    MultiDict,
    converted_value,
    refuse_change,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    _PlainDict = dict[Any, Any]
else:
    _PlainDict = dict


class ImmutableDict(_PlainDict):
    """A dict that refuses every change with TypeError and can be hashed."""

    __setitem__ = __delitem__ = setdefault = update = refuse_change
    pop = popitem = clear = __ior__ = refuse_change

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def copy(self) -> dict[Any, Any]:
        """Return a plain dict that can be changed."""
        return dict(self)

    def __copy__(self) -> ImmutableDict:
        return self

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return type(self), (dict(self),)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict.__repr__(self)})"


def _method_of_joined(name: str) -> Any:
    """Make a method of CombinedMultiDict: MultiDict's own *name*, of all dicts joined."""
    read = getattr(MultiDict, name)

    def method(self: CombinedMultiDict, *args: Any, **kwargs: Any) -> Any:
        return read(self._joined(), *args, **kwargs)

    method.__name__, method.__doc__ = name, read.__doc__
    return method


class CombinedMultiDict(ImmutableMultiDict):
    """Several MultiDicts seen as one: the first that has a key answers for it.

    The lists of all of them are joined. *dicts* are kept, not copied.

    >>> d = CombinedMultiDict([MultiDict({"a": "1"}), MultiDict([("a", "2"), ("b", "3")])])
    >>> d["a"], d.getlist("a"), d["b"]
    ('1', ['1', '2'], '3')
    """

    def __init__(self, dicts: Iterable[MultiDict] | None = None) -> None:
        super().__init__()
        self.dicts: list[MultiDict] = list(dicts or ())

    def __getitem__(self, key: Any) -> Any:
        for mapping in self.dicts:
            if key in mapping:
                return mapping[key]
        raise BadRequestKeyError(key)

    def get(self, key: Any, default: Any = None, type: Callable[[Any], Any] | None = None) -> Any:
        """Return the first value that *type* takes, in the order of the dicts; else *default*."""
        for mapping in self.dicts:
            if key in mapping:
                value = converted_value(mapping[key], NO_ARGUMENT, type)
                if value is not NO_ARGUMENT:
                    return value
        return default

    def getlist(self, key: Any, type: Callable[[Any], Any] | None = None) -> list[Any]:
        """Return the values of *key* from all dicts."""
        return [value for mapping in self.dicts for value in mapping.getlist(key, type)]

    def _joined(self) -> MultiDict:
        """Build the MultiDict that this object stands for."""
        return MultiDict([pair for mapping in self.dicts for pair in mapping.items(multi=True)])

    keys = _method_of_joined("keys")
    items = _method_of_joined("items")
    values = _method_of_joined("values")
    lists = _method_of_joined("lists")
    listvalues = _method_of_joined("listvalues")
    __iter__ = _method_of_joined("__iter__")
    __len__ = _method_of_joined("__len__")

    def __contains__(self, key: object) -> bool:
        return any(key in mapping for mapping in self.dicts)

    def __bool__(self) -> bool:
        return any(self.dicts)

    def __eq__(self, other: object) -> bool:
        return bool(
            dict(self.lists()) == (dict(other.lists()) if isinstance(other, MultiDict) else other)
        )

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(ImmutableMultiDict(self._joined()))

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return type(self), (self.dicts,)


def _reporting_method(name: str, only_if_longer_or_shorter: bool = False) -> Any:
    """Make a method of CallbackDict: dict's own *name*, and then the call of ``on_update``."""
    change = getattr(dict, name)

    def method(self: CallbackDict, *args: Any, **kwargs: Any) -> Any:
        length = len(self)
        result = change(self, *args, **kwargs)
        if self.on_update is not None and (not only_if_longer_or_shorter or len(self) != length):
            self.on_update(self)
        return result

    method.__name__, method.__doc__ = name, change.__doc__
    return method


class CallbackDict(_PlainDict):
    """A dict that calls ``on_update(self)`` after each change.

    *initial* is a mapping or an iterable of pairs.
    """

    def __init__(
        self,
        initial: Mapping[Any, Any] | Iterable[tuple[Any, Any]] | None = None,
        on_update: Callable[[Any], None] | None = None,
    ) -> None:
        super().__init__(() if initial is None else initial)
        self.on_update = on_update

    __setitem__ = _reporting_method("__setitem__")
    __delitem__ = _reporting_method("__delitem__")
    clear = _reporting_method("clear")
    popitem = _reporting_method("popitem")
    update = _reporting_method("update")
    pop = _reporting_method("pop", only_if_longer_or_shorter=True)
    setdefault = _reporting_method("setdefault", only_if_longer_or_shorter=True)

    def __ior__(self, other: Any) -> CallbackDict:  # type: ignore[misc]
        self.update(other)
        return self

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {dict.__repr__(self)}>"


class HeaderValue:
    """The base of header objects: ``str()`` gives what ``to_header()`` returns."""

    def to_header(self) -> str:
        """Return the header value."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.to_header()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.to_header()!r}>"
