"""Methods of `MultiDict` that few programs call."""

from __future__ import annotations

from ..exceptions import BadRequestKeyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    _PairDict = dict[Any, Any]
else:
    _PairDict = dict


_NO_DEFAULT: Any = object()


class RareMultiDictMembers(_PairDict):
    """Methods of `MultiDict`; never made itself."""

    def setlist(self, key: Any, new_list: Iterable[Any]) -> None:
        """Replace all values of *key* by those of *new_list*."""
        dict.__setitem__(self, key, list(new_list))

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Return the first value of *key*, setting it to *default* if there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def setlistdefault(self, key: Any, default_list: Iterable[Any] | None = None) -> list[Any]:
        """Return the list of *key* itself (not a copy), setting it if the key is missing."""
        if key not in self:
            dict.__setitem__(self, key, list(default_list or ()))
        found: list[Any] = dict.__getitem__(self, key)
        return found

    def listvalues(self) -> Iterator[list[Any]]:
        """Yield the list of values of each key."""
        return iter(dict.values(self))

    def pop(self, key: Any, default: Any = _NO_DEFAULT) -> Any:
        """Remove *key* with all its values and return the first; else *default* or an error."""
        values = dict.pop(self, key, None)
        if values:
            return values[0]
        if default is not _NO_DEFAULT:
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
        values: list[Any] = dict.pop(self, key, [])
        return values

    def popitemlist(self) -> tuple[Any, list[Any]]:
        """Remove a key and return it with the list of its values."""
        if not self:
            raise BadRequestKeyError("popitem")
        return dict.popitem(self)

    def deepcopy(self, memo: Any = None) -> Any:
        """Return a copy of the same class, values copied too."""
        from copy import deepcopy

        reduced: Any = self.__reduce_ex__(2)
        return reduced[0](*deepcopy(reduced[1], memo))

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
