"""What a compiled template calls while it runs.

`TemplateContext` holds the variables and blocks of one rendering. Nothing here reads or compiles
templates; what does is passed in as the environment.
"""

from __future__ import annotations

import functools

from ..text.lazy import add_later_members
from .exceptions import TemplateSecurityError
from .markup import Markup, escape_each, escape_text
from .undefined import MISSING, EngineObject, Undefined

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeVar

    DecoratedFunction = TypeVar("DecoratedFunction", bound=Callable[..., Any])

RANGE_LIMIT = 100_000
_SAFE_FACTOR = 1 << 60
_PLAIN_NUMBERS = frozenset((int, float))


def _passing(what: str, described: str) -> Callable[[DecoratedFunction], DecoratedFunction]:
    def mark(function: DecoratedFunction) -> DecoratedFunction:
        function.template_pass = what  # type: ignore[attr-defined]
        if getattr(function, "__name__", "") != "__call__":
            return function
        from .extra.objects import PassingCall

        return PassingCall(function)  # type: ignore[return-value]

    mark.__name__ = f"pass_{what}"
    mark.__doc__ = f"Mark a function, filter or test whose first argument is the `{described}`."
    return mark


pass_context = _passing("context", "TemplateContext")
pass_eval_context = _passing("eval_context", "EvalContext")
pass_environment = _passing("environment", "Environment")


class LaterFunction(EngineObject):
    """A filter, test or global function *name* of `extra.filters`, imported when it is used."""

    def __init__(self, kind: str, name: str) -> None:
        self._kind, self._name = kind, name

    def __fetch__(self) -> Any:
        """Import the function and return it."""
        from .extra.filters import RARE_FUNCTIONS

        return RARE_FUNCTIONS[self._kind][self._name]

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self.__fetch__()(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        # Nothing else of it: a page must not reach the class behind cycler() and its like.
        if name != "template_pass":
            raise AttributeError(name)
        return getattr(self.__fetch__(), name)


class EvalContext(EngineObject):
    """What the compiler knew at one place: ``environment`` and whether ``autoescape`` is on; if
    that is not said, the environment's answer for the template *template_name*."""

    volatile = False

    def __init__(
        self, environment: Any, template_name: str | None = None, autoescape: bool | None = None
    ) -> None:
        escapes = environment.escapes(template_name) if autoescape is None else autoescape
        self.environment, self.autoescape = environment, escapes


class TemplateContext(EngineObject):
    """The variables of one rendering.

    *parent* holds what the caller gave and the globals and is never changed; ``vars`` holds what
    the template's top level assigns; ``blocks`` maps each block's name to its functions, the most
    derived first.
    """

    def __init__(
        self,
        environment: Any,
        parent: Mapping[str, Any],
        name: str | None,
        blocks: dict[str, list[Any]],
        eval_context: EvalContext | None = None,
    ) -> None:
        self.environment, self.eval_context = environment, eval_context
        self.parent, self.name, self.blocks = parent, name, blocks
        self.vars: dict[str, Any] = {}
        self.given_globals: Mapping[str, Any] = {}

    def __init_subclass__(cls) -> None:
        if "resolve_or_missing" in vars(cls) and "resolve" not in vars(cls):
            from .extra.objects import resolve_by_hook

            cls.resolve = resolve_by_hook  # type: ignore[assignment, method-assign]

    def resolve(self, name: str) -> Any:
        """Return the variable *name*, or an undefined value."""
        if name in self.vars:
            return self.vars[name]
        if name in self.parent:
            return self.parent[name]
        return self.environment.undefined(name=name)

    def get(self, name: str, default: Any = None) -> Any:
        """Return the variable *name*, or *default*."""
        return self.vars[name] if name in self.vars else self.parent.get(name, default)

    def get_all(self) -> dict[str, Any]:
        """Return all variables as one new dict."""
        return {**self.parent, **self.vars}

    def __contains__(self, name: object) -> bool:
        return name in self.vars or name in self.parent

    def __getitem__(self, name: str) -> Any:
        return self.vars[name] if name in self.vars else self.parent[name]

    def derived(self, local: Mapping[str, Any]) -> TemplateContext:
        """Return a context of the same blocks that also knows the variables *local*."""
        variables = {**self.parent, **self.vars, **local}
        same = (self.name, self.blocks, self.eval_context)
        return type(self)(self.environment, variables, *same)

    def callee(self, function: Any, local: Mapping[str, Any] | None = None) -> Any:
        """Return *function*, or what calls it with the first argument that it has asked for; a
        context also knows the variables *local*."""
        passing = getattr(function, "template_pass", None)
        if passing is None or not isinstance(passing, str) or isinstance(function, type):
            return function
        passed: Any = self.environment if passing == "environment" else self.eval_context
        if passing == "context":
            passed = self.derived(local) if local else self
        return functools.partial(function, passed)

    def call(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call *function* as a template does, with the first argument that it has asked for."""
        return self.callee(function)(*args, **kwargs)

    def parent_block(self, name: str, current: Callable[..., Any], autoescape: bool) -> Any:
        """Return what ``super()`` is in the function *current* of the block *name*."""
        functions = self.blocks.get(name, [])
        following = functions[functions.index(current) + 1 :] if current in functions else []
        if following:
            return BlockReference(self, name, following, autoescape)
        hint = f"there is no parent block called {name!r}."
        return self.environment.undefined(hint, name="super")

    def run_block(self, function: Callable[..., Any]) -> list[str]:
        """Return the output of a block's function as pieces."""
        out: list[str] = []
        function(self, out)
        return out


def _load_context_members() -> type:
    from .extra.objects import ContextMembers

    return ContextMembers


add_later_members(
    TemplateContext,
    _load_context_members,
    "eval_ctx exported_vars get_exported items keys resolve_or_missing values",
)


class BlockReference(EngineObject):
    """``super`` and ``self.name``: called, it renders the first of the block's *functions*."""

    def __init__(
        self, context: TemplateContext, name: str, functions: list[Any], autoescape: bool
    ) -> None:
        self._context, self._name = context, name
        self._functions, self._autoescape = functions, autoescape

    @property
    def super(self) -> Any:
        return self._context.parent_block(self._name, self._functions[0], self._autoescape)

    def __call__(self) -> str:
        text = "".join(self._context.run_block(self._functions[0]))
        return Markup(text) if self._autoescape else text


def bounded_range(*args: int) -> range:
    """Return ``range(...)``, or raise TemplateSecurityError beyond `RANGE_LIMIT` items."""
    numbers = range(*args)
    if numbers[RANGE_LIMIT:]:
        raise TemplateSecurityError(f"range() in a template has a ceiling of {RANGE_LIMIT} items")
    return numbers


def make_dict(*args: Any, **kwargs: Any) -> dict[Any, Any]:
    """Return a dict: ``dict`` in a template, which cannot reach Python's class by it."""
    return dict(*args, **kwargs)


def multiply_values(left: Any, right: Any) -> Any:
    """Return ``left * right``; what could become too large for memory goes to `extra.limits`."""
    plain = left.__class__ in _PLAIN_NUMBERS and right.__class__ in _PLAIN_NUMBERS
    if plain and -_SAFE_FACTOR < left < _SAFE_FACTOR and -_SAFE_FACTOR < right < _SAFE_FACTOR:
        return left * right
    from .extra.limits import multiply_bounded

    return multiply_bounded(left, right)


def format_or_divide(left: Any, right: Any) -> Any:
    """Return ``left % right``; text is formatted by `extra.limits`."""
    if not isinstance(left, (str, bytes, bytearray)):
        return left % right
    from .extra.limits import format_percent

    return format_percent(left, right)


def concatenate_text(*values: Any) -> str:
    """Join *values* as text: the operator ``~`` without autoescaping."""
    return "".join(map(str, values))


def concatenate_markup(*values: Any) -> str:
    """Join *values* as ``~`` does with autoescaping: as Markup if one of them is HTML."""
    if any(hasattr(value, "__html__") for value in values):
        return Markup("".join(map(escape_text, values)))
    return "".join(map(str, values))


# What the module of every template calls.
RUNTIME_NAMES: dict[str, Any] = {
    "MISSING": MISSING,
    "Markup": functools.partial(str.__new__, Markup),  # a third of the time of a call
    "escape": escape_text,
    "escape_each": escape_each,
    "concatenate_markup": concatenate_markup,
    "concatenate_text": concatenate_text,
    "format_or_divide": format_or_divide,
    "multiply_values": multiply_values,
    "plain_undefined": Undefined,
}
