"""The core of the engine alone: everyday templates, the guard, errors with their lines.

This file also runs where there is no ``extra``. There a template either renders as documented or
ends in an ImportError that says what is missing.
"""

# A row of a table is one line.
# ruff: noqa: E501

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from microweb.templating import (
    DictLoader,
    Environment,
    FileSystemLoader,
    Markup,
    Template,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
)

from .test_compiler_corpus import CORPUS, PAGES, make_context

SITE = {
    "base.html": "<title>{% block title %}Site{% endblock %}</title>{% block body %}{% endblock %}",
    "page.html": (
        "{% extends 'base.html' %}{% block title %}{{ name }} | {{ super() }}{% endblock %}"
        "{% block body %}<ul>{% for item in items %}{% include 'item.html' %}"
        "{% else %}<li>none{% endfor %}</ul>{% endblock %}"
    ),
    "item.html": "<li>{{ item }}",
}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ name|upper }} {{ nope|default('-') }} {{ items|join(', ') }}", "A&lt;B - 1, 2, 3"),
        ("{% if items and not nope %}yes{% elif name %}no{% else %}?{% endif %}", "yes"),
        ("{% for i in items if i > 1 %}{{ loop.index }}:{{ i * 2 }} {% endfor %}", "1:4 2:6 "),
        ("{% for k, v in {'a': 1}.items() %}{{ k }}={{ v }}{% endfor %}", "a=1"),
        ("{% for i in [] %}x{% else %}empty{% endfor %}", "empty"),
        ("{% for i in items %}a{# #}b{{ i }}c{# #}d{% endfor %}", "ab1cdab2cdab3cd"),
        ("{% set a, b = 1, 2 %}{{ (a + b) ~ '<' }}", "3&lt;"),
        ("{% for i in items %}{% if i == 2 %}{% set x = i %}{% endif %}{{ x }}|{% endfor %}", "|2||"),
        ("{% raw %}{{ x }}{% endraw %}{# gone #} {%- if 1 -%} a {% endif %}", "{{ x }}a "),
        ("{{ name }}{{ name|safe }}{{ html }}{{ name|e|e }}", "a&lt;ba<b<i>a&lt;b"),
        ("{{ items[0] }}{{ items[-1] }}{{ items[1:]|length }}{{ user.name }}", "132Ada"),
        ("{{ nope is defined }} {{ 3 is odd }} {{ none is none }} {{ 1 in items }}", "False True True True"),
        ("{{ 'a' if nope else 'b' }}{{ 7 // 2 }}{{ 7 % 4 }}{{ -items[0] + 2 }}", "b331"),
        ("{{ user.greet('x', mark='!') }}{{ range(3)|list }}", "hello x![0, 1, 2]"),
    ],
)  # fmt: skip
def test_everyday_templates(source: str, expected: str) -> None:
    class User:
        name = "Ada"

        def greet(self, to: str, mark: str = "") -> str:
            return f"hello {to}{mark}"

    template = Environment(autoescape=True).from_string(source)
    variables = {"name": "a<b", "items": [1, 2, 3], "html": Markup("<i>"), "user": User()}
    assert template.render(variables) == expected


def test_inheritance_and_inclusion_from_a_folder(tmp_path: Path) -> None:
    for name, text in SITE.items():
        (tmp_path / name).write_text(text, "utf-8")
    for loader in (DictLoader(SITE), FileSystemLoader(tmp_path)):
        page = Environment(loader=loader, autoescape=True).get_template("page.html")
        head = "<title>&lt;n&gt; | Site</title><ul>"
        assert page.render(name="<n>", items="ab") == head + "<li>a<li>b</ul>"
        assert page.render(name="<n>") == head + "<li>none</ul>"
    with pytest.raises(TemplateNotFound, match=r"nope\.html"):
        page.environment.get_template("nope.html")


def test_every_template_renders_as_documented_or_says_what_is_missing() -> None:
    rendered = 0
    for _, settings, rows in CORPUS:
        for source, expected in rows:
            try:
                environment = Environment(loader=DictLoader(PAGES), **settings)
                text = environment.from_string(source).render(make_context())
            except ImportError as error:
                assert "extra" in str(error)
                continue
            assert text == expected, source
            rendered += 1
    assert rendered > 230


@pytest.mark.parametrize(
    "expression",
    [
        "x.__class__",
        "x['__class__']",
        "x.__class__.__mro__",
        "f.__globals__",
        "f.func_globals",
        "f['__code__']",
        "[].append.__self__.__class__",
        "loop.__init__",
        "nope.__class__",
        "self.__init__",
        "''.__class__.__base__",
        "range.__self__",
        "(x ~ '').__class__",
    ],
)
def test_names_of_the_interpreter_are_out_of_reach(expression: str) -> None:
    source = f"{{% for i in [1] %}}{{{{ {expression} }}}}{{% endfor %}}"
    try:
        text = Template(source).render(x=1, f=test_everyday_templates)
    except (UndefinedError, ImportError):
        return
    except Exception as error:
        assert type(error).__name__ == "TemplateSecurityError"
        return
    assert text == ""


@pytest.mark.parametrize(
    ("source", "lineno"),
    [
        ("a\n{{ 1 + }}", 2),
        ("\n\n{% if a %}", 3),
        ("{% nope %}", 1),
        ("\n{{ a ? b }}", 2),
        ("{{ a|nope }}", 1),
        ("\n{% endfor %}", 2),
        ("{{ f(1] }}", 1),
        ("{{ " + "(" * 5000, 1),
    ],
)
def test_errors_have_the_line(source: str, lineno: int) -> None:
    with pytest.raises(TemplateSyntaxError) as raised:
        Template(source)
    assert raised.value.lineno == lineno


def test_what_is_missing_is_told_where_it_is_used() -> None:
    with pytest.raises(UndefinedError, match="'user' is undefined") as raised:
        Environment().from_string("a\n{{ b }}\n{{ user.name }}").render()
    assert [entry.lineno for entry in raised.traceback if entry.name == "root"] == [2]


def test_a_macro_sees_what_is_set_after_it() -> None:
    source = (
        "{% for i in [1, 2] %}{% macro m() %}{{ x }}{% endmacro %}{{ m() }}{% set x = i %}"
        "{{ m() }},{% endfor %}"
    )
    context: dict[str, Any] = {"x": "o"}
    try:
        assert Template(source).render(context) == "o1,o2,"
    except ImportError as error:
        assert "extra" in str(error)
