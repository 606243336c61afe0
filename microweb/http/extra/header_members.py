"""Methods of `Headers` that few programs call: access by index, lists of values, operators."""

from __future__ import annotations

from ..exceptions import BadRequestKeyError
from ..structures import NO_ARGUMENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


class RareHeadersMembers:
    """Methods of `Headers`; never made itself."""

    _list: list[tuple[str, str]]
    set: Any
    get: Any
    getlist: Any
    copy: Any
    update: Any
    add: Any
    remove: Any

    def get_all(self, name: str) -> list[str]:
        """Return all values of *name*; the name that ``wsgiref`` uses for ``getlist``."""
        values: list[str] = self.getlist(name)
        return values

    def setlist(self, key: str, values: Iterable[Any]) -> None:
        """Replace all headers of that name by one per value."""
        values = list(values)
        if not values:
            self.remove(key)
            return
        self.set(key, values[0])
        for value in values[1:]:
            self.add(key, value)

    def setdefault(self, key: str, default: Any) -> str:
        """Return the first value of *key*, setting it to *default* if it is missing."""
        if self.get(key) is None:
            self.set(key, default)
        return self.get(key)  # type: ignore[no-any-return]

    def setlistdefault(self, key: str, default: Iterable[Any]) -> list[str]:
        """Return all values of *key*, setting them if there are none."""
        if self.get(key) is None:
            self.setlist(key, default)
        return self.get_all(key)

    def values(self: Any) -> Iterator[str]:
        """Iterate over values."""
        return (value for _, value in self)

    def pop(self, key: Any = None, default: Any = NO_ARGUMENT) -> Any:
        """Remove and return the value of a name, the pair at an index, or the last pair."""
        if not isinstance(key, str):
            return self._remove_at(-1 if key is None else key)
        value = self.get(key, default)
        if value is NO_ARGUMENT:
            raise BadRequestKeyError(key)
        self.remove(key)
        return value

    def popitem(self) -> tuple[str, str]:
        """Remove and return the last pair."""
        return self._list.pop()

    def clear(self) -> None:
        """Remove all headers."""
        self._list.clear()

    def _get_at(self, index: Any) -> Any:
        """Return the pair at an index, or Headers for a slice."""
        if not isinstance(index, slice):
            return self._list[index]
        part = self.copy()
        part._list = part._list[index]
        return part

    def _set_at(self, index: Any, value: Any) -> None:
        """Set a pair by index, or pairs by slice."""
        checked = self.copy()
        checked._list = []
        if isinstance(index, slice):
            checked.extend(value)
            self._list[index] = checked._list
        else:
            checked.extend([value])
            self._list[index] = checked._list[0]

    def _remove_at(self, index: Any) -> Any:
        """Remove what is at an index or slice and return it."""
        found = self._list[index]
        del self._list[index]
        return found

    def __copy__(self) -> Any:
        return self.copy()

    def __ior__(self, other: Any) -> Any:
        if not hasattr(other, "items"):
            return NotImplemented
        self.update(other)
        return self

    def __or__(self, other: Any) -> Any:
        return self.copy().__ior__(other)
