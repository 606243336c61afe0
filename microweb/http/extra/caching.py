"""Attributes that are computed once, for classes of programs."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_NOT_COMPUTED: Any = object()


class cached_property(property):  # noqa: N801 - the documented name
    """A method as an attribute that is computed when it is first read, and then kept.

    The value is kept in the object's ``__dict__`` under the method's name, or *name*; a class with
    ``__slots__`` keeps it in a slot ``_cache_name``. It can be set. ``del`` has it computed again,
    and raises KeyError (AttributeError for a slot) where it has not been computed.

    >>> class Circle:
    ...     radius = 2
    ...     @cached_property
    ...     def area(self):
    ...         return 3 * self.radius**2
    >>> circle = Circle()
    >>> circle.area, vars(circle)
    (12, {'area': 12})
    """

    def __init__(
        self, fget: Callable[[Any], Any], name: str | None = None, doc: str | None = None
    ) -> None:
        super().__init__(fget)
        self.__doc__ = fget.__doc__ if doc is None else doc
        self.__name__ = name or fget.__name__
        self.__module__ = fget.__module__
        self._slot = f"_cache_{self.__name__}"

    def __get__(self, obj: Any, type: type | None = None) -> Any:
        if obj is None:
            return self
        if hasattr(obj, "__dict__"):
            value = vars(obj).get(self.__name__, _NOT_COMPUTED)
        else:
            value = getattr(obj, self._slot, _NOT_COMPUTED)
        if value is _NOT_COMPUTED:
            value = self.fget(obj)  # type: ignore[misc]
            self.__set__(obj, value)
        return value

    def __set__(self, obj: Any, value: Any) -> None:
        if hasattr(obj, "__dict__"):
            vars(obj)[self.__name__] = value
        else:
            setattr(obj, self._slot, value)

    def __delete__(self, obj: Any) -> None:
        if hasattr(obj, "__dict__"):
            del vars(obj)[self.__name__]
        else:
            delattr(obj, self._slot)
