"""The environment: settings, tables and loaded templates; and the template as its user sees it.

`Environment` introduces lexer, parser, compiler and runtime to one another. A template is compiled
when it is first asked for, cached by name, and read again when its source has changed.
"""

from __future__ import annotations

import functools
import sys
from _ast import AST, PyCF_ONLY_AST  # without all of `ast`

from .exceptions import (
    TemplateNotFound,
    TemplateRuntimeError,
    TemplatesNotFound,
    TemplateSyntaxError,
)
from .filters import DEFAULT_FILTERS, DEFAULT_TESTS
from .lexer import DEFAULT_SYNTAX, TemplateLexer
from .markup import Markup, escape_each, escape_text
from .parser import TemplateParser
from .runtime import (
    Cycler,
    EvalContext,
    Joiner,
    LoopContext,
    Macro,
    TemplateContext,
    TemplateNamespace,
    TemplateReference,
    assign_in_namespace,
    bounded_range,
    concatenate_markup,
    concatenate_text,
    format_percent,
    multiply_values,
    raise_to_power,
    require_block,
)
from .statements import TemplateCompiler
from .undefined import MISSING, EngineObject, TemplateLookups, Undefined

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from types import CodeType
    from typing import Any

    from .loaders import BaseLoader


def select_autoescape(
    enabled_extensions: Sequence[str] = ("html", "htm", "xml"),
    disabled_extensions: Sequence[str] = (),
    default_for_string: bool = True,
    default: bool = False,
) -> Callable[[str | None], bool]:
    """Return a function for ``Environment(autoescape=...)`` that decides by a name's extension.

    Letters count as one in both cases. A template without a name follows *default_for_string*, one
    whose extension is in neither list *default*.

    >>> chosen = select_autoescape()
    >>> chosen("page.HTML"), chosen("mail.txt"), chosen(None)
    (True, False, True)
    """
    enabled = tuple("." + extension.lstrip(".").lower() for extension in enabled_extensions)
    disabled = tuple("." + extension.lstrip(".").lower() for extension in disabled_extensions)

    def autoescape(template_name: str | None) -> bool:
        if template_name is None:
            return default_for_string
        name = template_name.lower()
        if name.endswith(enabled):
            return True
        return False if name.endswith(disabled) else default

    return autoescape


class Environment:
    """The settings shared by templates, and the cache of those that are loaded.

    *loader* finds templates by name. *autoescape* is a bool, or a function of a template's name
    (None for strings). *undefined* is the class for what does not exist. *finalize* is applied to
    every value before it is put out. *cache_size* is the number of templates kept, without limit
    if negative; *auto_reload* looks at each request whether the source has changed. The
    other parameters are the delimiters, and whether to drop the newline after a block
    (*trim_blocks*), the white space before one that begins a line (*lstrip_blocks*), and the last
    newline of a template (unless *keep_trailing_newline*). ``filters``, ``tests`` and ``globals``
    are dicts to add to before the first template is compiled.

    >>> Environment(autoescape=True).from_string("Hello {{ name }}!").render(name="<World>")
    'Hello &lt;World&gt;!'
    """

    def __init__(
        self,
        *,
        loader: BaseLoader | None = None,
        autoescape: bool | Callable[[str | None], bool] = False,
        undefined: type[Undefined] = Undefined,
        auto_reload: bool = True,
        cache_size: int = 400,
        finalize: Callable[[Any], Any] | None = None,
        extensions: Sequence[str] = (),
        block_start_string: str = "{%",
        block_end_string: str = "%}",
        variable_start_string: str = "{{",
        variable_end_string: str = "}}",
        comment_start_string: str = "{#",
        comment_end_string: str = "#}",
        trim_blocks: bool = False,
        lstrip_blocks: bool = False,
        keep_trailing_newline: bool = False,
    ) -> None:
        for extension in extensions:
            if extension not in ("jinja2.ext.do", "jinja2.ext.loopcontrols"):
                raise ValueError(
                    f"Template extensions are not supported, got {extension!r}: {{% do %}}, "
                    "{% break %} and {% continue %} are built in, everything else can be a "
                    "filter, a test or a global function."
                )
        self.loader = loader
        self.autoescape = autoescape
        self.undefined = undefined
        self.auto_reload = auto_reload
        self.cache_size = cache_size
        self.finalize = finalize
        self.block_start_string = block_start_string
        self.block_end_string = block_end_string
        self.variable_start_string = variable_start_string
        self.variable_end_string = variable_end_string
        self.comment_start_string = comment_start_string
        self.comment_end_string = comment_end_string
        self.trim_blocks = trim_blocks
        self.lstrip_blocks = lstrip_blocks
        self.keep_trailing_newline = keep_trailing_newline
        self._lexer = TemplateLexer(**self._syntax())
        self.filters: dict[str, Callable[..., Any]] = dict(DEFAULT_FILTERS)
        self.tests: dict[str, Callable[..., Any]] = dict(DEFAULT_TESTS)
        self.globals: dict[str, Any] = {
            "range": bounded_range,
            "dict": dict,
            "cycler": Cycler,
            "joiner": Joiner,
            "namespace": TemplateNamespace,
        }
        self.policies: dict[str, Any] = {"json.dumps_function": None, "json.dumps_kwargs": {}}
        self.cache: dict[tuple[Any, str], Template] = {}

    def _syntax(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in DEFAULT_SYNTAX}

    def lexer(self) -> TemplateLexer:
        """Return the lexer for the delimiters and rules as they are now."""
        syntax = self._syntax()
        if self._lexer.syntax != syntax:
            self._lexer = TemplateLexer(**syntax)
        return self._lexer

    def escapes(self, name: str | None) -> bool:
        """Say whether the template *name* escapes what it puts out."""
        autoescape = self.autoescape
        return bool(autoescape(name)) if callable(autoescape) else bool(autoescape)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return the attribute of *obj*, else the item, as ``obj.attribute`` does in a template."""
        return TemplateLookups(self.undefined).guarded_attribute(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return the item of *obj*, else the attribute, as ``obj[argument]`` does in a template."""
        return TemplateLookups(self.undefined).item(obj, argument)

    def compile_source(
        self, source: str, name: str | None, filename: str | None, streaming: bool = False
    ) -> tuple[str, list[int]]:
        """Return the Python source for a template and the template's line for each of its lines.

        TemplateSyntaxError is raised for what does not follow the language, also for what is too
        deeply nested for the interpreter.
        """
        try:
            tokens = self.lexer().tokenize(source, name, filename)
            root = TemplateParser(tokens, name, filename).parse()
            compiler = TemplateCompiler(self, name, filename, self.escapes(name), streaming)
            return compiler.compile_root(root)
        except TemplateSyntaxError as error:
            error.source = source
            raise
        except RecursionError:
            message = "the template is too deeply nested"
            raise TemplateSyntaxError(message, 1, name, filename) from None

    def from_string(self, source: str, globals: Mapping[str, Any] | None = None) -> Template:
        """Return the template for the text *source*; *globals* are added to the environment's."""
        return Template._make(self, source, None, None, globals, None)

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
            return template
        source, filename, uptodate = self.loader.get_source(self, name)
        template = Template._make(self, source, name, filename, globals, uptodate)
        if self.cache_size:
            if 0 < self.cache_size <= len(self.cache):
                for oldest in list(self.cache)[:1]:
                    self.cache.pop(oldest, None)
            self.cache[key] = template
        return template

    def select_template(
        self,
        names: Iterable[str | Template],
        parent: str | None = None,
        globals: Mapping[str, Any] | None = None,
    ) -> Template:
        """Return the first of several templates that exists, or raise TemplatesNotFound."""
        if isinstance(names, Undefined):
            names._fail_with_undefined_error()
        names = list(names)
        tried: list[str] = []
        for name in names:
            try:
                return self.get_template(name, parent, globals)
            except TemplateNotFound as error:
                tried += error.tried
        raise TemplatesNotFound(names, tried=tried)

    def get_or_select_template(
        self,
        template_name_or_list: str | Template | Iterable[str | Template],
        parent: str | None = None,
        globals: Mapping[str, Any] | None = None,
    ) -> Template:
        """Return a template by its name, or the first that exists of several."""
        if isinstance(template_name_or_list, (str, Template, Undefined)):
            return self.get_template(template_name_or_list, parent, globals)  # type: ignore[arg-type]
        return self.select_template(template_name_or_list, parent, globals)

    def list_templates(self) -> list[str]:
        """Return the names of all templates the loader knows."""
        return [] if self.loader is None else self.loader.list_templates()


class Template:
    """A compiled template; made by an `Environment`, or from text with the default settings.

    ``name`` is what it was loaded by, ``filename`` its path; both are None for text.

    >>> Template("{{ 1 + 2 }}").render()
    '3'
    """

    def __new__(cls, source: str, **settings: Any) -> Template:
        return Environment(**settings).from_string(source)

    @classmethod
    def _make(cls, environment: Environment, source: str, *origin: Any) -> Template:
        template = object.__new__(cls)
        template._set_up(environment, source, *origin)
        return template

    def _set_up(
        self,
        environment: Environment,
        source: str,
        name: str | None,
        filename: str | None,
        globals: Mapping[str, Any] | None,
        uptodate: Callable[[], bool] | None,
    ) -> None:
        self.environment = environment
        self.name, self.filename, self.source = name, filename, source
        self.globals = globals or {}
        self._uptodate = uptodate
        self.eval_context = EvalContext(environment, environment.escapes(name))
        self.python_source, names = self._load(streaming=False)
        self.root_function: Callable[..., Any] = names["root"]
        self.blocks: dict[str, Callable[..., Any]] = names["blocks"]

    def _load(self, streaming: bool) -> tuple[str, dict[str, Any]]:
        """Compile the template and run its module; return the source and the module's names."""
        python_source, lines = self.environment.compile_source(
            self.source, self.name, self.filename, streaming
        )
        place = self.filename
        names = runtime_namespace(self.environment, self.name)
        if place is None:
            place = f"template:{self.name or hex(hash(self.source))}"
            if "linecache" in sys.modules:
                sys.modules["linecache"].cache.pop(place, None)
            names["__name__"] = "template"
            names["__loader__"] = TemplateSourceLoader(self.source)
        try:
            code = compile_with_lines(python_source, lines, place)
        except (RecursionError, MemoryError, SyntaxError) as error:
            message = "the template is too deeply nested for the interpreter"
            line = lines[(getattr(error, "lineno", None) or 1) - 1]
            too_deep = TemplateSyntaxError(message, line, self.name, self.filename)
            too_deep.source = self.source
            raise too_deep from None
        exec(code, names)
        return python_source, names

    @functools.cached_property
    def _streaming(self) -> dict[str, Any]:
        return self._load(streaming=True)[1]

    @property
    def stream_function(self) -> Callable[..., Iterator[str]]:
        """The form of the template that yields pieces, compiled at first use."""
        return self._streaming["root"]  # type: ignore[no-any-return]

    @property
    def stream_blocks(self) -> dict[str, Callable[..., Any]]:
        """The blocks of `stream_function`."""
        return self._streaming["blocks"]  # type: ignore[no-any-return]

    @property
    def is_up_to_date(self) -> bool:
        """Whether the source is still what was compiled."""
        return self._uptodate is None or self._uptodate()

    def new_context(self, variables: Mapping[str, Any], streaming: bool = False) -> TemplateContext:
        """Return a context for one rendering in which *variables* go before the globals."""
        parent = {**self.environment.globals, **self.globals, **variables}
        return self.context_over(parent, streaming)

    def context_over(self, parent: Mapping[str, Any], streaming: bool = False) -> TemplateContext:
        """Return a context whose variables are all in *parent*, which is not copied."""
        blocks = self.stream_blocks if streaming else self.blocks
        functions = {name: [block] for name, block in blocks.items()}
        settings = (self.name, functions, self.eval_context, streaming)
        return TemplateContext(self.environment, parent, *settings)

    def render(self, *args: Any, **kwargs: Any) -> str:
        """Return the text of the template with the variables of ``dict(*args, **kwargs)``."""
        out: list[str] = []
        variables = dict(*args, **kwargs) if args else kwargs
        self.root_function(self.new_context(variables), out.append)
        return "".join(out)

    def generate(self, *args: Any, **kwargs: Any) -> Iterator[str]:
        """Yield the text of the template in pieces, as it comes to be.

        >>> "".join(Template("{% for x in y %}{{ x }}{% endfor %}").generate(y="abc"))
        'abc'
        """
        context = self.new_context(dict(*args, **kwargs), streaming=True)
        yield from filter(None, self.stream_function(context))

    def make_module(self, variables: Mapping[str, Any] | None = None) -> TemplateModule:
        """Run the template and return what it exports: macros and top-level variables."""
        out: list[str] = []
        context = self.new_context(variables or {})
        self.root_function(context, out.append)
        return TemplateModule(self.name, context.get_exported(), "".join(out))

    @functools.cached_property
    def module(self) -> TemplateModule:
        """What the template exports when it is run without variables, made once."""
        return self.make_module()

    def __repr__(self) -> str:
        return f"<Template {self.name!r}>" if self.name else "<Template from a string>"


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


def compile_with_lines(source: str, lines: list[int], filename: str) -> CodeType:
    """Compile the module *source*; its line *n* becomes line ``lines[n - 1]`` of *filename*.

    Each node of the syntax tree is given its line of the template, so that tracebacks, debuggers
    and ``frame.f_lineno`` name the template's lines with no help.
    """
    tree: Any = compile(source, filename, "exec", PyCF_ONLY_AST, True)
    pending = [tree]
    while pending:
        node = pending.pop()
        if hasattr(node, "lineno"):
            node.lineno = node.end_lineno = lines[node.lineno - 1]
            node.col_offset = node.end_col_offset = 0
        for field in node._fields:
            part = getattr(node, field, None)
            if part.__class__ is list:
                pending += [item for item in part if isinstance(item, AST)]
            elif isinstance(part, AST):
                pending.append(part)
    code: CodeType = compile(tree, filename, "exec", 0, True)
    return code


class TemplateSourceLoader:
    """What a traceback asks for the text of a template that is in no file.

    It stands as ``__loader__`` among the names of the compiled module, where ``linecache`` looks
    (PEP 302), so that text is kept no longer than its template.
    """

    def __init__(self, source: str) -> None:
        self.source = source

    def get_source(self, fullname: str) -> str:
        """Return the template's text."""
        return self.source


class TemplateLinks:
    """What leads from the template *name* to other templates while it runs."""

    def __init__(self, environment: Environment, name: str | None) -> None:
        self.environment = environment
        self.name = name

    def extend(
        self, context: TemplateContext, parent: Any, extended: Any, streaming: bool
    ) -> Template:
        """Load the template *parent* and put its blocks behind those of *context*."""
        if extended is not None:
            raise TemplateRuntimeError(f"the template {self.name!r} extends two others")
        template = self.environment.get_template(parent, self.name)
        blocks = template.stream_blocks if streaming else template.blocks
        for block, function in blocks.items():
            context.blocks.setdefault(block, []).append(function)
        return template

    def prepare(self, names: Any, given: Any, ignore: bool, streaming: bool) -> Any:
        """Load an included template and its context; None if it is missing and may be."""
        try:
            template = self.environment.get_or_select_template(names, self.name)
        except TemplateNotFound:
            if ignore:
                return None
            raise
        if given is None:
            return template, template.new_context({}, streaming)
        variables = given.get_all() if given.vars else given.parent
        return template, template.context_over(variables, streaming)

    def include(self, names: Any, given: Any, ignore: bool, append: Any) -> None:
        """Render another template into *append*."""
        found = self.prepare(names, given, ignore, False)
        if found is not None:
            found[0].root_function(found[1], append)

    def stream_include(self, names: Any, given: Any, ignore: bool) -> Iterator[str]:
        """Render another template piece by piece."""
        found = self.prepare(names, given, ignore, True)
        if found is not None:
            yield from found[0].stream_function(found[1])

    def import_template(self, imported: Any, given: TemplateContext | None) -> TemplateModule:
        """Return what another template exports, with the variables of *given* if there is one."""
        template = self.environment.get_template(imported, self.name)
        return template.module if given is None else template.make_module(given.get_all())

    def import_name(self, module: TemplateModule, wanted: str) -> Any:
        """Return one exported name, undefined if the module has none such."""
        found = module.__dict__.get(wanted, MISSING)
        if found is MISSING:
            hint = f"the template {module._name!r} does not export the name {wanted!r}"
            return self.environment.undefined(hint, name=wanted)
        return found


RUNTIME_FUNCTIONS = (
    *(Markup, escape_each, LoopContext, Macro, TemplateReference, assign_in_namespace),
    *(concatenate_markup, concatenate_text, format_percent, multiply_values, raise_to_power),
    require_block,
)


def runtime_namespace(environment: Environment, name: str | None) -> dict[str, Any]:
    """Return the names that the module of the template *name* may use."""
    lookups, links = TemplateLookups(environment.undefined), TemplateLinks(environment, name)
    escaping, not_escaping = EvalContext(environment, True), EvalContext(environment, False)

    def choose_escaping(value: Any) -> tuple[Any, ...]:
        if value:
            return escape_text, Markup, concatenate_markup, escaping
        return str, str, concatenate_text, not_escaping

    return {
        **{function.__name__: function for function in RUNTIME_FUNCTIONS},
        "MISSING": MISSING,
        "environment": environment,
        "filters": environment.filters,
        "tests": environment.tests,
        "finalize": environment.finalize,
        "undefined": environment.undefined,
        "attribute": lookups.attribute,
        "guarded_attribute": lookups.guarded_attribute,
        "item": lookups.item,
        "escape": escape_text,
        "escaping": escaping,
        "not_escaping": not_escaping,
        "choose_escaping": choose_escaping,
        "extend": links.extend,
        "include": links.include,
        "stream_include": links.stream_include,
        "import_template": links.import_template,
        "import_name": links.import_name,
    }
