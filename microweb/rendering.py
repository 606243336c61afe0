"""Templates: the environment of an app, what every template may use, and rendering.

The environment is made when it is first read: an app that renders nothing never loads the engine.
"""

from __future__ import annotations

from functools import partial

from .globals import CURRENT_CONTEXT, HEARD_RARE_SIGNALS, find_request_context
from .scaffold import describe_function
from .templateviews import make_template_views

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .app import Microweb
    from .scaffold import Scaffold
    from .templating import BaseLoader, Environment, Template

_AUTOESCAPED_SUFFIXES = (".html", ".htm", ".xml", ".xhtml", ".svg")
_TEMPLATE_SUFFIXES = (".j2", ".jinja", ".jinja2", ".tmpl")


def make_environment(app: Microweb) -> Environment:
    """Return the template environment, with the names that every template may use."""
    from .helpers import get_flashed_messages
    from .templating import Environment

    options = {
        "autoescape": app.select_jinja_autoescape,
        "auto_reload": reloads_templates(app),
        **app.jinja_options,
    }
    if app.debug:
        options["undefined"] = _logging_undefined(app, options.get("undefined"))
    environment: Environment = (app.jinja_environment or Environment)(
        loader=make_template_loader(app), **options
    )
    # The views cost nothing until a template uses them: a page that never mentions the
    # session does not open it.
    environment.globals.update(
        url_for=app.url_for,
        get_flashed_messages=get_flashed_messages,
        **make_template_views(app.config),
    )
    environment.filters["tojson"] = partial(_to_json_in_html, app)
    return environment


def reloads_templates(app: Microweb) -> bool:
    """Return whether templates are read again when they have changed: TEMPLATES_AUTO_RELOAD, or
    while debugging."""
    auto_reload = app.config["TEMPLATES_AUTO_RELOAD"]
    return bool(app.debug if auto_reload is None else auto_reload)


def find_template_loaders(app: Microweb) -> BaseLoader:
    """Return what finds templates: those in the script, then the app's folder, then those of
    the blueprints."""
    from .templating import ChoiceLoader, DictLoader

    loaders: list[Any] = [DictLoader(app._inline_templates)] if app._inline_templates else []
    owners: list[Scaffold] = [app, *app.blueprints.values()]
    loaders += [owner.jinja_loader for owner in owners]
    return ChoiceLoader([loader for loader in loaders if loader is not None])


def make_template_loader(app: Microweb) -> BaseLoader:
    """Return the loader of all templates; with EXPLAIN_TEMPLATE_LOADING one that tells the
    log where each template was looked for and found."""
    loader = app.create_global_jinja_loader()
    if not app.config["EXPLAIN_TEMPLATE_LOADING"]:
        return loader
    from .templating import TemplateNotFound
    from .templating.extra.loaders import FunctionLoader

    def explain(name: str) -> Any:
        try:
            source = loader.get_source(app._jinja_env, name)
        except TemplateNotFound as error:
            tried = "".join(f"\n  {place}" for place in error.tried) or " nowhere"
            app.logger.info("template %r: not found; looked in:%s", name, tried)
            return None
        app.logger.info("template %r: found %s", name, source[1] or "in the script")
        return source

    return FunctionLoader(explain)


def _logging_undefined(app: Microweb, base: Any) -> Any:
    """Return the class of undefined values while debugging: it logs what a page lacks."""
    from .templating import Undefined
    from .templating.extra.undefined import make_logging_undefined

    return make_logging_undefined(app.logger, base or Undefined)


def _to_json_in_html(app: Microweb, value: Any, **kwargs: Any) -> Any:
    """Return JSON that may stand in HTML, in a script and in an attribute between ``'``."""
    from .templating import Markup

    text = app.json.dumps(value, **kwargs)
    for character in "<>&'":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def is_autoescaped(filename: str | None) -> bool:
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


def add_processed_context(app: Microweb, context: dict[str, Any]) -> None:
    """Add what the context processors return to *context*; what the view passed wins."""
    if not app.template_context_processors:
        return
    current = find_request_context() or CURRENT_CONTEXT.get(None)
    rule = None if current is None else current.url_rule
    given = dict(context)
    endpoint = None if rule is None else rule.endpoint
    for function in app.iter_hooks(app.template_context_processors, endpoint):
        values = app.ensure_sync(function)()
        if not isinstance(values, dict):
            raise TypeError(
                f"the context processor {describe_function(function)} has to return a dict, "
                f"not {values!r:.60}"
            )
        context.update(values)
    context.update(given)


def render_in_app(app: Microweb, template: Template, context: dict[str, Any]) -> str:
    """Return a template rendered with *context* and everything the app adds to it."""
    app.update_template_context(context)
    if not HEARD_RARE_SIGNALS:
        return template.render(context)
    _send_rendering(app, "before-render-template", template, context)
    text: str = template.render(context)
    _send_rendering(app, "template-rendered", template, context)
    return text


def stream_in_app(app: Microweb, template: Template, context: dict[str, Any]) -> Iterator[str]:
    """Return the pieces of a template, each rendered when it is asked for."""
    app.update_template_context(context)
    _send_rendering(app, "before-render-template", template, context)

    def generate() -> Iterator[str]:
        yield from template.generate(context)
        _send_rendering(app, "template-rendered", template, context)

    return generate()


def _send_rendering(app: Microweb, name: str, template: Template, context: dict[str, Any]) -> None:
    """Send a signal with a context that has the request and g, as in Flask. In templates these are
    globals, so they are taken out again."""
    if not HEARD_RARE_SIGNALS:
        return
    current = find_request_context()
    added = {} if current is None else {"request": current.request, "g": current.g}
    added = {key: value for key, value in added.items() if key not in context}
    context.update(added)
    app.send_signal(name, template=template, context=context)
    for key, value in added.items():
        if context.get(key) is value:
            del context[key]
