"""The environment: settings, tables and loaded templates; and the template as its user sees it.

`Environment` introduces lexer, compiler and runtime to one another. A template is compiled when it
is first asked for, cached by name, and read again when its source has changed.
"""

from __future__ import annotations

import sys
from types import SimpleNamespace

from ..text.lazy import add_later_members
from .compiler import TemplateCompiler, compile_with_lines
from .exceptions import TemplateNotFound, TemplateRuntimeError, TemplateSyntaxError
from .filters import DEFAULT_FILTERS, DEFAULT_GLOBALS, DEFAULT_TESTS
from .lexer import DEFAULT_SYNTAX, TemplateLexer
from .runtime import RUNTIME_NAMES, EvalContext, TemplateContext
from .undefined import EngineObject, TemplateLookups, Undefined

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import CodeType
    from typing import Any

    from .extra.bytecode import BytecodeCache
    from .loaders import BaseLoader

_OPTIONS: dict[str, Any] = {
    **DEFAULT_SYNTAX,
    "loader": None,
    "autoescape": False,
    "undefined": Undefined,
    "finalize": None,
    "auto_reload": True,
    "cache_size": 400,
    "bytecode_cache": None,
}
# What Jinja has too is taken where it changes nothing.
_OTHER_OPTIONS: dict[str, Any] = {
    "newline_sequence": "\n",
    "optimized": True,
    "enable_async": False,
}


class TemplatePart(EngineObject):
    """The base of `Environment` and `Template`: it says what there is instead of a missing name."""

    def describe_missing(self, name: str) -> str:
        """Say that there is no *name*, and what to use instead."""
        try:
            from .extra.leftout import describe_left_out
        except ImportError:
            return f"{type(self).__name__} has no {name!r}."
        return describe_left_out(type(self).__name__, name)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(self.describe_missing(name))


class Environment(TemplatePart):
    """The settings shared by templates, and the cache of those that are loaded.

    *loader* finds templates by name. *autoescape* is a bool, or a function of a template's name
    (None for strings). *undefined* is the class for what does not exist. *finalize* is applied to
    every value before it is put out. *cache_size* is the number of templates kept, without limit
    if negative; *auto_reload* looks at each request whether the source has changed;
    *bytecode_cache* keeps compiled templates from one process to the next. The others are those of
    `DEFAULT_SYNTAX`. Each is an attribute too. ``filters``, ``tests`` and ``globals`` are dicts to
    add to before the first template is compiled.

    TypeError is raised for an unknown option, ValueError for delimiters that begin alike.

    >>> Environment(autoescape=True).from_string("Hello {{ name }}!").render(name="<World>")
    'Hello &lt;World&gt;!'
    """

    loader: BaseLoader | None
    autoescape: bool | Callable[[str | None], bool]
    undefined: type[Undefined]
    finalize: Callable[[Any], Any] | None
    auto_reload: bool
    cache_size: int
    bytecode_cache: BytecodeCache | None
    newstyle_gettext = False
    context_class: type[TemplateContext] = TemplateContext

    def __init__(self, *ordered: Any, extensions: Sequence[Any] = (), **options: Any) -> None:
        if ordered:
            from .extra.leftout import name_ordered_options

            options = name_ordered_options(ordered, {"extensions": extensions, **options})
            extensions = options.pop("extensions")
        self.filters: dict[str, Callable[..., Any]] = dict(DEFAULT_FILTERS)
        self.tests: dict[str, Callable[..., Any]] = dict(DEFAULT_TESTS)
        self.globals: dict[str, Any] = dict(DEFAULT_GLOBALS)
        self.policies: dict[str, Any] = {"json.dumps_function": None, "json.dumps_kwargs": {}}
        self._lexer: TemplateLexer | None = None
        self._configure({**_OPTIONS, **options})
        for extension in extensions:
            self.add_extension(extension)

    def _configure(self, options: dict[str, Any]) -> None:
        for name in options.keys() - _OPTIONS.keys():
            if options[name] is _OTHER_OPTIONS.get(name, options):
                del options[name]
                continue
            known = ", ".join(_OPTIONS)
            raise TypeError(f"{self.describe_missing(name)} The options are {known}.")
        vars(self).update(options)
        self.lexer()
        self.cache: dict[tuple[Any, str], Template] = {}

    def lexer(self) -> TemplateLexer:
        """Return the lexer for the delimiters and rules as they are now."""
        syntax = {name: getattr(self, name) for name in DEFAULT_SYNTAX}
        if self._lexer is None or self._lexer.syntax != syntax:
            self._lexer = TemplateLexer(**syntax)
            if syntax["line_statement_prefix"] or syntax["line_comment_prefix"]:
                from .extra.linestatements import LineStatementLexer

                self._lexer = LineStatementLexer(**syntax)
        return self._lexer

    def escapes(self, name: str | None) -> bool:
        """Say whether the template *name* escapes what it puts out."""
        autoescape = self.autoescape
        return bool(autoescape(name)) if callable(autoescape) else bool(autoescape)

    def compile_source(
        self, source: str, name: str | None, filename: str | None, streaming: bool = False
    ) -> tuple[str, list[int]]:
        """Return the Python source for a template and the template's line for each of its lines.

        TemplateSyntaxError is raised for what does not follow the language.
        """
        make = self.streaming_compiler() if streaming else TemplateCompiler
        tokens = self.lexer().tokenize(source, name, filename)
        compiler = make(self, tokens, name, filename, self.escapes(name))
        try:
            return compiler.compile()
        except TemplateSyntaxError as error:
            error.source = source
            raise
        except RecursionError:
            line, message = tokens[compiler.index][2], "the template is too deeply nested"
            raise TemplateSyntaxError(message, line, name, filename, source) from None

    def from_string(self, source: str, globals: Mapping[str, Any] | None = None) -> Template:
        """Return the template for the text *source*; *globals* are added to the environment's."""
        return Template._make(self, source, globals=globals)

    def join_path(self, template: str, parent: str) -> str:
        """Return the name to load when *parent* refers to *template*; override for own rules."""
        return template

    def get_template(
        self,
        name: str | Template,
        parent: str | None = None,
        globals: Mapping[str, Any] | None = None,
    ) -> Template:
        """Return the template *name*, from the cache or the loader, or raise TemplateNotFound."""
        if isinstance(name, Template):
            return name
        if isinstance(name, Undefined):
            name._fail_with_undefined_error()
        if not isinstance(name, str):
            raise TypeError(f"A template is loaded by its name, expected a string, got {name!r}.")
        if parent is not None:
            name = self.join_path(name, parent)
        if self.loader is None:
            raise TypeError(
                "This environment has no loader: give Environment(loader=...) or use "
                f"from_string() instead of loading {name!r}."
            )
        key = (self.loader, name)
        template = self.cache.get(key)
        if template is not None and (not self.auto_reload or template.is_up_to_date):
            if 0 < self.cache_size <= len(self.cache):
                self.cache.pop(key, None)
                self.cache[key] = template  # the last to be dropped now
            if globals:
                template.globals.update(globals)
            return template
        try:
            source, filename, uptodate = self.loader.get_source(self, name)
        except TemplateNotFound as error:
            error.list_names = lambda: self.list_templates()
            raise
        template = Template._make(self, source, name, filename, globals, uptodate)
        if self.cache_size:
            if 0 < self.cache_size <= len(self.cache):
                self.cache.pop(next(iter(list(self.cache))), None)
            self.cache[key] = template
        return template

    def get_or_select_template(
        self,
        template_name_or_list: str | Template | Iterable[str | Template],
        parent: str | None = None,
        globals: Mapping[str, Any] | None = None,
    ) -> Template:
        """Return a template by its name, or the first that exists of several."""
        if isinstance(template_name_or_list, (str, Template, Undefined)):
            return self.get_template(template_name_or_list, parent, globals)  # type: ignore[arg-type]
        selected: Template = self.select_template(template_name_or_list, parent, globals)
        return selected


class Template(TemplatePart):
    """A compiled template; made by an `Environment`, or from text with the default settings.

    ``name`` is what it was loaded by, ``filename`` its path; both are None for text.

    >>> Template("{{ 1 + 2 }}").render()
    '3'
    """

    streaming = False

    def __new__(cls, source: str, *ordered: Any, **settings: Any) -> Template:
        return Environment(*ordered, **settings).from_string(source)

    @classmethod
    def _make(
        cls,
        environment: Environment,
        source: str,
        name: str | None = None,
        filename: str | None = None,
        globals: Mapping[str, Any] | None = None,
        uptodate: Callable[[], bool] | None = None,
    ) -> Template:
        template: Any = object.__new__(cls)
        template.environment, template.source = environment, source
        template.name, template.filename = name, filename
        template.globals, template._uptodate = dict(globals or ()), uptodate
        template.eval_context = EvalContext(environment, name)
        names = template._names()
        exec(template._load_code(names), names)
        template.root_function, template.blocks = names["root"], names["blocks"]
        return template  # type: ignore[no-any-return]

    def _names(self) -> dict[str, Any]:
        """Return the names that the template's module may use."""
        environment = self.environment
        lookups = TemplateLookups(environment.undefined)
        return {
            **RUNTIME_NAMES,
            "environment": environment,
            "template_name": self.name,
            "filters": environment.filters,
            "tests": environment.tests,
            "finalize": environment.finalize,
            "undefined": environment.undefined,
            "attribute": lookups.attribute,
            "guarded_attribute": lookups.guarded_attribute,
            "item": lookups.item,
            "escaping": EvalContext(environment, self.name, True),
            "not_escaping": EvalContext(environment, self.name, False),
            "extend": self._extend,
            "include": self._include,
            "rare": self._find_rare,
        }

    def _load_code(self, names: dict[str, Any]) -> CodeType:
        """Return the code of the template's module, compiled now or out of the cache.

        Where a template is in no file, a traceback asks ``__loader__`` for its text (PEP 302).
        """
        place = self.filename
        if place is None:
            name = (self.name or hex(hash(self.source))).replace("\0", "\\0")
            place = "template:" + name.encode("utf-8", "backslashreplace").decode()
            if "linecache" in sys.modules:
                sys.modules["linecache"].cache.pop(place, None)
            source = self.source
            names["__name__"] = "template"
            names["__loader__"] = SimpleNamespace(get_source=lambda fullname: source)
        cache = self.environment.bytecode_cache
        if cache is None or self.name is None:
            return self._compile(place)
        return cache.get_code(self, place)  # type: ignore[no-any-return]

    def _compile(self, place: str) -> CodeType:
        source, lines = self.environment.compile_source(
            self.source, self.name, self.filename, self.streaming
        )
        try:
            return compile_with_lines(source, lines, place)
        except (RecursionError, MemoryError, SyntaxError) as error:
            message = "the template is too deeply nested for the interpreter"
            line = lines[(getattr(error, "lineno", None) or 1) - 1]
            origin = (self.name, self.filename, self.source)
            raise TemplateSyntaxError(message, line, *origin) from None

    # What leads from a template to others while it runs.

    def _extend(self, context: TemplateContext, parent: Any, extended: Any) -> Template:
        """Load the template *parent* and put its blocks behind those of *context*."""
        if extended is not None:
            raise TemplateRuntimeError(f"the template {self.name!r} extends two others")
        template: Template = self.environment.get_template(parent, self.name)
        if self.streaming:
            template = template.streamed
        for block, function in template.blocks.items():
            context.blocks.setdefault(block, []).append(function)
        return template

    def _include(self, names: Any, given: TemplateContext | None, out: list[str]) -> None:
        """Render another template into *out*, with the variables of the context *given*."""
        template = self.environment.get_or_select_template(names, self.name)
        template.root_function(template.context_from(given), out)

    def _find_rare(self, name: str) -> Any:
        """Return what few templates call."""
        from .extra.objects import find_rare_name

        return find_rare_name(self, name)

    @property
    def is_up_to_date(self) -> bool:
        """Whether the source is still what was compiled."""
        return self._uptodate is None or self._uptodate()

    def new_context(self, variables: Mapping[str, Any]) -> TemplateContext:
        """Return a context for one rendering in which *variables* go before the globals."""
        context = self.context_over({**self.environment.globals, **self.globals, **variables})
        if self.globals:
            context.given_globals = self.globals
        return context

    def context_over(self, parent: Mapping[str, Any]) -> TemplateContext:
        """Return a context whose variables are all in *parent*, which is not copied."""
        blocks = {name: [block] for name, block in self.blocks.items()}
        environment = self.environment
        make: type[TemplateContext] = environment.context_class
        return make(environment, parent, self.name, blocks, self.eval_context)

    def context_from(self, given: TemplateContext | None) -> TemplateContext:
        """Return a context with the variables of *given*, or without any."""
        if given is None:
            return self.new_context({})
        return self.context_over(given.get_all() if given.vars else given.parent)

    def render(self, *args: Any, **kwargs: Any) -> str:
        """Return the text of the template with the variables of ``dict(*args, **kwargs)``."""
        out: list[str] = []
        variables = dict(*args, **kwargs) if args else kwargs
        self.root_function(self.new_context(variables), out)
        return "".join(out)

    def __repr__(self) -> str:
        return f"<Template {self.name!r}>" if self.name else "<Template from a string>"


def _load_rare_members() -> type:
    from .extra.environment import RareMembers

    return RareMembers


for _part, _members in (
    (
        Environment,
        "add_extension compile_expression getattr getitem install_gettext_callables"
        " install_gettext_translations install_null_translations list_templates overlay"
        " select_template uninstall_gettext_translations"
        " streaming_compiler",
    ),
    (Template, "generate make_module module python_source stream streamed"),
):
    add_later_members(_part, _load_rare_members, _members)
