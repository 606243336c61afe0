"""Environment and Template: settings, own filters, tests and globals, streaming, modules."""

# A row of a table is one line.
# ruff: noqa: E501

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from microweb.templating import (
    ChainableUndefined,
    DebugUndefined,
    DictLoader,
    Environment,
    Markup,
    Template,
    Undefined,
    pass_context,
    pass_environment,
    pass_eval_context,
)


def test_own_filters_tests_and_globals() -> None:
    environment = Environment()
    environment.filters["twice"] = lambda value, sep="": f"{value}{sep}{value}"
    environment.tests["small"] = lambda value: value < 10
    environment.globals["site"] = "S"
    source = "{{ 1|twice }}{{ 2|twice(sep='-') }}{{ 3 is small }}{{ site }}"
    assert environment.from_string(source).render() == "112-2TrueS"


def test_functions_get_the_first_argument_they_ask_for() -> None:
    @pass_context
    def from_context(context: Any, name: str) -> Any:
        return context.get(name, "none")

    @pass_environment
    def from_environment(environment: Any) -> bool:
        return isinstance(environment, Environment)

    @pass_eval_context
    def escapes(eval_context: Any, value: Any) -> str:
        return str(eval_context.autoescape)

    environment = Environment(autoescape=True)
    environment.globals.update(lookup=from_context, env=from_environment)
    environment.filters["escapes"] = escapes
    source = "{{ lookup('a') }}{{ lookup('b') }} {{ env() }} {{ 1|escapes }}"
    source += "{% autoescape false %} {{ 1|escapes }}{% endautoescape %}"
    assert environment.from_string(source).render(a=1) == "1none True True False"


def test_autoescape_may_be_a_function_of_the_name() -> None:
    environment = Environment(
        loader=DictLoader({"a.html": "{{ x }}", "a.txt": "{{ x }}"}),
        autoescape=lambda name: name is None or name.endswith(".html"),
    )
    assert environment.get_template("a.html").render(x="<") == "&lt;"
    assert environment.get_template("a.txt").render(x="<") == "<"
    assert environment.from_string("{{ x }}").render(x="<") == "&lt;"


def test_finalize_is_applied_to_every_value() -> None:
    environment = Environment(finalize=lambda value: "" if value is None else value)
    assert environment.from_string("a{{ none }}b{{ x }}{{ 1 }}").render(x=None) == "ab1"


@pytest.mark.parametrize(
    ("undefined", "expected"),
    [(Undefined, "-"), (DebugUndefined, "{{ x }}-"), (ChainableUndefined, "-")],
)
def test_undefined_class_of_the_environment(undefined: type[Undefined], expected: str) -> None:
    assert Environment(undefined=undefined).from_string("{{ x }}-").render() == expected


def test_chainable_undefined_goes_on() -> None:
    environment = Environment(undefined=ChainableUndefined)
    assert environment.from_string("{{ a.b.c['d'] }}|{{ a.b|d(1) }}").render() == "|1"


def test_render_takes_a_dict_or_keywords() -> None:
    template = Template("{{ a }}{{ b }}")
    assert template.render({"a": 1}, b=2) == template.render(a=1, b=2) == "12"


def test_generate_hands_out_pieces_while_the_data_comes() -> None:
    taken: list[int] = []

    def rows() -> Iterator[int]:
        for number in range(5000):
            taken.append(number)
            yield number

    environment = Environment(
        loader=DictLoader({"base": "<{% block b %}{% endblock %}>", "inc": "!"})
    )
    source = "{% extends 'base' %}{% block b %}{% for r in rows %}{{ r }}{% include 'inc' %},{% endfor %}{% endblock %}"
    pieces = environment.from_string(source).generate(rows=rows())
    first = [next(pieces) for _ in range(5)]
    assert len(taken) < 1000
    whole = "".join(first) + "".join(pieces)
    assert whole == "<" + "".join(f"{number}!," for number in range(5000)) + ">"


def test_module_exports_macros_and_variables() -> None:
    environment = Environment(autoescape=True)
    template = environment.from_string(
        "{% macro m(a) %}<b>{{ a }}</b>{% endmacro %}{% set v = 1 %}{% set _p = 2 %}text"
    )
    module = template.module
    assert module.m("<") == "<b>&lt;</b>"  # type: ignore[attr-defined]
    assert type(module.m("<")) is Markup  # type: ignore[attr-defined]
    assert module.v == 1  # type: ignore[attr-defined]
    assert not hasattr(module, "_p")
    assert str(module) == "text"


def test_equal_delimiters_and_extensions_are_refused() -> None:
    with pytest.raises(ValueError, match="must begin differently"):
        Environment(block_start_string="{{").from_string("")
    with pytest.raises(ValueError, match="extensions are not supported, got 'i18n'"):
        Environment(extensions=["i18n"])
    assert Environment(extensions=["jinja2.ext.do"]).from_string("{% do 1 %}").render() == ""


def test_import_loads_nothing_heavy() -> None:
    code = (
        "import sys; before = set(sys.modules); import microweb.templating;"
        "new = set(sys.modules) - before;"
        "print(sorted(n for n in new if not n.startswith('microweb')))"
    )
    heavy = ("json", "html", "string", "typing", "inspect", "linecache", "difflib", "random")
    output = subprocess.run(
        [sys.executable, "-I", "-c", "import sys; sys.path[:0] = sys.argv[1:];" + code, *sys.path],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert not [name for name in heavy if repr(name) in output]
