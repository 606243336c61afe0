"""The environment: settings, tables and loaded templates; and the template as its user sees it.

`Environment` introduces lexer, parser, compiler and runtime to one another. A template is compiled
when it is first asked for, cached by name, and read again when its source has changed.
"""

from __future__ import annotations

import functools
import sys

from .exceptions import TemplateNotFound, TemplatesNotFound, TemplateSyntaxError
from .filters import DEFAULT_FILTERS, DEFAULT_TESTS
from .lexer import DEFAULT_SYNTAX, TemplateLexer
from .modules import TemplateModule, TemplateSourceLoader, compile_with_lines, runtime_namespace
from .parser import TemplateParser
from .runtime import (
    Cycler,
    EvalContext,
    Joiner,
    TemplateContext,
    TemplateNamespace,
    bounded_range,
    refuse_lipsum,
)
from .statements import TemplateCompiler
from .undefined import TemplateLookups, Undefined

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from types import CodeType
    from typing import Any, NoReturn

    from .extra.bytecode import BytecodeCache
    from .extra.streaming import TemplateStream
    from .loaders import BaseLoader
    from .nodes import TemplateNode

DEFAULT_GLOBALS: dict[str, Any] = {
    "range": bounded_range,
    "dict": dict,
    "cycler": Cycler,
    "joiner": Joiner,
    "namespace": TemplateNamespace,
    "lipsum": refuse_lipsum,
}
_NO_EXTENSIONS = (
    "{% do %}, {% break %} and {% continue %} are built in, everything else can be a filter, "
    "a test or a global function"
)
# What Jinja has and this engine has not, and what to do instead.
_LEFT_OUT_OF_TEMPLATES = {
    left_out_name: what_to_use
    for left_out_names, what_to_use in (
        ("Extension add_extension extensions", _NO_EXTENSIONS),
        (
            "enable_async is_async render_async generate_async make_module_async",
            "render in a thread, asyncio.to_thread(template.render, ...)",
        ),
        (
            "SandboxedEnvironment ImmutableSandboxedEnvironment sandboxed",
            "templates are code: render none that a stranger wrote",
        ),
        ("ModuleLoader compile_templates", "use FileSystemBytecodeCache"),
        ("MemcachedBytecodeCache", "derive your own from BytecodeCache"),
        ("NativeEnvironment", "use Environment.compile_expression"),
        ("SecurityError", "use TemplateSecurityError"),
        ("extend", "assign to an attribute of the environment"),
        ("from_code from_module_dict", "use Environment.from_string or a loader"),
        ("install_gettext_callables", "add a function to environment.globals"),
        ("lex parse meta nodes", "read the template's python_source"),
        ("newline_sequence", "replace '\\n' in what render returns"),
        ("optimized", "there is nothing to switch off"),
    )
    for left_out_name in left_out_names.split()
}
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


def _describe_left_out(owner: str, name: str) -> str:
    instead = _LEFT_OUT_OF_TEMPLATES.get(name)
    return f"{owner} has no {name!r}{f': {instead}' if instead else ''}."


def missing_template_name(name: str) -> NoReturn:
    """Raise AttributeError for a name that this package lacks, saying what to use instead."""
    raise AttributeError(_describe_left_out("The template engine", name))


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

    def __init__(self, *, extensions: Sequence[str] = (), **options: Any) -> None:
        for extension in extensions:
            if extension not in ("jinja2.ext.do", "jinja2.ext.loopcontrols"):
                raise ValueError(
                    f"Template extensions are not supported, got {extension!r}: {_NO_EXTENSIONS}."
                )
        self.filters: dict[str, Callable[..., Any]] = dict(DEFAULT_FILTERS)
        self.tests: dict[str, Callable[..., Any]] = dict(DEFAULT_TESTS)
        self.globals: dict[str, Any] = dict(DEFAULT_GLOBALS)
        self.policies: dict[str, Any] = {"json.dumps_function": None, "json.dumps_kwargs": {}}
        self._configure({**_OPTIONS, **options})

    def _configure(self, options: dict[str, Any]) -> None:
        for name in options:
            if name not in _OPTIONS:
                known = ", ".join(_OPTIONS)
                raise TypeError(
                    f"{_describe_left_out(type(self).__name__, name)} The options are {known}."
                )
        vars(self).update(options)
        self._lexer = TemplateLexer(**self._syntax())
        self.cache: dict[tuple[Any, str], Template] = {}

    def overlay(self, **options: Any) -> Environment:
        """Return an environment that shares all with this one but *options* and loaded templates.

        >>> Environment().overlay(trim_blocks=True).trim_blocks
        True
        """
        other = object.__new__(type(self))
        vars(other).update(vars(self))
        other._configure(options)
        return other

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(_describe_left_out(type(self).__name__, name))

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
            root = self._parse(source, name, filename)
            compiler = TemplateCompiler(self, name, filename, self.escapes(name), streaming)
            return compiler.compile_root(root)
        except TemplateSyntaxError as error:
            error.source = source
            raise
        except RecursionError:
            message = "the template is too deeply nested"
            raise TemplateSyntaxError(message, 1, name, filename) from None

    def _parse(self, source: str, name: str | None, filename: str | None) -> TemplateNode:
        tokens = self.lexer().tokenize(source, name, filename)
        return TemplateParser(tokens, name, filename).parse()

    def compile_expression(self, source: str, undefined_to_none: bool = True) -> Callable[..., Any]:
        """Return a function of variables, given as to ``dict``, that evaluates an expression.

        *undefined_to_none* turns an undefined result into None.

        >>> Environment().compile_expression("a + 1")(a=2)
        3
        """
        text = f"{self.block_start_string} set result = {source} {self.block_end_string}"
        if [node.kind for node in self._parse(text, None, None).body] != ["set"]:
            raise TemplateSyntaxError(f"expected one expression, got {source!r}", 1)
        template = self.from_string(text)

        def evaluate(*args: Any, **kwargs: Any) -> Any:
            context = template.new_context(dict(*args, **kwargs))
            template.root_function(context, [])
            result = context.vars["result"]
            return None if undefined_to_none and isinstance(result, Undefined) else result

        return evaluate

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
        try:
            source, filename, uptodate = self.loader.get_source(self, name)
        except TemplateNotFound as error:
            error.list_names = self.list_templates
            raise
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

    def list_templates(
        self,
        extensions: Sequence[str] | None = None,
        filter_func: Callable[[str], bool] | None = None,
    ) -> list[str]:
        """Return the names of all templates that the loader knows, that end in one of *extensions*
        and for which *filter_func* says yes; TypeError if the loader cannot list them."""
        if extensions is not None and filter_func is not None:
            raise TypeError("list_templates takes extensions or filter_func, not both")
        names = [] if self.loader is None else self.loader.list_templates()
        if extensions is not None:
            endings = tuple("." + extension for extension in extensions)
            names = [name for name in names if name.endswith(endings)]
        return [name for name in names if filter_func is None or filter_func(name)]


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
        names = self._load(streaming=False)
        self.root_function: Callable[..., Any] = names["root"]
        self.blocks: dict[str, Callable[..., Any]] = names["blocks"]

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(_describe_left_out(type(self).__name__, name))

    @functools.cached_property
    def python_source(self) -> str:
        """The Python that the template was compiled to."""
        return self.environment.compile_source(self.source, self.name, self.filename)[0]

    def _load(self, streaming: bool) -> dict[str, Any]:
        """Run the template's module, compiled now or out of the cache; return its names."""
        names = runtime_namespace(self.environment, self.name)
        place = self.filename
        if place is None:
            name = (self.name or hex(hash(self.source))).replace("\0", "\\0")
            place = "template:" + name.encode("utf-8", "backslashreplace").decode()
            if "linecache" in sys.modules:
                sys.modules["linecache"].cache.pop(place, None)
            names["__name__"] = "template"
            names["__loader__"] = TemplateSourceLoader(self.source)
        cache = self.environment.bytecode_cache
        if cache is None or self.name is None:
            exec(self._compile(streaming, place), names)
            return names
        environment = self.environment
        bucket = cache.get_bucket(environment, self.name, self.filename, self.source, streaming)
        if bucket.code is None:
            bucket.code = self._compile(streaming, place)
            cache.dump_bytecode(bucket)
        exec(bucket.code, names)
        return names

    def _compile(self, streaming: bool, place: str) -> CodeType:
        source, lines = self.environment.compile_source(
            self.source, self.name, self.filename, streaming
        )
        try:
            return compile_with_lines(source, lines, place)
        except (RecursionError, MemoryError, SyntaxError) as error:
            message = "the template is too deeply nested for the interpreter"
            line = lines[(getattr(error, "lineno", None) or 1) - 1]
            too_deep = TemplateSyntaxError(message, line, self.name, self.filename)
            too_deep.source = self.source
            raise too_deep from None

    @functools.cached_property
    def _streaming(self) -> dict[str, Any]:
        return self._load(streaming=True)

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
        self.root_function(self.new_context(variables), out)
        return "".join(out)

    def generate(self, *args: Any, **kwargs: Any) -> Iterator[str]:
        """Yield the text of the template in pieces, as it comes to be.

        >>> "".join(Template("{% for x in y %}{{ x }}{% endfor %}").generate(y="abc"))
        'abc'
        """
        context = self.new_context(dict(*args, **kwargs), streaming=True)
        yield from filter(None, self.stream_function(context))

    def stream(self, *args: Any, **kwargs: Any) -> TemplateStream:
        """Return the text of the template as a stream of pieces, to send or to save.

        >>> list(Template("{{ x }}").stream(x=1))
        ['1']
        """
        from .extra.streaming import TemplateStream

        return TemplateStream(self.generate(*args, **kwargs))

    def make_module(self, variables: Mapping[str, Any] | None = None) -> TemplateModule:
        """Run the template and return what it exports: macros and top-level variables."""
        out: list[str] = []
        context = self.new_context(variables or {})
        self.root_function(context, out)
        return TemplateModule(self.name, context.get_exported(), "".join(out))

    @functools.cached_property
    def module(self) -> TemplateModule:
        """What the template exports when it is run without variables, made once."""
        return self.make_module()

    def __repr__(self) -> str:
        return f"<Template {self.name!r}>" if self.name else "<Template from a string>"
