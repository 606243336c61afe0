"""Other kinds of undefined values: strict, chainable, kept for a look at the page, or logged."""

from __future__ import annotations

import sys

from ...text.missing import import_stdlib
from ...text.nearest import did_you_mean
from ..undefined import MISSING, Undefined

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class StrictUndefined(Undefined):
    """An `Undefined` that cannot even be shown, compared, counted or tested for truth."""

    __slots__ = ()
    __iter__ = __str__ = __len__ = Undefined._fail_with_undefined_error
    __eq__ = __ne__ = __bool__ = __hash__ = Undefined._fail_with_undefined_error
    __contains__ = Undefined._fail_with_undefined_error


class ChainableUndefined(Undefined):
    """An `Undefined` whose attributes and items are undefined too."""

    __slots__ = ()
    _is_chainable = True

    def __html__(self) -> str:
        return str(self)

    def __getattr__(self, name: str) -> ChainableUndefined:
        if name[:2] == "__":
            raise AttributeError(name)
        return self

    def __getitem__(self, key: Any) -> ChainableUndefined:  # type: ignore[override]
        return self


class DebugUndefined(Undefined):
    """An `Undefined` that shows what is missing, as ``{{ name }}``."""

    __slots__ = ()

    def __str__(self) -> str:
        if self._undefined_hint:
            return f"{{{{ undefined value printed: {self._undefined_hint} }}}}"
        if self._undefined_obj is MISSING:
            return f"{{{{ {self._undefined_name} }}}}"
        kind = type(self._undefined_obj).__name__
        return f"{{{{ no such element: {kind} object[{self._undefined_name!r}] }}}}"


def is_undefined(obj: Any) -> bool:
    """Say whether *obj* is what a template gets for something that does not exist.

    >>> is_undefined(Undefined(name="x")), is_undefined(None)
    (True, False)
    """
    return isinstance(obj, Undefined)


def describe_undefined(value: Undefined) -> str:
    """Say what is missing, in which line of which template, and what is called alike."""
    place, frame = "", sys._getframe(2)
    while frame is not None:
        if "template_name" in frame.f_globals:
            name = frame.f_globals["template_name"] or "a template from a string"
            place = place or f" in {name}, line {frame.f_lineno}."
            context = frame.f_locals.get("context")
            if context is not None:
                owner = value._undefined_obj
                known = context.get_all() if owner is MISSING else owner
                if isinstance(known, dict):
                    place += did_you_mean(str(value._undefined_name), map(str, known))
                break
        frame = frame.f_back  # type: ignore[assignment]
    return f"{value._undefined_message}{place}"


def make_logging_undefined(
    logger: Any = None, base: type[Undefined] = Undefined
) -> type[Undefined]:
    """Return a class like *base* that tells *logger* when what does not exist is shown or looped
    over: its message, the template, the line and the nearest name there is, as a warning.

    Without a *logger* that of this package's name is used.
    """
    if logger is None:
        logging = import_stdlib(
            "logging",
            "make_logging_undefined without a logger",
            "pass an object with a method warning(message, *args)",
        )
        logger = logging.getLogger(__name__.replace(".extra.undefined", ""))

    class LoggingUndefined(base):  # type: ignore[misc, valid-type]
        __slots__ = ()

        def __str__(self) -> str:
            logger.warning("Template variable warning: %s", describe_undefined(self))
            return str(base.__str__(self))

        def __iter__(self) -> Iterator[Any]:
            logger.warning("Template variable warning: %s", describe_undefined(self))
            return iter(base.__iter__(self))

    return LoggingUndefined
