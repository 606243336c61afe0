"""The value that stands for what does not exist, and the guard before what must not be reached.

An `Undefined` is empty text, is false, and raises `UndefinedError` when more is asked of it. The
guard refuses names that begin with two underscores and the interpreter's internals on every road a
template has; it is one function, `is_unsafe_name`, that all of them call.
"""

from __future__ import annotations

from .exceptions import TemplateSecurityError, UndefinedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, NoReturn

_INTERPRETER_INTERNALS = frozenset(
    "ag_await ag_code ag_frame ag_running cr_await cr_code cr_frame cr_origin cr_running co_code"
    " co_consts co_names f_back f_builtins f_code f_globals f_lasti f_lineno f_locals f_trace"
    " func_closure func_code func_defaults func_dict func_globals gi_code gi_frame gi_running"
    " gi_yieldfrom im_class im_func im_self mro tb_frame tb_lasti tb_lineno tb_next".split()
)
# What tells something about an object and leads nowhere. ``x.__class__`` is out of reach itself.
_HARMLESS_NAMES = frozenset("__all__ __doc__ __len__ __module__ __name__ __repr__ __str__".split())
_HARMLESS_OF_CLASS = frozenset("__doc__ __module__ __name__ __qualname__".split())
_DICT_ATTRIBUTES = frozenset(dir(dict))
# Methods of text whose arguments can reach, or cost, what a template must not.
_GUARDED_NAMES = frozenset("center expandtabs ljust rjust zfill format format_map".split())
MISSING: Any = object()


def is_unsafe_name(name: str) -> bool:
    """Say whether a template may not reach the attribute *name* of any object.

    >>> is_unsafe_name("__class__"), is_unsafe_name("gi_frame"), is_unsafe_name("_id")
    (True, True, False)
    """
    if name.startswith("__"):
        return name not in _HARMLESS_NAMES
    return name in _INTERPRETER_INTERNALS


def needs_guard(name: str) -> bool:
    """Say whether the attribute *name* is not the same harmless thing on every object."""
    special = name in _GUARDED_NAMES or name in _DICT_ATTRIBUTES
    return name[0] == "_" or special or name in _INTERPRETER_INTERNALS


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

    __slots__ = "_undefined_exception", "_undefined_hint", "_undefined_name", "_undefined_obj"

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = MISSING,
        name: Any = None,
        exc: type[Exception] = UndefinedError,
    ) -> None:
        self._undefined_hint, self._undefined_obj = hint, obj
        self._undefined_name, self._undefined_exception = name, exc

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

    def __repr__(self) -> str:
        return "Undefined"


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

    def guarded_attribute(self, value: Any, name: str) -> Any:
        """Return ``value.name`` for any name, or an undefined value if it must not be reached."""
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
        return self.attribute_alone(value, str(key))

    def attribute_alone(self, value: Any, name: str) -> Any:
        """Return the attribute *name*, never an item, through the guard."""
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
        kind = value if isinstance(value, type) else type(value)
        if not issubclass(kind, (str, bytes, bytearray)) or not hasattr(value, name):
            return None
        from .extra.guarding import guard_text_method

        return guard_text_method(value, name)

    def _refused(self, value: Any, name: str) -> Any:
        if isinstance(value, Undefined) and name in _HARMLESS_OF_CLASS:
            refused = value._undefined_exception is TemplateSecurityError
            if refused and value._undefined_name == "__class__":
                return getattr(value._undefined_obj.__class__, name)
        if getattr(type(value), "_is_chainable", False):
            return value
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
