"""What a compiled template calls while it runs.

`TemplateContext` holds the variables and blocks of one rendering, `LoopContext` is ``loop``,
`Macro` is a macro, and the functions below are the operators whose Python form would be dangerous
or wrong for a template. Nothing here reads or compiles templates; what does is passed in as the
environment.
"""

from __future__ import annotations

import functools

from .exceptions import FilterArgumentError, TemplateRuntimeError, TemplateSecurityError
from .markup import Markup, escape_text
from .undefined import MISSING, EngineObject, Undefined, check_width

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any, NoReturn, TypeVar

    DecoratedFunction = TypeVar("DecoratedFunction", bound=Callable[..., Any])

RANGE_LIMIT = 100_000
_REPEAT_LIMIT = 10_000_000
_NUMBER_BITS_LIMIT = 100_000


def _passing(what: str, described: str) -> Callable[[DecoratedFunction], DecoratedFunction]:
    def mark(function: DecoratedFunction) -> DecoratedFunction:
        function.template_pass = what  # type: ignore[attr-defined]
        return function

    mark.__name__ = f"pass_{what}"
    mark.__doc__ = f"Mark a function, filter or test whose first argument is the `{described}`."
    return mark


pass_context = _passing("context", "TemplateContext")
pass_eval_context = _passing("eval_context", "EvalContext")
pass_environment = _passing("environment", "Environment")


class EvalContext(EngineObject):
    """What the compiler knew at one place: ``environment`` and whether ``autoescape`` is on."""

    def __init__(self, environment: Any, autoescape: bool) -> None:
        self.environment = environment
        self.autoescape = autoescape


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
        streaming: bool = False,
    ) -> None:
        self.environment = environment
        self.parent = parent
        self.vars: dict[str, Any] = {}
        self.name = name
        self.blocks = blocks
        self.eval_context = eval_context
        self.streaming = streaming

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

    def get_exported(self) -> dict[str, Any]:
        """Return what an import of this template sees: no name with a leading underscore."""
        return {name: value for name, value in self.vars.items() if name[:1] != "_"}

    def __contains__(self, name: object) -> bool:
        return name in self.vars or name in self.parent

    def __getitem__(self, name: str) -> Any:
        return self.vars[name] if name in self.vars else self.parent[name]

    def derived(self, local: Mapping[str, Any]) -> TemplateContext:
        """Return a context of the same blocks that also knows the variables *local*."""
        same = (self.name, self.blocks, self.eval_context, self.streaming)
        return TemplateContext(self.environment, {**self.get_all(), **local}, *same)

    def callee(self, function: Any, local: Mapping[str, Any] | None = None) -> Any:
        """Return *function*, or what calls it with the first argument that it has asked for; a
        context also knows the variables *local*."""
        passing = getattr(function, "template_pass", None)
        if passing is None or not isinstance(passing, str):
            return function
        passed: Any = self.environment if passing == "environment" else self.eval_context
        if passing == "context":
            passed = self.derived(local) if local else self
        return functools.partial(function, passed)

    def call(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call *function* as a template does, with the first argument that it has asked for."""
        return self.callee(function)(*args, **kwargs)

    def block_at(self, name: str, index: int, autoescape: bool) -> Any:
        """Return the block *name* at one level of inheritance, 0 being the most derived."""
        if index >= len(self.blocks.get(name, ())):
            hint = f"there is no parent block called {name!r}."
            return self.environment.undefined(hint, name="super")
        return BlockReference(self, name, index, autoescape)

    def parent_block(self, name: str, current: Callable[..., Any], autoescape: bool) -> Any:
        """Return what ``super()`` is in the function *current* of the block *name*."""
        functions = self.blocks.get(name, [])
        index = functions.index(current) + 1 if current in functions else len(functions)
        return self.block_at(name, index, autoescape)


class BlockReference(EngineObject):
    """``super`` and ``self.name``: called, it renders that block; ``super`` is one level up."""

    def __init__(self, context: TemplateContext, name: str, index: int, autoescape: bool) -> None:
        self._context = context
        self._name = name
        self._index = index
        self._autoescape = autoescape

    @property
    def super(self) -> Any:
        return self._context.block_at(self._name, self._index + 1, self._autoescape)

    def __call__(self) -> str:
        function = self._context.blocks[self._name][self._index]
        out: list[str] = []
        if self._context.streaming:
            out.extend(function(self._context))
        else:
            function(self._context, out)
        return Markup("".join(out)) if self._autoescape else "".join(out)


class TemplateReference(EngineObject):
    """``self`` in a template: its attributes are the blocks."""

    def __init__(self, context: TemplateContext, autoescape: bool) -> None:
        self._context = context
        self._autoescape = autoescape

    __iter__ = None  # See TemplateNamespace.

    def __getitem__(self, name: str) -> BlockReference:
        if name not in self._context.blocks:
            raise KeyError(name)
        return BlockReference(self._context, name, 0, self._autoescape)


class LoopContext(EngineObject):
    """``loop`` inside ``{% for %}``: what is iterated over, knowing where it is.

    *iterable* is what is iterated over, *undefined* the class for what does not exist, *recurse*
    the function that a recursive loop calls, *depth0* how deep it is.

    >>> [(loop.index, item) for loop in [LoopContext("ab", Undefined)] for item in loop]
    [(1, 'a'), (2, 'b')]
    """

    index: Any = property(lambda self: self.index0 + 1)
    depth: Any = property(lambda self: self.depth0 + 1)
    first: Any = property(lambda self: self.index0 == 0)
    last: Any = property(lambda self: self._peek() is MISSING)
    revindex: Any = property(lambda self: self.length - self.index0)
    revindex0: Any = property(lambda self: self.length - self.index)

    def __init__(
        self,
        iterable: Iterable[Any],
        undefined: type[Undefined],
        recurse: Callable[..., Any] | None = None,
        depth0: int = 0,
    ) -> None:
        self._iterable = iterable
        self._iterator = iter(iterable)
        self._undefined = undefined
        self._recurse = recurse
        self._length: int | None = None
        self._ahead = self._changed = self._current = self._previous = MISSING
        self.depth0 = depth0
        self.index0 = -1

    def __iter__(self) -> Iterator[Any]:
        while True:
            item = self._ahead
            if item is MISSING:
                item = next(self._iterator, MISSING)
                if item is MISSING:
                    return
            self._ahead = MISSING
            self._previous = self._current
            self._current = item
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

    def cycle(self, *values: Any) -> Any:
        """Return one of *values*, in turn from round to round."""
        if not values:
            raise FilterArgumentError("loop.cycle() needs at least one value")
        return values[self.index0 % len(values)]

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

    def __call__(self, *args: Any, **kwargs: Any) -> str:
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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
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


def bounded_range(*args: int) -> range:
    """Return ``range(...)``, or raise TemplateSecurityError beyond `RANGE_LIMIT` items."""
    numbers = range(*args)
    try:
        too_many = len(numbers) > RANGE_LIMIT
    except OverflowError:
        too_many = True
    if too_many:
        raise TemplateSecurityError(f"range() in a template has a ceiling of {RANGE_LIMIT} items")
    return numbers


def refuse_lipsum(*args: Any, **kwargs: Any) -> NoReturn:
    """Stand for Jinja's ``lipsum()``, which this engine leaves out, and say so."""
    raise TemplateRuntimeError("there is no lipsum(): put the text to fill in with into a variable")


def multiply_values(left: Any, right: Any) -> Any:
    """Return ``left * right``, refusing to repeat text or lists beyond ten million items and
    integers of more than 100,000 bits."""
    for repeated, count in ((left, right), (right, left)):
        if isinstance(count, int):
            if isinstance(repeated, int):
                _check_bits(repeated.bit_length() + count.bit_length())
            elif isinstance(repeated, (str, bytes, bytearray, list, tuple)):
                check_repetition(len(repeated) * count)
    return left * right


def _check_bits(bits: int) -> None:
    if bits > _NUMBER_BITS_LIMIT:
        raise TemplateSecurityError(
            f"a number of more than {_NUMBER_BITS_LIMIT} bits is refused: use smaller numbers"
        )


def check_repetition(size: int) -> None:
    """Raise TemplateSecurityError if a repetition would give more than ten million items."""
    if size > _REPEAT_LIMIT:
        raise TemplateSecurityError(
            f"a repetition to {size} items is refused: the ceiling is {_REPEAT_LIMIT}"
        )


def raise_to_power(left: Any, right: Any) -> Any:
    """Return ``left ** right``, refusing integers of more than 100,000 bits."""
    if isinstance(left, int) and isinstance(right, int) and right > 0 and abs(left) > 1:
        _check_bits(left.bit_length() * right)
    return left**right


def format_percent(left: Any, right: Any) -> Any:
    """Return ``left % right``, refusing padding beyond 100,000 characters.

    >>> format_percent("%03d", 7), format_percent(7, 4)
    ('007', 3)
    """
    if isinstance(left, (str, bytes, bytearray)):
        import re

        text = left if isinstance(left, str) else left.decode("latin-1")
        # What may stand between "%", or the ")" of a name, and the letter of the conversion.
        widths = "".join(re.findall("[%)][-#+ 0-9.*]*", text))
        for width in re.findall("[0-9]{6,}", widths):
            check_width(int(width[:10]))
        for value in right if isinstance(right, tuple) else (right,):
            if "*" in widths and isinstance(value, int):
                check_width(value)
    return left % right


def concatenate_text(*values: Any) -> str:
    """Join *values* as text: the operator ``~`` without autoescaping."""
    return "".join(map(str, values))


def concatenate_markup(*values: Any) -> str:
    """Join *values* as ``~`` does with autoescaping: as Markup if one of them is HTML."""
    for value in values:
        if hasattr(value, "__html__"):
            return Markup("".join(map(escape_text, values)))
    return "".join(map(str, values))


def assign_in_namespace(namespace: Any, name: str, value: Any) -> None:
    """Carry out ``{% set namespace.name = value %}``."""
    if not isinstance(namespace, TemplateNamespace):
        raise TemplateRuntimeError(
            f"{{% set ... .{name} = ... %}} needs a namespace() object, got "
            f"{type(namespace).__name__!r}"
        )
    namespace[name] = value


def require_block(context: TemplateContext, name: str) -> None:
    """Raise TemplateRuntimeError unless a child template fills the required block *name*."""
    if len(context.blocks[name]) < 2:
        raise TemplateRuntimeError(f"the required block {name!r} is not filled by a child template")
