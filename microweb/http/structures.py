"""Dictionaries with more than one value per key, and attributes computed once.

A ``MultiDict`` is a dict of lists that answers like a dict of first values; reading a key that is
missing is a 400, because what it holds came from a client.
"""

from __future__ import annotations

from ..text.lazy import add_later_members
from .exceptions import BadRequestKeyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from functools import cached_property
    from typing import Any, NoReturn

    from .extra.dict_members import RareMultiDictMembers as _MultiDictBase

    # Type checkers know this one, and how its values are typed.
    kept_property = cached_property
else:
    _MultiDictBase = dict

    class kept_property:  # noqa: N801 - used like property
        """A method as an attribute that is computed once per instance and kept in its ``__dict__``.

        Before Python 3.12 ``functools.cached_property`` takes a lock for each first read, which an
        object that one request owns does not need. ``cached_property``, for programs, is a property
        and is asked at each reading.
        """

        def __init__(self, func):
            self.func = func
            self.name = func.__name__
            self.__doc__ = func.__doc__

        def __set_name__(self, owner, name):
            self.name = name

        def __get__(self, instance, owner=None):
            if instance is None:
                return self
            value = instance.__dict__[self.name] = self.func(instance)
            return value


# Stands for "no argument given" where None is a value.
NO_ARGUMENT: Any = object()


def iter_multi_items(mapping: Any) -> Iterator[tuple[Any, Any]]:
    """Yield all ``(key, value)`` pairs of a MultiDict, a mapping of lists or a list of pairs."""
    if isinstance(mapping, MultiDict):
        yield from mapping.items(multi=True)
    elif hasattr(mapping, "items"):
        for key, value in mapping.items():
            for item in value if isinstance(value, (list, tuple, set)) else (value,):
                yield key, item
    else:
        yield from mapping


def converted_value(value: Any, default: Any, convert: Callable[[Any], Any] | None) -> Any:
    """Pass *value* through *convert*; what it refuses with ValueError or TypeError is *default*."""
    try:
        return value if convert is None else convert(value)
    except (ValueError, TypeError):
        return default


def converted_values(values: Iterable[Any], convert: Callable[[Any], Any] | None) -> list[Any]:
    """Pass *values* through *convert*, without those that it refuses."""
    converted = [converted_value(value, NO_ARGUMENT, convert) for value in values]
    return [value for value in converted if value is not NO_ARGUMENT]


class MultiDict(_MultiDictBase):
    """A dict whose keys may have several values, in the order they came.

    Plain dict access sees the first value of each key; the methods with ``list`` in their names
    see them all. *mapping* is a MultiDict, a mapping (whose lists become several values) or an
    iterable of pairs. ``d[key]`` of a missing key raises BadRequestKeyError.

    >>> d = MultiDict([("a", "1"), ("a", "2"), ("b", "3")])
    >>> d["a"], d.getlist("a"), d.get("b", type=int)
    ('1', ['1', '2'], 3)
    """

    def __init__(self, mapping: Any = None) -> None:
        # A dict needs no __init__ of its own to be empty.
        if mapping is not None:
            table: dict[Any, list[Any]] = {}
            for key, value in mapping if mapping.__class__ is list else iter_multi_items(mapping):
                if key in table:
                    table[key].append(value)
                else:
                    table[key] = [value]
            dict.update(self, table)

    def __iter__(self) -> Iterator[Any]:
        # With this, dict(d) and {**d} ask for first values instead of copying the lists.
        return dict.__iter__(self)

    def __getitem__(self, key: Any) -> Any:
        """Return the first value of *key*; BadRequestKeyError if there is none."""
        values = dict.get(self, key)
        if values:
            return values[0]
        raise BadRequestKeyError(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        """Make *value* the only value of *key*."""
        dict.__setitem__(self, key, [value])

    def get(self, key: Any, default: Any = None, type: Callable[[Any], Any] | None = None) -> Any:
        """Return the first value of *key*, passed through *type*; else *default*.

        A value that *type* refuses with ValueError or TypeError counts as missing.
        """
        values = dict.get(self, key)
        if not values:
            return default
        return values[0] if type is None else converted_value(values[0], default, type)

    def getlist(self, key: Any, type: Callable[[Any], Any] | None = None) -> list[Any]:
        """Return all values of *key* as a new list, without those that *type* refuses."""
        return converted_values(dict.get(self, key) or (), type)

    def add(self, key: Any, value: Any) -> None:
        """Append *value* to the values of *key*."""
        dict.setdefault(self, key, []).append(value)

    def items(self, multi: bool = False) -> Iterator[tuple[Any, Any]]:  # type: ignore[override]
        """Yield ``(key, first value)`` pairs, or with *multi* every pair."""
        for key, values in dict.items(self):
            for value in values if multi else values[:1]:
                yield key, value

    def values(self) -> Iterator[Any]:  # type: ignore[override]
        """Yield the first value of each key."""
        return (values[0] for values in dict.values(self) if values)

    def lists(self) -> Iterator[tuple[Any, list[Any]]]:
        """Yield ``(key, list of all values)`` pairs; the lists are copies."""
        return ((key, list(values)) for key, values in dict.items(self))

    def to_dict(self, flat: bool = True) -> dict[Any, Any]:
        """Return a plain dict of first values, or of lists if not *flat*."""
        return dict(self.items()) if flat else dict(self.lists())

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Add (not replace) all pairs of a mapping or iterable of pairs, and keyword arguments."""
        for mapping in (*args, kwargs):
            for key, value in iter_multi_items(mapping):
                self.add(key, value)

    def copy(self) -> MultiDict:
        """Return a mutable copy; the values themselves are shared."""
        return MultiDict(self)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return type(self), (list(self.items(multi=True)),)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self.items(multi=True))!r})"


def _load_rare_multidict_members() -> type:
    from .extra.dict_members import RareMultiDictMembers

    return RareMultiDictMembers


add_later_members(
    MultiDict,
    _load_rare_multidict_members,
    "setlist setdefault setlistdefault listvalues pop popitem poplist popitemlist deepcopy"
    " __copy__ __deepcopy__ __or__ __ior__",
)


def refuse_change(self: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """Raise: what this object holds came with the request and stays as it came."""
    what = "headers" if hasattr(self, "environ") else "args"
    raise TypeError(
        f"{type(self).__name__!r} objects cannot be changed. "
        f"Take a copy first: {what} = request.{what}.copy()."
    )


class ImmutableMultiDict(MultiDict):
    """A MultiDict that refuses every change and can be hashed; ``copy()`` can be changed."""

    __setitem__ = __delitem__ = setlist = add = setdefault = setlistdefault = refuse_change
    update = pop = popitem = poplist = popitemlist = clear = __ior__ = refuse_change

    def __copy__(self) -> ImmutableMultiDict:
        return self

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset((key, tuple(values)) for key, values in dict.items(self)))
