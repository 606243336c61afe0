"""Dictionaries with more than one value per key.

Law of this module: a ``MultiDict`` is a dict of lists that answers like a dict of first values;
reading a key that is missing is a 400, because what it holds came from a client. It knows nothing
of forms, queries or cookies.
"""

from __future__ import annotations

from .exceptions import BadRequestKeyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any, NoReturn

    _AnyDict = dict[Any, Any]
else:
    _AnyDict = dict

# Stands for "no argument given" where None is a value.
_NO_ARGUMENT: Any = object()


def iter_multi_items(mapping: Any) -> Iterator[tuple[Any, Any]]:
    """Yield all ``(key, value)`` pairs of a MultiDict, a mapping of lists or a list of pairs.

    >>> from microweb.http.structures import iter_multi_items
    >>> list(iter_multi_items({"a": [1, 2], "b": 3}))
    [('a', 1), ('a', 2), ('b', 3)]
    """
    if isinstance(mapping, (MultiDict, CombinedMultiDict)):
        yield from mapping.items(multi=True)
    elif hasattr(mapping, "items"):
        for key, value in mapping.items():
            if isinstance(value, (list, tuple, set)):
                for item in value:
                    yield key, item
            else:
                yield key, value
    else:
        yield from mapping


def _converted(value: Any, default: Any, convert: Callable[[Any], Any] | None) -> Any:
    """Pass *value* through *convert*; what it refuses with ValueError or TypeError is *default*."""
    if convert is None:
        return value
    try:
        return convert(value)
    except (ValueError, TypeError):
        return default


class MultiDict(_AnyDict):
    """A dict whose keys may have several values, in the order they came.

    Plain dict access sees the first value of each key; the methods with ``list`` in their names
    see them all. *mapping* is a MultiDict, a mapping (whose lists become several values) or an
    iterable of pairs. ``d[key]`` of a missing key raises BadRequestKeyError.

    >>> from microweb.http.structures import MultiDict
    >>> d = MultiDict([("a", "1"), ("a", "2"), ("b", "3")])
    >>> d["a"], d.getlist("a"), d.get("b", type=int)
    ('1', ['1', '2'], 3)
    """

    def __init__(self, mapping: Any = None) -> None:
        super().__init__()
        if mapping is not None:
            table: dict[Any, list[Any]] = {}
            for key, value in mapping if mapping.__class__ is list else iter_multi_items(mapping):
                if key in table:
                    table[key].append(value)
                else:
                    table[key] = [value]
            dict.update(self, table)

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
        return values[0] if type is None else _converted(values[0], default, type)

    def getlist(self, key: Any, type: Callable[[Any], Any] | None = None) -> list[Any]:
        """Return all values of *key* as a new list, without those that *type* refuses."""
        values = dict.get(self, key) or ()
        if type is None:
            return list(values)
        converted = (_converted(value, _NO_ARGUMENT, type) for value in values)
        return [value for value in converted if value is not _NO_ARGUMENT]

    def setlist(self, key: Any, new_list: Iterable[Any]) -> None:
        """Replace all values of *key* by those of *new_list*."""
        dict.__setitem__(self, key, list(new_list))

    def add(self, key: Any, value: Any) -> None:
        """Append *value* to the values of *key*."""
        dict.setdefault(self, key, []).append(value)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Return the first value of *key*, setting it to *default* if there is none."""
        if key not in self:
            self[key] = default
            return default
        return self[key]

    def setlistdefault(self, key: Any, default_list: Iterable[Any] | None = None) -> list[Any]:
        """Return the list of *key* itself (not a copy), setting it if the key is missing."""
        if key not in self:
            self.setlist(key, default_list or ())
        return dict.__getitem__(self, key)

    def items(self, multi: bool = False) -> Iterator[tuple[Any, Any]]:  # type: ignore[override]
        """Yield ``(key, first value)`` pairs, or with *multi* every pair."""
        for key, values in dict.items(self):
            if multi:
                for value in values:
                    yield key, value
            elif values:
                yield key, values[0]

    def values(self) -> Iterator[Any]:  # type: ignore[override]
        """Yield the first value of each key."""
        return (values[0] for values in dict.values(self) if values)

    def lists(self) -> Iterator[tuple[Any, list[Any]]]:
        """Yield ``(key, list of all values)`` pairs; the lists are copies."""
        return ((key, list(values)) for key, values in dict.items(self))

    def listvalues(self) -> Iterator[list[Any]]:
        """Yield the list of values of each key."""
        return iter(dict.values(self))

    def to_dict(self, flat: bool = True) -> dict[Any, Any]:
        """Return a plain dict of first values, or of lists if not *flat*."""
        return dict(self.items()) if flat else dict(self.lists())

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Add (not replace) all pairs of a mapping or iterable of pairs, and keyword arguments."""
        for mapping in (*args, kwargs):
            for key, value in iter_multi_items(mapping):
                self.add(key, value)

    def __or__(self, other: Any) -> Any:
        if not isinstance(other, dict):
            return NotImplemented
        merged = MultiDict(self)
        merged.update(other)
        return merged

    def __ior__(self, other: Any) -> Any:
        if not hasattr(other, "items"):
            return NotImplemented
        self.update(other)
        return self

    def pop(self, key: Any, default: Any = _NO_ARGUMENT) -> Any:
        """Remove *key* with all its values and return the first; else *default* or an error."""
        values = dict.pop(self, key, None)
        if values:
            return values[0]
        if default is not _NO_ARGUMENT:
            return default
        raise BadRequestKeyError(key)

    def popitem(self) -> tuple[Any, Any]:
        """Remove a key and return it with its first value; BadRequestKeyError when empty."""
        key, values = self.popitemlist()
        if not values:
            raise BadRequestKeyError(key)
        return key, values[0]

    def poplist(self, key: Any) -> list[Any]:
        """Remove *key* and return the list of its values, empty if it is missing."""
        return dict.pop(self, key, [])

    def popitemlist(self) -> tuple[Any, list[Any]]:
        """Remove a key and return it with the list of its values."""
        if not self:
            raise BadRequestKeyError("popitem")
        return dict.popitem(self)

    def copy(self) -> MultiDict:
        """Return a mutable copy; the values themselves are shared."""
        return MultiDict(self)

    def deepcopy(self, memo: Any = None) -> MultiDict:
        """Return a mutable copy, values copied too."""
        from copy import deepcopy

        return MultiDict([(key, deepcopy(value, memo)) for key, value in self.items(multi=True)])

    def __copy__(self) -> MultiDict:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> MultiDict:
        return self.deepcopy(memo)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return type(self), (list(self.items(multi=True)),)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self.items(multi=True))!r})"


def _refuse_change(self: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """Raise: what this object holds came with the request and stays as it came."""
    raise TypeError(
        f"{type(self).__name__!r} objects cannot be changed. "
        "Take a copy first: data = request.args.copy()."
    )


class ImmutableMultiDict(MultiDict):
    """A MultiDict that refuses every change with TypeError and can be hashed.

    ``copy()`` gives a MultiDict that can be changed.

    >>> from microweb.http.structures import ImmutableMultiDict
    >>> d = ImmutableMultiDict([("a", "1")])
    >>> d["a"] = "2"
    Traceback (most recent call last):
        ...
    TypeError: 'ImmutableMultiDict' objects cannot be changed. Take a copy first: \
data = request.args.copy().
    """

    __setitem__ = __delitem__ = setlist = add = setdefault = setlistdefault = _refuse_change
    update = pop = popitem = poplist = popitemlist = clear = __ior__ = _refuse_change

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset((key, tuple(values)) for key, values in dict.items(self)))


class ImmutableDict(_AnyDict):
    """A dict that refuses every change with TypeError and can be hashed.

    >>> from microweb.http.structures import ImmutableDict
    >>> ImmutableDict(a=1)["a"]
    1
    """

    __setitem__ = __delitem__ = setdefault = update = _refuse_change
    pop = popitem = clear = __ior__ = _refuse_change

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def copy(self) -> dict[Any, Any]:
        """Return a plain dict that can be changed."""
        return dict(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict.__repr__(self)})"


class CombinedMultiDict(ImmutableMultiDict):
    """Several MultiDicts seen as one: the first that has a key answers for it.

    The lists of all of them are joined. *dicts* are kept, not copied.

    >>> from microweb.http.structures import CombinedMultiDict, MultiDict
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
                value = _converted(mapping[key], _NO_ARGUMENT, type)
                if value is not _NO_ARGUMENT:
                    return value
        return default

    def getlist(self, key: Any, type: Callable[[Any], Any] | None = None) -> list[Any]:
        """Return the values of *key* from all dicts."""
        return [value for mapping in self.dicts for value in mapping.getlist(key, type)]

    def _joined(self) -> dict[Any, list[Any]]:
        """Build the dict of lists that this object stands for."""
        table: dict[Any, list[Any]] = {}
        for mapping in self.dicts:
            for key, values in mapping.lists():
                table.setdefault(key, []).extend(values)
        return table

    def keys(self) -> Any:
        """Return the keys of all dicts, each once."""
        return self._joined().keys()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._joined())

    def items(self, multi: bool = False) -> Iterator[tuple[Any, Any]]:  # type: ignore[override]
        """Yield ``(key, first value)`` pairs, or with *multi* every pair."""
        for key, values in self._joined().items():
            for value in values if multi else values[:1]:
                yield key, value

    def values(self) -> Iterator[Any]:  # type: ignore[override]
        """Yield the first value of each key."""
        return (value for _, value in self.items())

    def lists(self) -> Iterator[tuple[Any, list[Any]]]:
        """Yield ``(key, list of all values)`` pairs."""
        return iter(self._joined().items())

    def listvalues(self) -> Iterator[list[Any]]:
        """Yield the list of values of each key."""
        return iter(self._joined().values())

    def __contains__(self, key: object) -> bool:
        return any(key in mapping for mapping in self.dicts)

    def __len__(self) -> int:
        return len(self._joined())

    def __bool__(self) -> bool:
        return any(self.dicts)

    def __eq__(self, other: object) -> bool:
        return bool(
            self._joined() == (dict(other.lists()) if isinstance(other, MultiDict) else other)
        )

    __hash__ = ImmutableMultiDict.__hash__

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return type(self), (self.dicts,)


class CallbackDict(_AnyDict):
    """A dict that calls ``on_update(self)`` after each change.

    *initial* is a mapping or an iterable of pairs.

    >>> from microweb.http.structures import CallbackDict
    >>> d = CallbackDict({"a": 1}, on_update=lambda d: print("changed", dict(d)))
    >>> d["b"] = 2
    changed {'a': 1, 'b': 2}
    """

    def __init__(
        self,
        initial: Mapping[Any, Any] | Iterable[tuple[Any, Any]] | None = None,
        on_update: Callable[[Any], None] | None = None,
    ) -> None:
        super().__init__(() if initial is None else initial)
        self.on_update = on_update

    def _changed(self) -> None:
        if self.on_update is not None:
            self.on_update(self)

    def __setitem__(self, key: Any, value: Any) -> None:
        dict.__setitem__(self, key, value)
        self._changed()

    def __delitem__(self, key: Any) -> None:
        dict.__delitem__(self, key)
        self._changed()

    def clear(self) -> None:
        """Remove everything."""
        dict.clear(self)
        self._changed()

    def pop(self, key: Any, default: Any = _NO_ARGUMENT) -> Any:
        """Remove *key* and return its value, else *default* or KeyError."""
        if default is _NO_ARGUMENT:
            value = dict.pop(self, key)
            self._changed()
            return value
        present = key in self
        value = dict.pop(self, key, default)
        if present:
            self._changed()
        return value

    def popitem(self) -> tuple[Any, Any]:
        """Remove and return the last pair."""
        item = dict.popitem(self)
        self._changed()
        return item

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Return the value of *key*, setting it to *default* if it is missing."""
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Update as dict does; one call of ``on_update``."""
        dict.update(self, *args, **kwargs)
        self._changed()

    def __ior__(self, other: Any) -> CallbackDict:  # type: ignore[misc]
        self.update(other)
        return self

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {dict.__repr__(self)}>"
