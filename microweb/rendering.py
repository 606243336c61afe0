"""Templates: the app's environment, what every template may use, and rendering.

The environment is made when it is first read: an app that renders nothing never loads the engine.
"""

from __future__ import annotations

from .context import CURRENT_CONTEXT, find_request_context, g, request, session
from .helpers import get_flashed_messages
from .scaffold import (
    check_registered_function,
    describe_function,
    registering_decorator,
)
from .signals import before_render_template, template_rendered
from .urlbuilding import UrlBuilder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, Callable

    from .blueprints import Blueprint
    from .scaffold import AnyFunction, Scaffold
    from .signals import NamedSignal
    from .templating import BaseLoader, Environment, Template

_AUTOESCAPED_SUFFIXES = (".html", ".htm", ".xml", ".xhtml", ".svg")
_TEMPLATE_SUFFIXES = (".j2", ".jinja", ".jinja2", ".tmpl")


class TemplateRenderer(UrlBuilder):
    """The half of an app that renders templates. See `Microweb`.

    ``jinja_options`` are further arguments for the environment, such as other delimiters;
    ``jinja_environment`` is its class, if it is not to be `Environment`.
    """

    jinja_options: dict[str, Any] = {}
    jinja_environment: Any = None
    _jinja_env: Environment | None = None
    _inline_templates: dict[str, str] | None = None

    @property
    def jinja_env(self) -> Environment:
        """The template environment, made when it is first read."""
        if self._jinja_env is None:
            self._jinja_env = self.create_jinja_environment()
        return self._jinja_env

    @jinja_env.setter
    def jinja_env(self, value: Environment) -> None:
        self._jinja_env = value

    def add_inline_templates(self, templates: str | Mapping[str, str]) -> None:
        """Give templates as text, for apps of one file; they win over those in folders.

        *templates* maps names to sources, or is one text in which a line ``@@ name`` begins each
        template. ValueError where text stands before the first such line.

        >>> from microweb import Microweb, render_template
        >>> app = Microweb("example")
        >>> app.add_inline_templates('''
        ... @@ layout.html
        ... <title>{% block title %}{% endblock %}</title>
        ... @@ page.html
        ... {% extends "layout.html" %}{% block title %}{{ name }}{% endblock %}
        ... ''')
        >>> with app.test_request_context():
        ...     render_template("page.html", name="<Ada>")
        '<title>&lt;Ada&gt;</title>'
        """
        self._check_setup("add_inline_templates")
        found = _split_inline_templates(templates) if isinstance(templates, str) else templates
        self._inline_templates = {**(self._inline_templates or {}), **found}
        self._forget_loader()

    def add_blueprint(self, name: str, blueprint: Blueprint) -> None:
        """Take over a blueprint, and its template folder with it."""
        super().add_blueprint(name, blueprint)
        self._forget_loader()

    def _forget_loader(self) -> None:
        """Have the environment ask the loaders that there are now."""
        if self._jinja_env is not None:
            self._jinja_env.loader = self._make_loader()

    def _add_to_templates(
        self, kind: str, registry: dict[str, Any], f: Callable[..., Any], name: str | None
    ) -> None:
        self._check_setup(f"add_template_{kind}", f)
        check_registered_function(f"add_template_{kind}", f)
        registry[name or f.__name__] = f

    def add_template_filter(self, f: Callable[..., Any], name: str | None = None) -> None:
        """Register a function as a filter of templates, under *name* or its own."""
        self._add_to_templates("filter", self.jinja_env.filters, f, name)

    def add_template_test(self, f: Callable[..., Any], name: str | None = None) -> None:
        """Register a function as a test of templates, under *name* or its own."""
        self._add_to_templates("test", self.jinja_env.tests, f, name)

    def add_template_global(self, f: Callable[..., Any], name: str | None = None) -> None:
        """Register a function as a global of templates, under *name* or its own."""
        self._add_to_templates("global", self.jinja_env.globals, f, name)

    def template_filter(self, name: Any = None) -> Callable[[AnyFunction], AnyFunction]:
        """Register the decorated function as a filter of templates, under *name* or its own.

        >>> from microweb import Microweb, render_template_string
        >>> app = Microweb("example")
        >>> @app.template_filter()
        ... def shout(text):
        ...     return text.upper() + "!"
        >>> with app.app_context():
        ...     render_template_string("{{ 'hello'|shout }}")
        'HELLO!'
        """
        return registering_decorator(self.add_template_filter, name)

    def template_test(self, name: Any = None) -> Callable[[AnyFunction], AnyFunction]:
        """Register the decorated function as a test of templates, under *name* or its own."""
        return registering_decorator(self.add_template_test, name)

    def template_global(self, name: Any = None) -> Callable[[AnyFunction], AnyFunction]:
        """Register the decorated function as a global of templates, under *name* or its own."""
        return registering_decorator(self.add_template_global, name)

    def create_global_jinja_loader(self) -> BaseLoader:
        """Return what finds templates: those in the script, then the app's folder, then those of
        the blueprints."""
        from .templating import ChoiceLoader, DictLoader

        loaders: list[Any] = [DictLoader(self._inline_templates)] if self._inline_templates else []
        owners: list[Scaffold] = [self, *self.blueprints.values()]
        loaders += [owner.jinja_loader for owner in owners]
        return ChoiceLoader([loader for loader in loaders if loader is not None])

    def create_jinja_environment(self) -> Environment:
        """Return the template environment, with the names that every template may use."""
        from .templating import Environment

        auto_reload = self.config["TEMPLATES_AUTO_RELOAD"]
        options = {
            "autoescape": self.select_jinja_autoescape,
            "auto_reload": self.debug if auto_reload is None else auto_reload,
            **self.jinja_options,
        }
        if self.debug:
            options["undefined"] = self._logging_undefined(options.get("undefined"))
        environment: Environment = (self.jinja_environment or Environment)(
            loader=self._make_loader(), **options
        )
        # The proxies cost nothing until a template uses them: a page that never mentions the
        # session does not open it.
        environment.globals.update(
            url_for=self.url_for,
            get_flashed_messages=get_flashed_messages,
            config=self.config,
            request=request,
            session=session,
            g=g,
        )
        environment.filters["tojson"] = self._to_json_in_html
        return environment

    def _make_loader(self) -> BaseLoader:
        """Return the loader of all templates; with EXPLAIN_TEMPLATE_LOADING one that tells the
        log where each template was looked for and found."""
        loader = self.create_global_jinja_loader()
        if not self.config["EXPLAIN_TEMPLATE_LOADING"]:
            return loader
        from .templating import FunctionLoader, TemplateNotFound

        def explain(name: str) -> Any:
            try:
                source = loader.get_source(self._jinja_env, name)
            except TemplateNotFound as error:
                tried = "".join(f"\n  {place}" for place in error.tried) or " nowhere"
                self.logger.info("template %r: not found; looked in:%s", name, tried)
                return None
            self.logger.info("template %r: found %s", name, source[1] or "in the script")
            return source

        return FunctionLoader(explain)

    def _logging_undefined(self, base: Any) -> Any:
        """Return the class of undefined values while debugging: it logs what a page lacks."""
        from .templating import Undefined, make_logging_undefined

        return make_logging_undefined(self.logger, base or Undefined)

    def _to_json_in_html(self, value: Any, **kwargs: Any) -> Any:
        """Return JSON that may stand in HTML, in a script and in an attribute between ``'``."""
        from .templating import Markup

        text = self.json.dumps(value, **kwargs)
        for character in "<>&'":
            text = text.replace(character, f"\\u{ord(character):04x}")
        return Markup(text)

    def select_jinja_autoescape(self, filename: str | None) -> bool:
        """Return whether output is escaped in a template: in text given as a string, and in files
        whose name ends in .html, .htm, .xml, .xhtml or .svg, whatever template suffix follows."""
        if filename is None:
            return True
        name = filename.lower()
        for suffix in _TEMPLATE_SUFFIXES:
            if name.endswith(suffix):
                name = name[: -len(suffix)]
                break
        return name.endswith(_AUTOESCAPED_SUFFIXES)

    def update_template_context(self, context: dict[str, Any]) -> None:
        """Add what the context processors return to *context*; what the view passed wins."""
        if not self.template_context_processors:
            return
        current = find_request_context() or CURRENT_CONTEXT.get(None)
        rule = None if current is None else current.url_rule
        given = dict(context)
        endpoint = None if rule is None else rule.endpoint
        for function in self.iter_hooks(self.template_context_processors, endpoint):
            values = self.ensure_sync(function)()
            if not isinstance(values, dict):
                raise TypeError(
                    f"the context processor {describe_function(function)} has to return a dict, "
                    f"not {values!r:.60}"
                )
            context.update(values)
        context.update(given)

    def render(self, template: Template, context: dict[str, Any]) -> str:
        """Return a template rendered with *context* and everything the app adds to it."""
        self._begin_rendering(template, context)
        text: str = template.render(context)
        self._send_rendering(template_rendered, template, context)
        return text

    def stream(self, template: Template, context: dict[str, Any]) -> Iterator[str]:
        """Return the pieces of a template, each rendered when it is asked for."""
        self._begin_rendering(template, context)

        def generate() -> Iterator[str]:
            yield from template.generate(context)
            self._send_rendering(template_rendered, template, context)

        return generate()

    def _begin_rendering(self, template: Template, context: dict[str, Any]) -> None:
        self.update_template_context(context)
        if before_render_template.receivers or template_rendered.receivers:
            # In templates these are globals; who listens finds them in the context, as in Flask.
            current = find_request_context()
            if current is not None:
                context.setdefault("request", current.request)
                context.setdefault("g", current.g)
        self._send_rendering(before_render_template, template, context)

    def _send_rendering(
        self, signal: NamedSignal, template: Template, context: dict[str, Any]
    ) -> None:
        if signal.receivers:
            signal.send(self, _async_wrapper=self.ensure_sync, template=template, context=context)


def _split_inline_templates(text: str) -> dict[str, str]:
    """Return the templates of a text by name; a line ``@@ name`` begins each."""
    lines_of: dict[str, list[str]] = {}
    lines: list[str] | None = None
    for line in text.splitlines(keepends=True):
        if line.startswith("@@"):
            lines = lines_of[line[2:].strip()] = []
        elif lines is not None:
            lines.append(line)
        elif line.strip():
            raise ValueError(
                f"text stands before the first template: {line.strip()!r:.60}; begin each with a "
                f"line such as '@@ index.html'"
            )
    return {name: "".join(lines) for name, lines in lines_of.items()}
