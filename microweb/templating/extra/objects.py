"""The objects that rare tags and global functions make: macros, namespaces, what is imported."""

from __future__ import annotations

import functools

from ..exceptions import FilterArgumentError, TemplateNotFound, TemplateRuntimeError
from ..markup import Markup, escape_text
from ..runtime import (
    BlockReference,
    EvalContext,
    TemplateContext,
    concatenate_markup,
    concatenate_text,
)
from ..undefined import MISSING, EngineObject
from .limits import raise_to_power
from .translations import check_translator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn


class TemplateReference(EngineObject):
    """``self`` in a template: its attributes are the blocks."""

    def __init__(self, context: TemplateContext, autoescape: bool) -> None:
        self._context = context
        self._autoescape = autoescape

    __iter__ = None  # See TemplateNamespace.

    def __repr__(self) -> str:
        return f"<TemplateReference {self._context.name!r}>"

    def __getitem__(self, name: str) -> BlockReference:
        if name not in self._context.blocks:
            raise KeyError(name)
        return BlockReference(self._context, name, self._context.blocks[name], self._autoescape)


class ContextMembers:
    """The members that `TemplateContext` takes over from here when they are first used."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    eval_ctx = property(lambda self: self.eval_context)
    exported_vars = property(lambda self: set(self.get_exported()))

    def resolve_or_missing(self, key: str) -> Any:
        """Return the variable *key*, or ``MISSING`` of `undefined`; a context class of one's own
        overrides this."""
        return self.vars[key] if key in self.vars else self.parent.get(key, MISSING)

    def get_exported(self) -> dict[str, Any]:
        """Return the variables that importing templates see."""
        return {name: value for name, value in self.vars.items() if name[:1] != "_"}

    def keys(self) -> Any:
        """Return the names of all variables."""
        return self.get_all().keys()

    def values(self) -> Any:
        """Return the values of all variables."""
        return self.get_all().values()

    def items(self) -> Any:
        """Return names and values of all variables."""
        return self.get_all().items()


def resolve_by_hook(context: Any, name: str) -> Any:
    """Return the variable *name* as the context's own ``resolve_or_missing`` finds it."""
    value = context.resolve_or_missing(name)
    return context.environment.undefined(name=name) if value is MISSING else value


class Macro(EngineObject):
    """A macro: a compiled function that takes its parameters by position.

    ``name``, ``arguments``, ``catch_varargs``, ``catch_kwargs`` and ``caller`` (whether it uses
    them) are as Jinja documents them.
    """

    def __init__(
        self,
        function: Callable[..., str],
        name: str,
        arguments: tuple[str, ...],
        catch_varargs: bool = False,
        catch_kwargs: bool = False,
        caller: bool = False,
    ) -> None:
        self._function = function
        self._count = len(arguments)
        self.name = name
        self.arguments = arguments
        self.catch_varargs = catch_varargs
        self.catch_kwargs = catch_kwargs
        self.caller = caller

    def __call__(self, /, *args: Any, **kwargs: Any) -> str:
        if len(args) <= self._count:
            values = [kwargs.pop(name, MISSING) for name in self.arguments[len(args) :]]
            if not kwargs:
                return self._function(*args, *values)
            return self._call_with_specials((*args, *values), (), kwargs)
        if not self.catch_varargs:
            self._refuse(f"takes not more than {self._count} arguments, got {len(args)}")
        return self._call_with_specials(args[: self._count], args[self._count :], kwargs)

    def _call_with_specials(
        self, values: tuple[Any, ...], extra: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> str:
        special: dict[str, Any] = {}
        if self.caller and "caller" in kwargs:
            special["caller"] = kwargs.pop("caller")
        if self.catch_varargs:
            special["varargs"] = extra
        if self.catch_kwargs:
            special["kwargs"] = kwargs
        elif kwargs:
            for parameter in self.arguments:
                if parameter in kwargs:
                    self._refuse(f"got two values for the argument {parameter!r}")
            self._refuse(
                f"takes no argument {next(iter(kwargs))!r}; it takes "
                f"{', '.join(map(repr, self.arguments)) or 'none'}"
                + ("" if "caller" not in kwargs else ", and its body does not use caller()")
            )
        return self._function(*values, **special)

    def _refuse(self, what: str) -> NoReturn:
        raise TypeError(f"macro {self.name!r} {what}")

    def __repr__(self) -> str:
        return f"<Macro {self.name!r}>"


class TemplateNamespace(EngineObject):
    """``namespace(name=value)``: an object whose attributes ``{% set %}`` can assign."""

    def __init__(self, /, *args: Any, **kwargs: Any) -> None:
        self._values = dict(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name[:1] != "_" and name in self._values:
            return self._values[name]
        raise AttributeError(name)

    # Otherwise Python would iterate by asking for the items 0, 1, 2 …
    __iter__ = None

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._values[name] = value

    def __repr__(self) -> str:
        return f"<Namespace {self._values!r}>"


class Cycler(EngineObject):
    """``cycler('odd', 'even')``: ``next()`` gives one value after the other, from the start again
    after the last and after ``reset()``."""

    def __init__(self, *items: Any) -> None:
        if not items:
            raise FilterArgumentError("cycler() needs at least one value")
        self.items = items
        self.pos = 0

    def reset(self) -> None:
        """Start again with the first value."""
        self.pos = 0

    @property
    def current(self) -> Any:
        """The value that `next` will return."""
        return self.items[self.pos]

    def next(self) -> Any:
        """Return the current value and go on."""
        value = self.current
        self.pos = (self.pos + 1) % len(self.items)
        return value

    __next__ = next


class Joiner(EngineObject):
    """``joiner(', ')``: empty at the first call, the separator at every other."""

    def __init__(self, sep: str = ", ") -> None:
        self.sep = sep
        self.used = False

    def __call__(self) -> str:
        if not self.used:
            self.used = True
            return ""
        return self.sep


class TemplateModule(EngineObject):
    """What ``{% import %}`` gives: the exported names as attributes, the output as its text."""

    def __init__(self, name: str | None, exported: dict[str, Any], body: str) -> None:
        self._name = name
        self._body = body
        self.__dict__.update(exported)

    def __html__(self) -> Markup:
        return Markup(self._body)

    def __str__(self) -> str:
        return self._body

    def __repr__(self) -> str:
        return f"<TemplateModule {self._name!r}>"


def refuse_lipsum(*args: Any, **kwargs: Any) -> NoReturn:
    """Stand for Jinja's ``lipsum()``, which this engine leaves out, and say so."""
    raise TemplateRuntimeError("there is no lipsum(): put the text to fill in with into a variable")


class UnknownFunction(EngineObject):
    """A filter or test that does not exist, in a branch: *message* is raised when it is called."""

    def __init__(self, message: str) -> None:
        self._message = message

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TemplateRuntimeError(self._message)


def assign_in_namespace(namespace: Any, name: str, value: Any) -> None:
    """Carry out ``{% set namespace.name = value %}``."""
    if not isinstance(namespace, TemplateNamespace):
        raise TemplateRuntimeError(
            f"{{% set ... .{name} = ... %}} needs a namespace() object, got "
            f"{type(namespace).__name__!r}"
        )
    namespace[name] = value


def escaping_context(context: TemplateContext, eval_context: EvalContext) -> TemplateContext:
    """Return *context* as functions see it that are called inside of ``{% autoescape %}``."""
    changed: TemplateContext = object.__new__(type(context))
    vars(changed).update(vars(context))
    changed.eval_context = eval_context
    return changed


def require_block(context: TemplateContext, name: str) -> None:
    """Raise TemplateRuntimeError unless a child template fills the required block *name*."""
    if len(context.blocks[name]) < 2:
        raise TemplateRuntimeError(f"the required block {name!r} is not filled by a child template")


def import_template(
    owner: Any, imported: Any, given: TemplateContext | None, context: TemplateContext
) -> TemplateModule:
    """Return what another template exports, with the variables of *given* if there is one, else
    with those that `get_template` was given for the page that is rendered."""
    template = owner.environment.get_template(imported, owner.name)
    module: TemplateModule
    if given is not None:
        module = template.make_module(given.get_all())
    elif names := context.given_globals.keys() - template.globals.keys():
        module = template.make_module({name: context.parent[name] for name in names})
    else:
        module = template.module
    return module


def import_name(owner: Any, module: TemplateModule, wanted: str) -> Any:
    """Return one exported name, undefined if the module has none such."""
    found = module.__dict__.get(wanted, MISSING)
    if found is MISSING:
        hint = f"the template {module._name!r} does not export the name {wanted!r}"
        return owner.environment.undefined(hint, name=wanted)
    return found


class PassingCall:
    """The method ``__call__`` under a ``pass_`` decorator: objects of its class say what they ask
    for, as functions do."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __set_name__(self, owner: Any, name: str) -> None:
        setattr(owner, name, self._function)
        owner.template_pass = self._function.template_pass  # type: ignore[attr-defined]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(*args, **kwargs)


def mark_text(value: Any, markup: Callable[[Any], Any]) -> Any:
    """Return what a filter made of a captured text, as HTML if it is text."""
    return markup(value) if isinstance(value, str) else value


def template_or_empty(owner: Any, names: Any) -> Any:
    """Return the template to include, an empty one if it is missing."""
    try:
        return owner.environment.get_or_select_template(names, owner.name)
    except TemplateNotFound:
        return owner.environment.from_string("")


def choose_escaping(owner: Any, value: Any) -> tuple[Any, ...]:
    """Return what a compiled template calls where it has to escape as *value* says."""
    context = EvalContext(owner.environment, owner.name, bool(value))
    if value:
        return escape_text, Markup, concatenate_markup, context
    return str, str, concatenate_text, context


# What a compiled template asks for by ``rare(name)`` at its head.
RARE_RUNTIME_NAMES: dict[str, Any] = {
    "Macro": Macro,
    "TemplateReference": TemplateReference,
    "UnknownFunction": UnknownFunction,
    "assign_in_namespace": assign_in_namespace,
    "check_translator": check_translator,
    "escaping_context": escaping_context,
    "mark_text": mark_text,
    "raise_to_power": raise_to_power,
    "require_block": require_block,
}
_LINKED_NAMES: dict[str, Any] = {
    "choose_escaping": choose_escaping,
    "import_name": import_name,
    "import_template": import_template,
    "template_or_empty": template_or_empty,
}


def find_rare_name(owner: Any, name: str) -> Any:
    """Return what the module of the template *owner* calls *name*."""
    if name == "LoopContext":
        from .loops import LoopContext

        return LoopContext
    if name in _LINKED_NAMES:
        return functools.partial(_LINKED_NAMES[name], owner)
    return RARE_RUNTIME_NAMES[name]


RARE_GLOBALS: dict[str, Any] = {
    "cycler": Cycler,
    "joiner": Joiner,
    "lipsum": refuse_lipsum,
    "namespace": TemplateNamespace,
}
