"""The values that stand for what does not exist, and the guard before what must not be reached.

An `Undefined` is empty text, is false, and raises `UndefinedError` when more is asked of it. The
guard refuses names that begin with two underscores and the interpreter's internals on every road a
template has; it is one function, `is_unsafe_name`, that all of them call.
"""

from __future__ import annotations

import sys

from ..text.nearest import did_you_mean
from .exceptions import TemplateSecurityError, UndefinedError
from .markup import Markup, markup_formatter_class

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any, NoReturn

_INTERPRETER_INTERNALS = frozenset(
    "ag_await ag_code ag_frame ag_running cr_await cr_code cr_frame cr_origin cr_running co_code"
    " co_consts co_names f_back f_builtins f_code f_globals f_lasti f_lineno f_locals f_trace"
    " func_closure func_code func_defaults func_dict func_globals gi_code gi_frame gi_running"
    " gi_yieldfrom im_class im_func im_self mro tb_frame tb_lasti tb_lineno tb_next".split()
)
_DICT_ATTRIBUTES = frozenset(dir(dict))
_PADDING_METHODS = frozenset(("center", "expandtabs", "ljust", "rjust", "zfill"))
_GUARDED_NAMES = _PADDING_METHODS | {"format", "format_map"}
_WIDTH_LIMIT = 100_000
MISSING: Any = object()


def is_unsafe_name(name: str) -> bool:
    """Say whether a template may not reach the attribute *name* of any object.

    >>> is_unsafe_name("__class__"), is_unsafe_name("gi_frame"), is_unsafe_name("_id")
    (True, True, False)
    """
    return name.startswith("__") or name in _INTERPRETER_INTERNALS


def check_width(width: int) -> int:
    """Return *width*, or raise TemplateSecurityError beyond 100,000 characters either way."""
    if not -_WIDTH_LIMIT <= width <= _WIDTH_LIMIT:
        raise TemplateSecurityError(f"a width of {width} is refused: the ceiling is {_WIDTH_LIMIT}")
    return width


def needs_guard(name: str) -> bool:
    """Say whether the attribute *name* is not the same harmless thing on every object."""
    return (
        name[0] == "_"
        or name in _GUARDED_NAMES
        or name in _DICT_ATTRIBUTES
        or name in _INTERPRETER_INTERNALS
    )


class EngineObject:
    """The base of the engine's own objects: of these a template reaches no ``_name`` at all."""

    __slots__ = ()


def is_out_of_reach(value: Any, name: str) -> bool:
    """Say whether a template may not reach the attribute *name* of *value*."""
    return is_unsafe_name(name) or (name[:1] == "_" and isinstance(value, EngineObject))


class Undefined(EngineObject):
    """A value that does not exist.

    *hint* is the whole sentence to raise; otherwise it is made of *obj*, whose attribute or item
    *name* is missing, or of *name* alone. *exc* is the class to raise.

    >>> str(Undefined(name="x")), bool(Undefined(name="x")), list(Undefined(name="x"))
    ('', False, [])
    """

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = MISSING,
        name: Any = None,
        exc: type[Exception] = UndefinedError,
    ) -> None:
        self._undefined_hint = hint
        self._undefined_obj = obj
        self._undefined_name = name
        self._undefined_exception = exc

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint:
            return self._undefined_hint
        if self._undefined_obj is MISSING:
            return f"{self._undefined_name!r} is undefined"
        kind = type(self._undefined_obj).__name__
        what = "attribute" if isinstance(self._undefined_name, str) else "element"
        return f"{kind!r} object has no {what} {self._undefined_name!r}"

    def _fail_with_undefined_error(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise self._undefined_exception(self._undefined_message)

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__":
            raise AttributeError(name)
        self._fail_with_undefined_error()

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _fail_with_undefined_error
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = _fail_with_undefined_error
    __mod__ = __rmod__ = __pow__ = __rpow__ = __pos__ = __neg__ = _fail_with_undefined_error
    __lt__ = __le__ = __gt__ = __ge__ = __call__ = __getitem__ = _fail_with_undefined_error
    __int__ = __float__ = __complex__ = _fail_with_undefined_error

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return id(type(self))

    def __str__(self) -> str:
        return ""

    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "Undefined"


class StrictUndefined(Undefined):
    """An `Undefined` that cannot even be shown, compared, counted or tested for truth."""

    __slots__ = ()
    __iter__ = __str__ = __len__ = Undefined._fail_with_undefined_error
    __eq__ = __ne__ = __bool__ = __hash__ = Undefined._fail_with_undefined_error
    __contains__ = Undefined._fail_with_undefined_error


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


class TemplateLookups:
    """How a template reaches into values: attribute, then item, then *undefined*.

    >>> lookups = TemplateLookups(Undefined)
    >>> lookups.attribute({"a": 1}, "a"), lookups.item([1, 2], 0)
    (1, 1)
    >>> lookups.guarded_attribute("", "__class__")
    Undefined
    """

    def __init__(self, undefined: type[Undefined]) -> None:
        self.undefined = undefined

    def attribute(self, value: Any, name: str) -> Any:
        """Return ``value.name`` for a name that does not need the guard."""
        if value.__class__ is dict and name in value:
            return value[name]
        try:
            return getattr(value, name)
        except AttributeError:
            pass
        try:
            return value[name]
        except (TypeError, LookupError, AttributeError):
            return self.undefined(obj=value, name=name)

    def guarded_attribute(self, value: Any, name: str, only_attribute: bool = False) -> Any:
        """Return ``value.name`` for any name, or an undefined value if it must not be reached."""
        if only_attribute:
            return self._attribute_alone(value, name)
        if isinstance(value, dict) and name in value and is_out_of_reach(value, name):
            return value[name]
        instead = self._instead(value, name)
        if instead is not None:
            return instead
        if name in _DICT_ATTRIBUTES and isinstance(value, dict):
            return getattr(value, name)
        return self.attribute(value, name)

    def item(self, value: Any, key: Any) -> Any:
        """Return ``value[key]``, or the attribute of that name."""
        try:
            return value[key]
        except (TypeError, LookupError, AttributeError):
            if not isinstance(key, str):
                return self.undefined(obj=value, name=key)
        return self._attribute_alone(value, str(key))

    def _attribute_alone(self, value: Any, name: str) -> Any:
        instead = self._instead(value, name)
        if instead is not None:
            return instead
        try:
            return getattr(value, name)
        except AttributeError:
            return self.undefined(obj=value, name=name)

    def _instead(self, value: Any, name: str) -> Any:
        """Return what a template gets in place of a dangerous attribute, None for all others."""
        if is_out_of_reach(value, name):
            return self._refused(value, name)
        if name not in _GUARDED_NAMES:
            return None
        is_class = isinstance(value, type)
        kind = value if is_class else type(value)
        if not issubclass(kind, (str, bytes, bytearray)) or not hasattr(value, name):
            return None
        if name in _PADDING_METHODS:
            return GuardedPadding(getattr(value, name))
        return GuardedFormat(None if is_class else value, name == "format_map")

    def _refused(self, value: Any, name: str) -> Undefined:
        if getattr(type(value), "_is_chainable", False):
            return value  # type: ignore[no-any-return]
        if isinstance(value, Undefined):
            value._fail_with_undefined_error()
        kind = type(value).__name__
        return self.undefined(
            f"access to {name!r} of a {kind!r} object is refused: names that begin with two "
            "underscores and the interpreter's internals are out of a template's reach",
            obj=value,
            name=name,
            exc=TemplateSecurityError,
        )


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
