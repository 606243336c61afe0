"""Dicts and lists that Werkzeug has for old programs."""

from __future__ import annotations

from ..http.extra.combined import ImmutableDict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable


def _get_typed(self: Any, key: Any, default: Any = None, type: Any = None) -> Any:
    try:
        value = self[key]
    except KeyError:
        return default
    if type is None:
        return value
    try:
        return type(value)
    except (ValueError, TypeError):
        return default


class TypeConversionDict(dict):  # type: ignore[type-arg]
    """A dict whose `get` can convert what it finds.

    >>> TypeConversionDict(page="3", size="big").get("size", 10, type=int)
    10
    """

    get = _get_typed


class ImmutableTypeConversionDict(ImmutableDict, TypeConversionDict):
    """A `TypeConversionDict` that cannot be changed; `copy` returns one that can.

    >>> ImmutableTypeConversionDict(page="3").get("page", type=int)
    3
    """

    get = _get_typed

    def copy(self) -> Any:
        """Return a copy that can be changed."""
        return TypeConversionDict(self)

    def __copy__(self) -> Any:
        return self


class ImmutableList(list):  # type: ignore[type-arg]
    """A list that cannot be changed: every way to do so is a TypeError. It can be hashed.

    >>> ImmutableList([1, 2]).append(3)
    Traceback (most recent call last):
        ...
    TypeError: an ImmutableList cannot be changed; change list(...) of it
    """

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self))

    def __reduce_ex__(self, protocol: Any) -> Any:
        return type(self), (list(self),)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self)!r})"

    def _refuse(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("an ImmutableList cannot be changed; change list(...) of it")

    append = extend = insert = pop = remove = reverse = sort = clear = _refuse
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse


class environ_property:  # noqa: N801 - the name is Werkzeug's.
    """An attribute that stands for a key of the object's ``environ``.

    *load_func* makes the value of what is there, *dump_func* the other way round; where the key is
    missing or cannot be read the value is *default*. It can be set where *read_only* is False.

    >>> class Call:
    ...     environ = {"CONTENT_LENGTH": "7"}
    ...     length = environ_property("CONTENT_LENGTH", 0, int)
    >>> Call().length
    7
    """

    def __init__(
        self,
        name: str,
        default: Any = None,
        load_func: Callable[[Any], Any] | None = None,
        dump_func: Callable[[Any], Any] | None = None,
        read_only: bool | None = None,
        doc: str | None = None,
    ) -> None:
        self.name, self.default = name, default
        self.load_func, self.dump_func = load_func, dump_func
        self.read_only = True if read_only is None else read_only
        self.__doc__ = doc

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        if self.name not in instance.environ:
            return self.default
        value = instance.environ[self.name]
        try:
            return value if self.load_func is None else self.load_func(value)
        except (ValueError, TypeError):
            return self.default

    def __set__(self, instance: Any, value: Any) -> None:
        if self.read_only:
            raise AttributeError(f"the attribute for {self.name!r} can only be read")
        instance.environ[self.name] = value if self.dump_func is None else self.dump_func(value)

    def __delete__(self, instance: Any) -> None:
        if self.read_only:
            raise AttributeError(f"the attribute for {self.name!r} can only be read")
        instance.environ.pop(self.name, None)
