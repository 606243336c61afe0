"""Dictionaries with more than one value per key, and attributes computed once.

A ``MultiDict`` is a dict of lists that answers like a dict of first values; reading a key that is
missing is a 400, because what it holds came from a client. It knows nothing of forms, queries or
cookies.
"""

from __future__ import annotations

from .exceptions import BadRequestKeyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    # Type checkers know this one, and how its values are typed.
    from functools import cached_property as cached_property
    from typing import Any, NoReturn

    _AnyDict = dict[Any, Any]
else:
    _AnyDict = dict

    class cached_property:  # noqa: N801 - the documented name
        """A method as an attribute that is computed once per instance.

        The value goes into the instance's ``__dict__``, where Python finds it before it looks at
        the class again. Before Python 3.12 ``functools.cached_property`` takes a lock for each
        first read, which an object that one request owns does not need.
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


def converted_value(value: Any, default: Any, convert: Callable[[Any], Any] | None) -> Any:
    """Pass *value* through *convert*; what it refuses with ValueError or TypeError is *default*."""
    try:
        return value if convert is None else convert(value)
    except (ValueError, TypeError):
        return default


def converted_values(values: Iterable[Any], convert: Callable[[Any], Any] | None) -> list[Any]:
    """Pass *values* through *convert*, without those that it refuses."""
    if convert is None:
        return list(values)
    converted = [converted_value(value, NO_ARGUMENT, convert) for value in values]
    return [value for value in converted if value is not NO_ARGUMENT]


class MultiDict(_AnyDict):
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
        # With an __iter__ of its own, dict(d) and {**d} ask keys() and [] for the first values
        # instead of copying the lists.
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

    def pop(self, key: Any, default: Any = NO_ARGUMENT) -> Any:
        """Remove *key* with all its values and return the first; else *default* or an error."""
        values = dict.pop(self, key, None)
        if values:
            return values[0]
        if default is not NO_ARGUMENT:
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
    """

    __setitem__ = __delitem__ = setlist = add = setdefault = setlistdefault = _refuse_change
    update = pop = popitem = poplist = popitemlist = clear = __ior__ = _refuse_change

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset((key, tuple(values)) for key, values in dict.items(self)))


class ImmutableDict(_AnyDict):
    """A dict that refuses every change with TypeError and can be hashed."""

    __setitem__ = __delitem__ = setdefault = update = _refuse_change
    pop = popitem = clear = __ior__ = _refuse_change

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def copy(self) -> dict[Any, Any]:
        """Return a plain dict that can be changed."""
        return dict(self)

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


class CallbackDict(_AnyDict):
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


class LeftOutName:
    """A descriptor for a name of Werkzeug's that is left out: using it says what to use instead."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._place, self._name = owner.__name__, name

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        from .extra.absent import left_out_error

        raise left_out_error(self._place, self._name)

    def __set__(self, instance: Any, value: Any) -> None:
        self.__get__(instance)


def leave_names_out(cls: type, names: str) -> None:
    """Give *cls* a `LeftOutName` for each of *names*."""
    for name in names.split():
        descriptor = LeftOutName()
        descriptor.__set_name__(cls, name)
        setattr(cls, name, descriptor)


class HeaderValue:
    """The base of header objects: ``str()`` gives what ``to_header()`` returns."""

    def to_header(self) -> str:
        """Return the header value."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.to_header()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.to_header()!r}>"
