"""``loop`` where a template asks more of it than the number of the round."""

from __future__ import annotations

from ..exceptions import FilterArgumentError, TemplateRuntimeError
from ..undefined import MISSING, EngineObject, Undefined

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any


class LoopContext(EngineObject):
    """``loop`` inside ``{% for %}``: what is iterated over, knowing where it is.

    *undefined* is the class for what does not exist, *recurse* the function that a recursive loop
    calls, *depth0* how deep it is.

    >>> [(loop.index, item) for loop in [LoopContext("ab", Undefined)] for item in loop]
    [(1, 'a'), (2, 'b')]
    """

    index: Any = property(lambda self: self.index0 + 1)
    first: Any = property(lambda self: self.index0 == 0)
    last: Any = property(lambda self: self._peek() is MISSING)
    depth: Any = property(lambda self: self.depth0 + 1)
    revindex: Any = property(lambda self: self.length - self.index0)
    revindex0: Any = property(lambda self: self.length - self.index)

    def __init__(
        self,
        iterable: Iterable[Any],
        undefined: type[Undefined],
        recurse: Callable[..., Any] | None = None,
        depth0: int = 0,
    ) -> None:
        self._iterable, self._iterator = iterable, iter(iterable)
        self._undefined, self._recurse = undefined, recurse
        self._length: int | None = None
        self._ahead = self._changed = self._current = self._previous = MISSING
        self.index0, self.depth0 = -1, depth0

    def __iter__(self) -> Iterator[Any]:
        while True:
            item = self._ahead
            if item is MISSING:
                item = next(self._iterator, MISSING)
                if item is MISSING:
                    return
            self._ahead, self._previous, self._current = MISSING, self._current, item
            self.index0 += 1
            yield item

    def _peek(self) -> Any:
        if self._ahead is MISSING:
            self._ahead = next(self._iterator, MISSING)
        return self._ahead

    @property
    def length(self) -> int:
        """The number of rounds; an iterator is read to its end for it."""
        if self._length is None:
            try:
                self._length = len(self._iterable)  # type: ignore[arg-type]
            except TypeError:
                rest = list(self._iterator)
                self._iterator = iter(rest)
                self._length = len(rest) + self.index0 + 1 + (self._ahead is not MISSING)
        return self._length

    def cycle(self, *values: Any) -> Any:
        """Return one of *values*, in turn from round to round."""
        if not values:
            raise FilterArgumentError("loop.cycle() needs at least one value")
        return values[self.index0 % len(values)]

    def __len__(self) -> int:
        return self.length

    @property
    def previtem(self) -> Any:
        if self.index0 < 1:
            return self._undefined("there is no previous item")
        return self._previous

    @property
    def nextitem(self) -> Any:
        if self._peek() is MISSING:
            return self._undefined("there is no next item")
        return self._ahead

    def changed(self, *values: Any) -> bool:
        """Say whether *values* differ from those of the last call."""
        if self._changed != values or self._changed is MISSING:
            self._changed = values
            return True
        return False

    def __call__(self, iterable: Iterable[Any]) -> Any:
        if self._recurse is None:
            raise TemplateRuntimeError(
                "loop() is called, but the loop is not recursive: write "
                "{% for ... in ... recursive %}"
            )
        return self._recurse(iterable, self.depth0 + 1)

    def __repr__(self) -> str:
        return f"<LoopContext {self.index}/{self.length}>"
