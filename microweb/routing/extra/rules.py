"""What few programs ask of a rule: where it was made, a copy of it, what it is made of."""

from __future__ import annotations

from ..rules import Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class RareRule(Rule):
    """What stands in ``Rule`` as a ``LaterMember``."""

    def get_empty_kwargs(self) -> dict[str, Any]:
        """Return the keyword arguments that make a copy; a subclass with more of them adds some."""
        names = (
            "defaults subdomain methods build_only endpoint strict_slashes merge_slashes "
            "redirect_to alias host websocket"
        )
        return {name: getattr(self, name) for name in names.split()}

    def empty(self) -> Rule:
        """Return a copy that belongs to no map yet, for a factory to change.

        >>> copy = Rule("/a", endpoint="a").empty()
        >>> copy.rule = "/blog" + copy.rule
        >>> copy
        <Rule '/blog/a' -> a>
        """
        copy = type(self)(self.rule, **self.get_empty_kwargs())
        copy.provide_automatic_options = self.provide_automatic_options
        copy.registered_by = self.registered_by
        return copy

    @property
    def _converters(self) -> dict[str, Any]:
        """The converter of each variable, by name: of a rule that is in a map (apispec asks)."""
        variables = self.variables() if self.map is not None else ()
        return {variable.name: variable.bound.converter for variable in variables}

    @property
    def _trace(self) -> list[tuple[bool, str]]:
        """The rule as pairs: whether it is a variable, and its name or text (apispec asks).

        A slash stands alone, and a bar between host and path.

        >>> from microweb.routing import Map
        >>> rule = Rule("/a/<b>", endpoint="e")
        >>> Map([rule]), rule._trace
        (<Map of 1 rules>, [(False, '|'), (False, '/'), (False, 'a'), (False, '/'), (True, 'b')])
        """
        trace: list[tuple[bool, str]] = []
        for piece in (*self.domain_pieces, "|", *self.pieces) if self.map is not None else ():
            if not isinstance(piece, str):
                trace.append((True, piece.name))
                continue
            for number, text in enumerate(piece.split("/")):
                trace += [(False, "/")] if number else []
                trace += [(False, text)] if text else []
        return trace

    @property
    def origin(self) -> str | None:
        """Who registered it, such as ``app.py:12``; shown in warnings, worked out when asked for.

        The layer that knows better sets a text, or a function that returns one.
        """
        known = self.registered_by
        if callable(known):
            known = known()
        elif isinstance(known, tuple):
            from dis import findlinestarts

            code, offset = known
            lines = [line for start, line in findlinestarts(code) if start <= offset and line]
            known = f"{code.co_filename}:{lines[-1] if lines else code.co_firstlineno}"
        self.registered_by = known
        return known  # type: ignore[no-any-return]

    @origin.setter
    def origin(self, origin: str | Callable[[], str] | None) -> None:
        self.registered_by = origin
