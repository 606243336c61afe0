"""The methods of text that a template gets only behind a guard: padding and formatting."""

from __future__ import annotations

from ..exceptions import TemplateSecurityError
from ..markup import Markup
from ..undefined import EngineObject, is_out_of_reach
from .markup_methods import markup_formatter_class

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

_WIDTH_LIMIT = 100_000


def guard_text_method(value: Any, name: str) -> Any:
    """Return the method *name* of the text or class *value* with a guard around it."""
    if name in ("format", "format_map"):
        return GuardedFormat(None if isinstance(value, type) else value, name == "format_map")
    return GuardedPadding(getattr(value, name))


def check_width(width: int) -> int:
    """Return *width*, or raise TemplateSecurityError beyond 100,000 characters either way."""
    if not -_WIDTH_LIMIT <= width <= _WIDTH_LIMIT:
        raise TemplateSecurityError(f"a width of {width} is refused: the ceiling is {_WIDTH_LIMIT}")
    return width


class GuardedPadding(EngineObject):
    """A method such as ``str.center`` that takes no width beyond the ceiling."""

    def __init__(self, method: Callable[..., Any]) -> None:
        self._method = method

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        for width in (*args, *kwargs.values()):
            if isinstance(width, int):
                check_width(width)
        return self._method(*args, **kwargs)


class GuardedFormat(EngineObject):
    """``str.format`` or ``str.format_map`` whose fields cannot reach what templates cannot.

    *pattern* is None for the method of the class, which takes the text as its first argument.
    """

    def __init__(self, pattern: str | None, mapping: bool) -> None:
        self._pattern = pattern
        self._mapping = mapping

    def __call__(self, *args: Any, **kwargs: Any) -> str:
        pattern = self._pattern
        if pattern is None:
            pattern, args = args[0], args[1:]
        named: Mapping[str, Any] = args[0] if self._mapping else kwargs
        formatted = _guarded_formatter(isinstance(pattern, Markup)).vformat(
            str(pattern), () if self._mapping else args, named
        )
        return pattern.__class__(formatted)


def _guarded_formatter(escaping: bool) -> Any:
    """Make a ``string.Formatter`` that asks the guard before each attribute."""
    import re
    from _string import formatter_field_name_split  # type: ignore[import-not-found]
    from string import Formatter

    base: Any = markup_formatter_class() if escaping else Formatter

    class GuardedFormatter(base):  # type: ignore[misc]
        def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
            first, rest = formatter_field_name_split(field_name)
            value = self.get_value(first, args, kwargs)
            for is_attribute, key in rest:
                if is_attribute:
                    if is_out_of_reach(value, key):
                        raise TemplateSecurityError(
                            f"the field {field_name!r} is refused: {key!r} is out of a "
                            "template's reach"
                        )
                    value = getattr(value, key)
                else:
                    value = value[key]
            return value, first

        def format_field(self, value: Any, format_spec: str) -> str:
            for width in re.findall("[0-9]{6,}", format_spec):
                check_width(int(width[:10]))
            return base.format_field(self, value, format_spec)  # type: ignore[no-any-return]

    return GuardedFormatter()
