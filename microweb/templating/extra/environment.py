"""What few programs ask of an `Environment` or a `Template`."""

from __future__ import annotations

import functools

from ..environment import Template
from ..exceptions import TemplateNotFound, TemplateSyntaxError
from ..undefined import TemplateLookups, Undefined
from .leftout import check_template_extension, name_ordered_options
from .objects import TemplateModule
from .streaming import StreamedTemplate, StreamingCompiler, TemplateStream
from .translations import TranslatingMembers, translate_by_gettext

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any


class TemplatesNotFound(TemplateNotFound):
    """None of several templates exists; `templates` lists the names."""

    def __init__(
        self, names: Sequence[Any] = (), message: str | None = None, *, tried: Sequence[str] = ()
    ) -> None:
        if message is None:
            listed = ", ".join(
                f"({name._undefined_message})" if isinstance(name, Undefined) else repr(str(name))
                for name in names
            )
            listed = listed or "the list is empty"
            message = f"None of these templates was found: {listed}"
        super().__init__(names[-1] if names else None, message, tried=tried)
        self.templates = [str(name) for name in names]

    def __reduce__(self) -> Any:
        return self.__class__, (self.templates, self.args[0]), {"tried": self.tried}


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


class RareMembers:
    """The members that `Environment` and `Template` take over from here when first used."""

    install_gettext_callables = TranslatingMembers.install_gettext_callables
    install_gettext_translations = TranslatingMembers.install_gettext_translations
    install_null_translations = TranslatingMembers.install_null_translations
    uninstall_gettext_translations = TranslatingMembers.uninstall_gettext_translations

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    # Those of `Environment`.

    def add_extension(self, extension: Any) -> None:
        """Take one of Jinja's extensions whose tags are built in, ``"jinja2.ext.i18n"`` for one, or
        raise ValueError."""
        if check_template_extension(extension) == "i18n":
            self.globals["_"] = translate_by_gettext

    def overlay(self, *ordered: Any, **options: Any) -> Any:
        """Return an environment that shares all with this one but *options* and loaded templates.

        >>> from microweb.templating import Environment
        >>> Environment().overlay(trim_blocks=True).trim_blocks
        True
        """
        options = name_ordered_options(ordered, options) if ordered else options
        extensions = options.pop("extensions", ())
        other = object.__new__(type(self))
        vars(other).update(vars(self))
        other._configure(options)
        for extension in extensions:
            other.add_extension(extension)
        return other

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return the attribute of *obj*, else the item, as ``obj.attribute`` does in a template."""
        return TemplateLookups(self.undefined).guarded_attribute(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return the item of *obj*, else the attribute, as ``obj[argument]`` does in a template."""
        return TemplateLookups(self.undefined).item(obj, argument)

    def compile_expression(self, source: str, undefined_to_none: bool = True) -> Callable[..., Any]:
        """Return a function of variables, given as to ``dict``, that evaluates an expression.

        *undefined_to_none* turns an undefined result into None.

        >>> from microweb.templating import Environment
        >>> Environment().compile_expression("a + 1")(a=2)
        3
        """
        text = f"{self.block_start_string} set result = {source} {self.block_end_string}"
        kinds = [kind for kind, _, _ in self.lexer().tokenize(text)]
        inside = kinds[1:-2]
        if kinds[-2] != "block_end" or {"text", "block_end", "variable_begin"} & set(inside):
            raise TemplateSyntaxError(f"expected one expression, got {source!r}", 1)
        template = self.from_string(text)

        def evaluate(*args: Any, **kwargs: Any) -> Any:
            context = template.new_context(dict(*args, **kwargs))
            template.root_function(context, [])
            result = context.vars["result"]
            return None if undefined_to_none and isinstance(result, Undefined) else result

        return evaluate

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
            if name is None or isinstance(name, Undefined):
                continue
            try:
                template: Template = self.get_template(name, parent, globals)
                return template
            except TemplateNotFound as error:
                tried += error.tried
        raise TemplatesNotFound(names, tried=tried)

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

    def streaming_compiler(self) -> type:
        """Return the class that compiles templates which hand out pieces."""
        return StreamingCompiler

    # Those of `Template`.

    @functools.cached_property
    def python_source(self) -> str:
        """The Python that the template was compiled to."""
        source, lines = self.environment.compile_source(self.source, self.name, self.filename)
        texts: list[str] = []
        shown = 0
        for code, lineno in zip(source.splitlines(), lines):
            note = lineno != shown and code.startswith(" ")
            shown = lineno if note else shown
            texts.append(f"{code}  # line {lineno}" if note else code)
        return "\n".join(texts) + "\n"

    def make_module(self, variables: Mapping[str, Any] | None = None) -> TemplateModule:
        """Run the template and return what it exports: macros and top-level variables."""
        out: list[str] = []
        context = self.new_context(variables or {})
        self.root_function(context, out)
        exported = {name: value for name, value in context.vars.items() if name[:1] != "_"}
        return TemplateModule(self.name, exported, "".join(out))

    @functools.cached_property
    def module(self) -> TemplateModule:
        """What the template exports when it is run without variables, made once."""
        return self.make_module()

    @functools.cached_property
    def streamed(self) -> Template:
        """The form of the template that hands out pieces, compiled at first use."""
        origin = (self.name, self.filename, self.globals, self._uptodate)
        streamed: Template = StreamedTemplate._make(self.environment, self.source, *origin)
        return streamed

    def generate(self, *args: Any, **kwargs: Any) -> Iterator[str]:
        """Yield the text of the template in pieces, as it comes to be.

        >>> "".join(Template("{% for x in y %}{{ x }}{% endfor %}").generate(y="abc"))
        'abc'
        """
        streamed = self.streamed
        context = streamed.new_context(dict(*args, **kwargs))
        yield from filter(None, streamed.root_function(context))

    def stream(self, *args: Any, **kwargs: Any) -> TemplateStream:
        """Return the text of the template as a stream of pieces, to send or to save.

        >>> list(Template("{{ x }}").stream(x=1))
        ['1']
        """
        return TemplateStream(self.generate(*args, **kwargs))
