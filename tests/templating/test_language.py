"""The language: tables of template and output."""

# A row of a table is one line.
# ruff: noqa: E501

from __future__ import annotations

from typing import Any

import pytest

from microweb.templating import (
    ChainableUndefined,
    DebugUndefined,
    DictLoader,
    Environment,
    Markup,
    StrictUndefined,
    TemplateAssertionError,
    TemplateError,
    TemplateRuntimeError,
    TemplateSyntaxError,
    UndefinedError,
)

PAGES = {
    "base": "<t>{% block title %}base{% endblock %}</t>{% block body %}B{{ x }}{% endblock %}",
    "mid": '{% extends "base" %}{% block title %}mid {{ super() }}{% endblock %}',
    "inc": "[{{ x }}{{ i }}]",
    "lib": "{% macro f(a, b=2) %}<b>{{ a }}{{ b }}</b>{% endmacro %}{% set v = 5 %}x={{ x }}",
    "wrap": "{% macro w() %}({{ caller(1) }}){% endmacro %}",
    "required": "{% block r required %}{% endblock %}",
    "conditional": '{% if x %}{% extends "base" %}{% endif %}A{% block body %}c{% endblock %}Z',
}


class Thing:
    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)


def render(source: str, **settings: Any) -> str:
    environment = Environment(loader=DictLoader(PAGES), **{"autoescape": True, **settings})
    variables = {
        "x": "<x>",
        "y": 3,
        "items": [3, 1, 2],
        "d": {"a": 1, "items": 7, "b": {"c": [1, {"z": 9}]}},
        "o": Thing(name="n", _id=5),
        "tree": [{"v": 1, "k": [{"v": 2, "k": []}]}],
        "call_me": lambda *args, **kwargs: f"{args}{kwargs}",
        "none": None,
    }
    template = environment.from_string(source)
    text = template.render(variables)
    variables["items"] = [3, 1, 2]
    assert "".join(template.generate(variables)) == text
    return text


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "{{ y + 1 }} {{ y / 2 }} {{ y // 2 }} {{ y % 2 }} {{ y ** 2 }} {{ -y }}",
            "4 1.5 1 1 9 -3",
        ),
        ("{{ -2**2 }} {{ 2**3**2 }} {{ 2 - 3 - 4 }} {{ 2 + 3 * 4 }}", "4 64 -5 14"),
        ("{{ '1' + 2 ~ 3 }}{{ 'a' ~ 1 + 'b' }}", "123a1b"),
        ("{{ 1 < 2 < 3 }} {{ 3 > 2 > 2 }} {{ 4 not in items }}", "True False True"),
        ("{{ not 1 == 2 }} {{ none or 'd' }} {{ true and 0 or 2 }}", "True d 2"),
        ("{{ 'y' if y else 'n' }}{{ 'z' if none }}{{ 1 if 0 else 2 if 0 else 3 }}", "y3"),
        (
            "{{ [1, none] }} {{ (1,) }} {{ () }} {{ {} }} {{ {1: 2} }}",
            "[1, None] (1,) () {} {1: 2}",
        ),
        ("{{ 1, 2 }} {{ [1, 2,]|last }}", "(1, 2) 2"),
        (
            "{{ items[0] }}{{ items[-1] }}{{ items[1:] }}{{ items[::-1] }}{{ items[9] }}",
            "32[1, 2][2, 1, 3]",
        ),
        ("{{ d.a }}{{ d['a'] }}{{ d.b.c.1.z }}{{ d['items'] }}{{ d.nope }}", "1197"),
        ("{{ d.items is callable }}{{ o.name }}{{ o['name'] }}{{ o._id }}", "Truenn5"),
        ("{{ 1_000 }} {{ 1e3 }} {{ 0x1f }} {{ 0b11 }} {{ 0o17 }}", "1000 1000.0 31 3 15"),
        (r"{{ 'a\tb\x41\u00e9\101\q' 'c' }}", "a\tbAéA\\qc"),
        ("{{ true }}{{ True }}{{ none }}{{ None }}", "TrueTrueNoneNone"),
        ("{{ call_me(1, *[2], a=3, **{'b': 4}) }}", "(1, 2){&#39;a&#39;: 3, &#39;b&#39;: 4}"),
        ("{{ call_me(class=1) }}", "(){&#39;class&#39;: 1}"),
        ("{{ nope }}{{ nope is defined }}{{ nope|d('x') }}{{ nope|length }}", "Falsex0"),
        ("{{ 3 is odd and 4 is divisibleby 2 }}{{ 3 is not even }}", "TrueTrue"),
        ("{{ 'a' if y is odd else 'b' }}{{ 1 is in [1] }}", "aTrue"),
        ("{{ {'a': {'b': {}}} }}{{ '}}' }}{{ '%}' }}", "{&#39;a&#39;: {&#39;b&#39;: {}}}}}%}"),
        ("{% set é = 3 %}{{ é }}", "3"),
        ("{{ \"'''\" }}a{{ y }}{{ '#' ~ y }}b{{ '\\\\' }}", "&#39;&#39;&#39;a3#3b\\"),
    ],
)
def test_expressions(source: str, expected: str) -> None:
    assert render(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{% if y == 4 %}a{% elif y == 3 %}b{% else %}c{% endif %}", "b"),
        ("{% for i in items %}{{ i }}{% else %}e{% endfor %}{% for i in [] %}{% else %}e{% endfor %}", "312e"),
        ("{% for i in nope %}x{% else %}e{% endfor %}", "e"),
        ("{% for a, b in [(1, 2), (3, 4)] %}{{ a }}-{{ b }};{% endfor %}", "1-2;3-4;"),
        ("{% for i in items if i > 1 %}{{ loop.index }}{{ i }}{{ loop.length }} {% endfor %}", "132 222 "),
        ("{% for i in items if i > 9 %}x{% else %}none{% endfor %}", "none"),
        ("{% for i in items %}{% for j in items %}{{ loop.index }}{% endfor %}{{ loop.index }} {% endfor %}", "1231 1232 1233 "),
        ("{% for n in tree recursive %}<{{ n.v }}@{{ loop.depth }}{{ loop(n.k) }}>{% endfor %}", "<1@1<2@2>>"),
        ("{% for i in items %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% endfor %}", "32"),
        ("{% for i in items %}{% if i == 1 %}{% break %}{% endif %}{{ i }}{% endfor %}", "3"),
        ("{% do items.append(4) %}{{ items|length }}", "4"),
        ("{% filter upper %}a{{ x }}{% endfilter %}", "A&LT;X&GT;"),
        ("{% with a = 1, b = y %}{{ a }}{{ b }}{% endwith %}{{ a }}", "13"),
        ("{% raw %}{{ x }}{% if %}{% endraw %}{# c #}", "{{ x }}{% if %}"),
        ("{% macro f(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ f(1) }}{{ f(b=2, a=3) }}{{ f() }}", "1132"),
        ("{% macro f() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ f(1, z=3) }}", "(1,){&#39;z&#39;: 3}"),
        ("{% macro f(class) %}{{ class }}{% endmacro %}{{ f(class=1) }}{{ f.arguments }}", "1(&#39;class&#39;,)"),
        ("{% macro f(n) %}{{ n }}{% if n %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(2) }}", "210"),
        ("{% macro f() %}{{ caller(1) }}{% endmacro %}{% call(a) f() %}{{ a }}{{ y }}{% endcall %}", "13"),
        ("{% macro o() %}{{ caller() }}{% endmacro %}{% macro p() %}{% call o() %}<{{ caller() }}>{% endcall %}{% endmacro %}{% call p() %}X{% endcall %}", "<X>"),
        ("{% macro f(caller=none) %}{{ caller() if caller }}{% endmacro %}{{ f() }}{% call f() %}C{% endcall %}", "C"),
        ("{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}", "aba"),
        ("{% set j = joiner('|') %}{{ j() }}a{{ j() }}b", "a|b"),
    ],
)  # fmt: skip
def test_tags(source: str, expected: str) -> None:
    assert render(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{% set a = 1 %}{% for i in items %}{% set a = i %}{{ a }}{% endfor %}{{ a }}", "3121"),
        ("{% for i in items %}{{ y }}{% set y = i %}{{ y }}{% endfor %}{{ y }}", "3331323"),
        ("{% for i in items %}{% if i == 1 %}{% set y = 'S' %}{% endif %}{{ y }}{% endfor %}", "3S3"),
        ("{% if true %}{% set q = 5 %}{% endif %}{{ q }}{% if false %}{% set r = 5 %}{% endif %}{{ r }}", "5"),
        ("{% set ns = namespace(a=0) %}{% for i in items %}{% set ns.a = ns.a + i %}{% endfor %}{{ ns.a }}", "6"),
        ("{% macro f() %}{{ w }}{% endmacro %}{% set w = 4 %}{{ f() }}", "4"),
        ("{% set q = 1 %}{% macro f() %}{% set q = 2 %}{{ q }}{% endmacro %}{{ f() }}{{ q }}", "21"),
        ("{% set q = 1 %}{% block b %}{{ q }}{% set q = 2 %}{{ q }}{% endblock %}{{ q }}", "121"),
        ("{% for i in items %}{% block b scoped %}{{ i }}{{ loop.index }}{% endblock %}{% endfor %}", "311223"),
        ("{% for i in items %}{% block b %}[{{ i }}]{% endblock %}{% endfor %}", "[][][]"),
        ("{% with y = 9, z = y %}{{ y }}{{ z }}{% endwith %}{{ y }}", "933"),
        ("{% set x = x ~ '!' %}{{ x }}", "&lt;x&gt;!"),
        ("{% for x in items if x > 1 %}{% set i = x %}{{ i }}{% endfor %}{{ i }}", "32"),
        ("{% for y in items %}{{ y }}{% else %}{% endfor %}{{ y }}", "3123"),
    ],
)  # fmt: skip
def test_scopes(source: str, expected: str) -> None:
    assert render(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('{% extends "base" %}{% block title %}child{% endblock %}ignored', "<t>child</t>B&lt;x&gt;"),
        ('{% extends "mid" %}{% block title %}c {{ super() }}{% endblock %}', "<t>c mid base</t>B&lt;x&gt;"),
        ('{% extends "mid" %}{% block title %}{{ super.super() }}{% endblock %}', "<t>base</t>B&lt;x&gt;"),
        ('{% extends "base" %}{% set x = 5 %}{% macro f() %}M{% endmacro %}{% block title %}{{ f() }}{% endblock %}', "<t>M</t>B5"),
        ('{% extends "conditional" %}', "<t>base</t>c"),
        ('{% set x = "" %}{% extends "conditional" %}', "AcZ"),
        ("{% block a %}A{% endblock %}{{ self.a() }}", "AA"),
        ('{% extends "required" %}{% block r %}R{% endblock %}', "R"),
        ('{% include "inc" %}{% include ["nope", "inc"] %}{% include "nope" ignore missing %}', "[&lt;x&gt;][&lt;x&gt;]"),
        ('{% for i in items %}{% include "inc" %}{% endfor %}', "[&lt;x&gt;3][&lt;x&gt;1][&lt;x&gt;2]"),
        ('{% include "inc" without context %}', "[]"),
        ('{% import "lib" as m %}{{ m.f(x) }}{{ m.v }}{{ m.nope }}', "<b>&lt;x&gt;2</b>5"),
        ('{% from "lib" import f, v as w %}{{ f(1, 1) }}{{ w }}', "<b>11</b>5"),
        ('{% import "lib" as m %}{{ m }}{% import "lib" as m with context %}{{ m }}', "x=x=&lt;x&gt;"),
        ('{% import "wrap" as m %}{% call(q) m.w() %}{{ q }}{% endcall %}', "(1)"),
    ],
)  # fmt: skip
def test_several_templates(source: str, expected: str) -> None:
    assert render(source) == expected


@pytest.mark.parametrize("name", ["self", "namespace(a=1)"])
def test_what_has_names_and_no_order_is_not_iterated(name: str) -> None:
    with pytest.raises(TypeError, match="not iterable"):
        Environment().from_string("{% for x in " + name + " %}{% endfor %}").render()


def test_required_block_that_nobody_fills_is_an_error() -> None:
    environment = Environment(loader=DictLoader(PAGES))
    with pytest.raises(TemplateRuntimeError, match="the required block 'r' is not filled"):
        environment.get_template("required").render()


def test_conditional_extends_that_is_not_taken_renders_the_template_itself() -> None:
    environment = Environment(loader=DictLoader(PAGES))
    assert environment.get_template("conditional").render(x=0) == "AcZ"


def test_all_attributes_of_loop() -> None:
    names = "index index0 revindex revindex0 first last length depth depth0 previtem nextitem"
    shown = " ".join(f"{{{{ loop.{name} }}}}" for name in names.split())
    source = f"{{% for i in items %}}{shown} {{{{ loop.cycle('a', 'b') }}}};{{% endfor %}}"
    expected = (
        "1 0 3 2 True False 3 1 0  1 a;2 1 2 1 False False 3 1 0 3 2 b;"
        "3 2 1 0 False True 3 1 0 1  a;"
    )
    assert render(source) == expected
    assert render("{% for i in 'ab' %}{{ loop.last }}{{ loop.index }}{% endfor %}") == "False1True2"
    changed = "{% for i in [1, 1, 2] %}{{ loop.changed(i) }} {% endfor %}"
    assert render(changed) == "True False True "


@pytest.mark.parametrize(
    ("source", "settings", "expected"),
    [
        ("a  {%- if true -%}  b  {%- endif -%}  c", {}, "abc"),
        ("a  {{- y -}}  b {#- c -#} d", {}, "a3bd"),
        ("a\n", {}, "a"),
        ("a\n", {"keep_trailing_newline": True}, "a\n"),
        ("a\r\nb\rc", {}, "a\nb\nc"),
        ("{% if true %}\na\n{% endif %}\nb", {"trim_blocks": True}, "a\nb"),
        ("{% if true +%}\na{% endif %}", {"trim_blocks": True}, "\na"),
        ("  {% if true %}a{% endif %}", {"lstrip_blocks": True}, "a"),
        ("  {%+ if true %}a{% endif %}", {"lstrip_blocks": True}, "  a"),
        ("a {% if true %}b{% endif %}", {"lstrip_blocks": True}, "a b"),
        ("{% raw %}\n a\n{% endraw %}\n z", {"trim_blocks": True, "lstrip_blocks": True}, "\n a\n z"),
        ("{%- raw -%}  a {{ }} {%- endraw -%}  b", {}, "a {{ }}b"),
        (
            "<%= y %><% if y %>a<% endif %><# c #>{{ y }}",
            {
                "variable_start_string": "<%=",
                "variable_end_string": "%>",
                "block_start_string": "<%",
                "block_end_string": "%>",
                "comment_start_string": "<#",
                "comment_end_string": "#>",
            },
            "3a{{ y }}",
        ),
    ],
)  # fmt: skip
def test_white_space_and_delimiters(source: str, settings: dict[str, Any], expected: str) -> None:
    assert render(source, **settings) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{% set z %}<b>{{ x }}</b>{% endset %}{{ z }}", "<b>&lt;x&gt;</b>"),
        ("{% macro f(a) %}<b>{{ a }}</b>{% endmacro %}{{ f(x) }}", "<b>&lt;x&gt;</b>"),
        ("{% macro f() %}{{ caller() }}{% endmacro %}{% call f() %}<i>{{ x }}{% endcall %}", "<i>&lt;x&gt;"),
        ("{% filter trim %} <b>{{ x }} {% endfilter %}", "<b>&lt;x&gt;"),
        ("{% autoescape false %}{{ x }}{% endautoescape %}{{ x }}", "<x>&lt;x&gt;"),
        ("{% autoescape y %}{{ x }}{{ x ~ 'a' }}{% endautoescape %}", "&lt;x&gt;&lt;x&gt;a"),
        ("{% autoescape not y %}{{ x }}{% set z %}{{ x }}{% endset %}{{ z }}{% endautoescape %}", "<x><x>"),
        ('{% include "inc" %}', "[&lt;x&gt;]"),
        ('{% import "lib" as m %}{{ m.f(x) }}', "<b>&lt;x&gt;2</b>"),
        ('{% extends "base" %}{% block body %}{{ super() }}{% endblock %}', "<t>base</t>B&lt;x&gt;"),
    ],
)  # fmt: skip
def test_tp_05_captured_output_is_escaped_once(source: str, expected: str) -> None:
    assert render(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ ('<b>'|safe) + x }}{{ x + ('<b>'|safe) }}", "<b>&lt;x&gt;&lt;x&gt;<b>"),
        ("{{ ('<b>'|safe) ~ x }}{{ '<%s>'|safe % x }}", "<b>&lt;x&gt;<&lt;x&gt;>"),
        ("{{ ('<{}>'|safe).format(x) }}", "<&lt;x&gt;>"),
        ("{{ ('<{a}>'|safe).format_map({'a': x}) }}", "<&lt;x&gt;>"),
        ("{{ ('<b>'|safe)|replace('b', x) }}", "<&lt;x&gt;>"),
        ("{{ [x, '<b>'|safe]|join('<') }}", "&lt;x&gt;&lt;<b>"),
        ("{{ ('<b>'|safe) * 2 }}", "<b><b>"),
    ],
)
def test_tp_03_operators_in_templates(source: str, expected: str) -> None:
    assert render(source) == expected


def test_tp_01_data_is_not_read_as_a_template() -> None:
    environment = Environment(autoescape=True)
    assert environment.from_string("{{ x }}").render(x="{{7*7}}<b>") == "{{7*7}}&lt;b&gt;"


def test_tp_25_single_quotes_are_escaped_in_attributes() -> None:
    source = "<a title='{{ x }}'>"
    rendered = Environment(autoescape=True).from_string(source).render(x="' onload='")
    assert rendered == "<a title='&#39; onload=&#39;'>"


def test_output_shows_a_value_as_it_is_at_that_moment() -> None:
    assert render("{{ items }}{{ items.append(4) or '' }}{{ items|length }}") == "[3, 1, 2]4"


class Shouted(str):
    def __html__(self) -> str:
        return f"<b>{self.upper()}</b>"


@pytest.mark.parametrize(
    "values",
    [
        [],
        ["plain"],
        ["<a>", "b & c", "'d'", '"e"'],
        ["a\0b", "<", "\0"],
        ["<", Markup("<i>"), 3, True, 1.5, None],
        [Shouted("a"), "<"],
        [1, -2, 10**30],
        [1, "<"],
        ("<", ">"),
        "<&>",
        {"<": 1},
    ],
)
@pytest.mark.parametrize(
    "body", ["<i>{{ x }}%\0{'}</i>", "{{ x }}", "\n{{ x }},\n", "{{ x ~ '<' }}"]
)
def test_a_loop_that_escapes_at_once_says_what_escaping_one_by_one_says(
    body: str, values: Any
) -> None:
    environment = Environment(autoescape=True)
    one_by_one = environment.from_string(
        "{% for x in values %}" + body + "{{ '' if x else '' }}{% endfor %}"
    )
    at_once = environment.from_string("{% for x in values %}" + body + "{% endfor %}")
    assert "escape_each" in at_once.python_source
    assert "escape_each" not in one_by_one.python_source
    assert at_once.render(values=values) == one_by_one.render(values=values)
    assert at_once.render(values=iter(values)) == one_by_one.render(values=iter(values))
    assert "".join(at_once.generate(values=values)) == one_by_one.render(values=values)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # An unknown filter or test in a branch.
        ('{% if "md" is filter %}{{ x|md }}{% else %}-{% endif %}', "-"),
        ('{% if "md" is test %}{{ x is md }}{% elif 0|md %}{% endif %}-', None),
        ("{{ x|md if false else 2 }}{{ 1 if true else x|md }}{{ 1 if 1 else (2 if x is md) }}", "211"),
        ('{% if 0 %}{% for a in x %}{{ a|md }}{% endfor %}{% filter md %}{% endfilter %}{% endif %}-', "-"),
        ("{{ [x|md, 1] if false else 2 }}{% set z = x|md if false else 3 %}{{ z }}", "23"),
        # What a filter of a block returns is not escaped again.
        ("{% filter striptags %}<b>&lt;{% endfilter %}", "<"),
        ("{% set t | striptags %}<b>&lt;{% endset %}{{ t }}{% set n | length %}ab{% endset %}{{ n + 1 }}", "<3"),
        ("{% autoescape y %}{% filter striptags %}&lt;{% endfilter %}{% endautoescape %}", "<"),
        # Defaults that name later parameters, or their own.
        ("{% set t = 'T' %}{% macro m(a=t, t='x') %}{{ a is defined }}{{ a }}{{ t }} {% endmacro %}{{ m() }}{{ m(t=3) }}{{ m(1) }}", "Falsex True33 True1x "),
        ("{% macro m(a=1, y=y) %}{{ y is defined }}{{ y }}{% endmacro %}{{ m() }}{{ m(y=2) }}", "FalseTrue2"),
        ("{% macro m(a, b=a, c=[a, (b)]) %}{{ c }}{% endmacro %}{{ m(1) }}{{ m(1, 2) }}", "[1, 1][1, 2]"),
        ("{% macro f(q) %}{% if z in kwargs %}{% set kwargs = {} %}{% endif %}{{ kwargs.a if q }}{% endmacro %}{{ f(1, a=1) }}{{ f(1) }}", "1"),
        # Where a macro finds its names.
        ("{% macro m() %}{{ b }}{% endmacro %}{% set b = 1 %}{{ m() }}{% set b = 2 %}{{ m() }}", "12"),
        ("{% macro m() %}{{ b }}{% set b = 3 %}{{ b }}{% endmacro %}{% set b = 1 %}{{ m() }}{{ b }}", "131"),
        ("{% block z %}{% macro m() %}{{ b }}{% endmacro %}{% set b = 1 %}{{ m() }}{% endblock %}", "1"),
        ("{% for i in [1] %}{% macro m() %}{{ b }}{{ i }}{% endmacro %}{% set b = 2 %}{{ m() }}{% endfor %}", "21"),
        # dict, cycler, namespace, print.
        ("{{ dict(class=1, a=2) }}{{ dict([('a', 1)], b=2).b }}", "{&#39;class&#39;: 1, &#39;a&#39;: 2}2"),
        ("{{ dict.words is defined }}{{ dict['x'] is defined }}{{ dict.fromkeys is defined }}{{ dict.clear is defined }}", "FalseFalseFalseFalse"),
        ("{% set n = namespace({'a': 1}, self=3) %}{{ n.a }}{{ n.self }}", "13"),
        ("{% macro m() %}{{ kwargs.self }}{% endmacro %}{{ m(self=1) }}", "1"),
        ("{% print 1, x %}{% print %}{% if 0 %}{% print 3 %}{% endif %}", "1&lt;x&gt;"),
        # What is undefined or none among several, and in filters.
        ("{% include [none, nope, 'inc'] %}", "[&lt;x&gt;]"),
        ("{{ nope|urlencode }}-", "-"),
        # Delimiters and letters.
        ("\ufeff{{ y }}\ufeff", "3\ufeff"),
        ("{% trans_ = 1 %}", None),
    ],
)  # fmt: skip
def test_as_jinja_documents_it(source: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(TemplateError):
            render(source)
    else:
        assert render(source) == expected


def test_an_if_without_else_is_empty_whatever_is_undefined() -> None:
    source = "{{ 1 if 0 }}{% if (1 if 0) %}a{% endif %}{{ (1 if 0) is defined }}"
    for undefined in (StrictUndefined, ChainableUndefined, DebugUndefined):
        assert render(source, undefined=undefined) == "False"
    with pytest.raises(UndefinedError, match="line 1 is false and has no else part"):
        render("{{ (1 if 0) + 1 }}")


def test_an_unknown_filter_in_a_branch_is_told_when_it_runs() -> None:
    for source in ("{% if 1 %}{{ 2|uper }}{% endif %}", "{{ 2|uper if 1 else 2 }}"):
        with pytest.raises(TemplateRuntimeError, match=r"'uper'\. Did you mean 'upper'\?"):
            render(source)
    for source in (
        "{{ 2|uper }}",
        "{{ [2|uper] }}{% if 1 %}{% endif %}",
        "{% for a in 2|uper %}{% endfor %}",
    ):
        with pytest.raises(TemplateAssertionError, match=r"'uper'\. Did you mean 'upper'\?"):
            Environment().from_string(source)


def test_a_childs_macro_sees_what_its_parents_set_import_and_define() -> None:
    pages = {
        "top": "{% set w = 2 %}{% import 'lib' as l %}{% block a %}{% endblock %}",
        "mid": "{% extends 'top' %}{% set v = 1 %}{% from 'lib' import g %}{% macro p() %}P{% endmacro %}",
        "lib": "{% macro g() %}G{% endmacro %}",
    }
    source = (
        "{% extends 'mid' %}{% macro m() %}{% macro n() %}{{ w }}{{ p() }}{% endmacro %}"
        "{{ v }}{{ n() }}{{ g() }}{{ l.g() }}{{ own }}{% endmacro %}{% set own = 3 %}"
        "{% block a %}{{ m() }}{% endblock %}"
    )
    template = Environment(loader=DictLoader(pages)).from_string(source)
    assert template.render(v="given") == "".join(template.generate(v=9)) == "12PGG3"


@pytest.mark.parametrize(
    ("settings", "source", "expected"),
    [
        ({"block_start_string": "<!--", "block_end_string": "-->"}, "a <!-- if 1 --> b <!-- endif --> c <!-- if 1 ---> b <!--- endif -->", "a  b  c b"),
        ({"variable_start_string": "<-", "variable_end_string": "->"}, "a <-1-> b <- 2 --> c", "a 1 b 2c"),
        ({"variable_end_string": "+}}", "trim_blocks": True}, "a {{ [1][-1] +}} c", "a 1 c"),
        ({"comment_start_string": "<#", "comment_end_string": "-#>"}, "a <# x -#> b <# x --#> c", "a  b c"),
    ],
)  # fmt: skip
def test_an_end_that_begins_with_a_sign_strips_only_after_another(
    settings: dict[str, Any], source: str, expected: str
) -> None:
    assert Environment(**settings).from_string(source).render() == expected


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{% for loop in x %}{% endfor %}", "'loop' is the loop itself"),
        ("{% for a, (b, loop) in x %}{% endfor %}", "'loop' is the loop itself"),
        ("{% for a in x %}{% set loop = 1 %}{% endfor %}", "'loop' is the loop itself"),
        ('{% from "a" import b, %}', "expected a name to import after ','"),
        ("{% block a required scoped %}{% endblock %}", "got 'scoped'"),
        ("{% block a scoped scoped %}{% endblock %}", "got 'scoped'"),
        ("{% raw +%}{% endraw %}", "unknown tag 'raw'"),
    ],
)  # fmt: skip
def test_what_jinja_refuses_is_refused(source: str, message: str) -> None:
    with pytest.raises(TemplateSyntaxError) as raised:
        Environment().from_string(source)
    assert message in str(raised.value)
