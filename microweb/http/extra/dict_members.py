"""Methods of `MultiDict` and of `Headers` that few programs call."""

from __future__ import annotations

from ...text.tokens import check_field_name, check_field_value
from ..exceptions import BadRequestKeyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    _PairDict = dict[Any, Any]
else:
    _PairDict = dict


class RareMultiDictMembers(_PairDict):
    """Methods of `MultiDict`; never made itself."""

    def setlistdefault(self, key: Any, default_list: Iterable[Any] | None = None) -> list[Any]:
        """Return the list of *key* itself (not a copy), setting it if the key is missing."""
        if key not in self:
            dict.__setitem__(self, key, list(default_list or ()))
        found: list[Any] = dict.__getitem__(self, key)
        return found

    def listvalues(self) -> Iterator[list[Any]]:
        """Yield the list of values of each key."""
        return iter(dict.values(self))

    def popitem(self) -> tuple[Any, Any]:
        """Remove a key and return it with its first value; BadRequestKeyError when empty."""
        key, values = self.popitemlist()
        if not values:
            raise BadRequestKeyError(key)
        return key, values[0]

    def poplist(self, key: Any) -> list[Any]:
        """Remove *key* and return the list of its values, empty if it is missing."""
        values: list[Any] = dict.pop(self, key, [])
        return values

    def popitemlist(self) -> tuple[Any, list[Any]]:
        """Remove a key and return it with the list of its values."""
        if not self:
            raise BadRequestKeyError("popitem")
        return dict.popitem(self)

    def deepcopy(self, memo: Any = None) -> Any:
        """Return a mutable copy, values copied too."""
        from copy import deepcopy

        copied: Any = self.copy()
        for key, values in dict.items(copied):
            dict.__setitem__(copied, key, deepcopy(values, memo))
        return copied

    def __copy__(self) -> Any:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Any:
        return self.deepcopy(memo)

    def __or__(self, other: Any) -> Any:
        if not isinstance(other, dict):
            return NotImplemented
        merged = self.copy()
        merged.update(other)
        return merged

    def __ior__(self, other: Any) -> Any:
        if not hasattr(other, "items"):
            return NotImplemented
        self.update(other)
        return self


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

    def setlistdefault(self, key: str, default: Iterable[Any]) -> list[str]:
        """Return all values of *key*, setting them if there are none."""
        if self.get(key) is None:
            self.setlist(key, default)
        return self.get_all(key)

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
        is_slice = isinstance(index, slice)
        pairs = [
            (check_field_name(name), check_field_value(text))
            for name, text in (value if is_slice else [value])
        ]
        self._list[index] = pairs if is_slice else pairs[0]

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
