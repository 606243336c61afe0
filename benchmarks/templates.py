"""Templates: tables of numbers and of text, a page with inheritance, compiling and loading it."""

from __future__ import annotations

import importlib
import tempfile
from typing import Any, Callable

from .timing import Row, measure, print_table

ROWS, COLUMNS = 1000, 10
NUMBERS = [list(range(COLUMNS)) for _ in range(ROWS)]
TEXTS = [[f"<cell & '{number}'>" for number in range(COLUMNS)] for _ in range(ROWS)]

TABLE = """<table>
{% for row in table %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</table>"""

PAGES = {
    "base.html": """<!doctype html><title>{% block title %}Site{% endblock %}</title>
<nav>{% for item in menu %}<a href="{{ item.url }}"{% if loop.first %} class="first"{% endif %}>
{{ item.label|upper }}</a>{% endfor %}</nav><main>{% block content %}{% endblock %}</main>""",
    "page.html": """{% extends "base.html" %}
{% macro card(user, size=3) %}<div class="card-{{ size }}">{{ user.name|title }}
{% if user.mail %}<i>{{ user.mail|lower }}</i>{% endif %}</div>{% endmacro %}
{% block title %}{{ super() }} – {{ title|default("Untitled") }}{% endblock %}
{% block content %}{% for user in users if user.active %}
{{ loop.index }}. {{ card(user, size=loop.index) }}
{% else %}<p>Nobody.</p>{% endfor %}{% set total = users|length %}
<p>{{ total }} user{{ "s" if total != 1 }}:
{{ users|map(attribute="name")|join(", ")|truncate(60) }}</p>
{% endblock %}""",
}
PAGE_CONTEXT: dict[str, Any] = {
    "title": "People & places",
    "menu": [{"url": f"/{name}", "label": name} for name in ("home", "people", "about")],
    "users": [
        {"name": f"user {number}", "mail": f"USER{number}@example.com", "active": number % 3 > 0}
        for number in range(12)
    ],
}


def microweb_environment() -> Any:
    """Return microweb's environment with the pages."""
    from microweb.templating import DictLoader, Environment

    return Environment(loader=DictLoader(PAGES), autoescape=True)


def jinja_environment() -> Any:
    """Return Jinja's environment with the pages."""
    from jinja2 import DictLoader, Environment

    return Environment(loader=DictLoader(PAGES), autoescape=True)


def microweb_table() -> Callable[[Any], str]:
    """Return a function that renders the table under microweb."""
    template = microweb_environment().from_string(TABLE)
    return lambda table: template.render(table=table)


def jinja_table() -> Callable[[Any], str]:
    """Return a function that renders the table under Jinja."""
    template = jinja_environment().from_string(TABLE)
    return lambda table: template.render(table=table)


def bottle_table() -> Callable[[Any], str]:
    """Return a function that renders the table under Bottle's SimpleTemplate."""
    from bottle import SimpleTemplate

    source = """<table>
% for row in table:
<tr>
% for cell in row:
<td>{{cell}}</td>
% end
</tr>
% end
</table>"""
    template = SimpleTemplate(source)
    return lambda table: template.render(table=table)


def wheezy_table() -> Callable[[Any], str]:
    """Return a function that renders the table under wheezy.template, escaping."""
    from wheezy.template.engine import Engine
    from wheezy.template.ext.core import CoreExtension
    from wheezy.template.loader import DictLoader

    try:
        from wheezy.html.utils import escape_html as escape
    except ImportError:
        from html import escape  # type: ignore[assignment]
    source = """@require(table)
<table>
@for row in table:
<tr>
@for cell in row:
<td>@cell!e</td>
@end
</tr>
@end
</table>"""
    engine = Engine(DictLoader({"table": source}), [CoreExtension()])
    engine.global_vars.update({"e": lambda value: escape(str(value))})
    render = engine.get_template("table").render
    return lambda table: render({"table": table})


def mako_table() -> Callable[[Any], str]:
    """Return a function that renders the table under Mako, escaping."""
    from mako.template import Template

    source = """<table>
% for row in table:
<tr>
% for cell in row:
<td>${cell}</td>
% endfor
</tr>
% endfor
</table>"""
    template = Template(source, default_filters=["str", "h"])
    return lambda table: template.render(table=table)


def tornado_table() -> Callable[[Any], str]:
    """Return a function that renders the table under Tornado's templates."""
    from tornado.template import Template

    source = """<table>
{% for row in table %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% end %}</tr>
{% end %}</table>"""
    template = Template(source)
    return lambda table: template.generate(table=table).decode()


def django_table() -> Callable[[Any], str]:
    """Return a function that renders the table under Django's templates."""
    from django.conf import settings
    from django.template import Context, Engine

    if not settings.configured:
        settings.configure(USE_I18N=False)
    template = Engine().from_string(TABLE)
    return lambda table: str(template.render(Context({"table": table})))


def chameleon_table() -> Callable[[Any], str]:
    """Return a function that renders the table under Chameleon."""
    from chameleon import PageTemplate

    source = """<table><tr tal:repeat="row table"><td tal:repeat="cell row">${cell}</td></tr>
</table>"""
    template = PageTemplate(source)
    return lambda table: str(template.render(table=table))


TABLES = {
    "microweb": microweb_table,
    "Jinja": jinja_table,
    "Bottle": bottle_table,
    "wheezy.template": wheezy_table,
    "Mako": mako_table,
    "Tornado": tornado_table,
    "Django": django_table,
    "Chameleon": chameleon_table,
}


def _installed(makers: dict[str, Callable[[], Any]]) -> dict[str, Any]:
    found = {}
    for name, make in makers.items():
        try:
            found[name] = make()
        except ImportError as error:
            print(f"{name} is left out: {error}")
    return found


def _render_call(render: Callable[[Any], str], table: Any) -> Callable[[], str]:
    return lambda: render(table)


def _page_call(environment: Any) -> Callable[[], str]:
    template = environment.get_template("page.html")
    return lambda: str(template.render(PAGE_CONTEXT))


def _compile_call(environment: Any) -> Callable[[], Any]:
    return lambda: [environment.from_string(source) for source in PAGES.values()]


def _stream_call(environment: Any) -> Callable[[], int]:
    template = environment.from_string(TABLE)
    return lambda: sum(map(len, template.generate(table=NUMBERS)))


def _load_call(package: Any, folder: str) -> Callable[[], Any]:
    """Return a call that loads the pages as a new process does, compiled ones on the disk."""
    cache = package.FileSystemBytecodeCache(folder)

    def load() -> Any:
        environment = package.Environment(
            loader=package.DictLoader(PAGES), autoescape=True, bytecode_cache=cache
        )
        return [environment.get_template(name) for name in PAGES]

    return load


def main() -> None:
    """Measure rendering and compiling, beside every engine that is installed."""
    tables = _installed(TABLES)
    environments = _installed({"microweb": microweb_environment, "Jinja": jinja_environment})
    if "Jinja" in environments:
        pages = [
            env.get_template("page.html").render(PAGE_CONTEXT) for env in environments.values()
        ]
        if pages[0] != pages[1]:
            raise RuntimeError("microweb and Jinja render the page differently")
    loaders = {}
    folder = tempfile.TemporaryDirectory()
    for name, package in (("microweb", "microweb.templating"), ("Jinja", "jinja2")):
        if name in environments:
            loaders[name] = _load_call(importlib.import_module(package), folder.name)
    size = f"{ROWS}×{COLUMNS}"
    rows = [
        Row(
            f"table {size} of ints",
            measure({name: _render_call(render, NUMBERS) for name, render in tables.items()}),
            "1.0 ms",
        ),
        Row(
            f"table {size} of text to escape",
            measure({name: _render_call(render, TEXTS) for name, render in tables.items()}),
            "2.1 ms",
        ),
        Row(
            "page: inheritance, macro, filters",
            measure({name: _page_call(env) for name, env in environments.items()}),
            "0.08 ms",
        ),
        Row(
            "compiling that page",
            measure({name: _compile_call(env) for name, env in environments.items()}),
            "1.0 ms",
        ),
        Row("loading it compiled", measure(loaders)),
        Row(
            f"streaming the table {size} of ints",
            measure({name: _stream_call(env) for name, env in environments.items()}),
        ),
    ]
    folder.cleanup()
    print_table("Templates, one rendering each, autoescaped", rows)
