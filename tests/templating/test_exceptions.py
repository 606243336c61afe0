"""The messages of wrong templates, verbatim, and what hostile text ends in."""

# A row of a table is one line.
# ruff: noqa: E501

from __future__ import annotations

import linecache
import pickle
import time
import traceback
from pathlib import Path

import pytest

from microweb.templating import (
    DictLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateAssertionError,
    TemplateNotFound,
    TemplatesNotFound,
    TemplateSyntaxError,
    Undefined,
    UndefinedError,
)


@pytest.mark.parametrize(
    ("source", "lineno", "message"),
    [
        ("{% fro a %}", 1, "unknown tag 'fro'. Did you mean 'from'?"),
        ("a\n{{ 'a'|uper }}", 2, "there is no filter called 'uper'. Did you mean 'upper'?"),
        ("{{ 1 is od }}", 1, "there is no test called 'od'. Did you mean 'odd'?"),
        (
            "{% if 1 %}\n{% for a in b %}\n{% endif %}",
            3,
            "{% endif %} does not fit: the innermost open tag is {% for %} from line 2, which "
            "wants {% else %} or {% endfor %}",
        ),
        (
            "\n{% block a %}",
            2,
            "the template ends while {% block %} from line 2 is open: {% endblock %} is missing",
        ),
        ("{% endif %}", 1, "{% endif %} closes nothing: no tag is open here"),
        ("{% block a %}{% endblock b %}", 1, "{% endblock b %} closes the block 'a'"),
        (
            "{% block a %}{% endblock %}\n{% block a %}{% endblock %}",
            2,
            "the block 'a' is defined twice; the first is on line 1",
        ),
        ("{{ a b }}", 1, "expected the end of the expression, got 'b'"),
        ("{{ }}", 1, "expected an expression, got the end of the tag ('}}')"),
        ("a\n{{ (1\n", 2, "the {{ }} expression that begins here is never closed"),
        ("\n{# a", 2, "the comment that begins here is never closed: '#}' is missing"),
        ("{{ 'abc }}", 1, "the string that begins with \"'abc }}\" is never closed"),
        ("{{ (1] }}", 1, "'(' is open: expected ')' before ']'"),
        ("{{ f(1 }}", 1, "'(' is open: expected ')' before '}'"),
        ("{{ a[0 }}", 1, "'[' is open: expected ']' before '}'"),
        ("{{ a }", 1, "'}' closes nothing that is open; this tag ends with '}}'"),
        ("{% if a) %}", 1, "')' closes nothing that is open; this tag ends with '%}'"),
        ("{{ a ? b : c }}", 1, "unexpected character '?': write 'this if test else that'"),
        ("{{ a && b }}", 1, "unexpected character '&': write 'and'"),
        ("{{ !a }}", 1, "unexpected character '!': write 'not'"),
        ("{{ `a` }}", 1, "unexpected character '`'"),
        ("{% while x %}", 1, "there is no {% while %}: loop over something with {% for %}"),
        ("{% assign a = 1 %}", 1, "there is no {% assign %}: write {% set name = value %}"),
        ("{% comment %}", 1, "there is no {% comment %}: write {# text #}"),
        ("{% raw %}", 1, "the 'raw' block that begins here is never closed: {% endraw %} is missing"),
        ("\n{% if a", 2, "the {% %} tag that begins here is never closed"),
        ("{% else %}", 1, "{% else %} closes nothing: no tag is open here"),
        ("{% if a %}\n{% else %}\n{% else %}", 3, "{% else %} does not fit: the innermost open tag is {% if %} from line 1, which wants {% endif %}"),
        ("{% for a b %}", 1, "expected 'in', got 'b'"),
        ("{% for x in y %}{% extends 'a' %}{% endfor %}", 1, "{% extends %} must stand at the top level, not inside a block, a loop or a scope"),
        ("{% set 1 = 2 %}", 1, "expected a name to assign to, got 1"),
        ("{% block %}", 1, "expected the name of the block, got the end of the tag ('%}')"),
        ("{% macro m %}", 1, "expected '(' after the name 'm', got the end of the tag ('%}')"),
        ("{% macro m(a, a) %}", 1, "the parameter 'a' is there twice"),
        ("{% macro m(a=1, b) %}", 1, "the parameter 'b' without default follows one with a default"),
        ("{% import 'a' %}", 1, "expected 'as', got the end of the tag ('%}')"),
        ("{% from 'a' import %}", 1, "expected the names to import"),
        ("{% from 'a' import _b %}", 1, "'_b' cannot be imported: it begins with an underscore"),
        ("{{ a. }}", 1, "expected a name or a whole number after '.', got the end of the tag ('}}')"),
        ("{{ a[] }}", 1, "expected an index or a slice between '[' and ']'"),
        ("{{ f(a=1, 2) }}", 1, "a positional argument cannot follow a named one or '*'"),
        ("{{ f(**a, b) }}", 1, "nothing can follow '**' in a call"),
        ("{{ x| }}", 1, "expected the name of a filter, got the end of the tag ('}}')"),
        ("{{ x is }}", 1, "expected the name of a test, got the end of the tag ('}}')"),
        ("{{ x is odd is even }}", 1, "tests cannot be chained with 'is': join them with 'and'"),
        ("{{ {1} }}", 1, "expected ':', got '}'"),
        ("{% block a required %}x{% endblock %}", 1, "the required block 'a' may hold only comments and white space"),
        (r"{{ '\U00ffffff' }}", 1, "the string '\\\\U00ffffff' has an escape beyond \\U0010ffff"),
        ("{{ ٣ }}", 1, "unexpected character '٣'"),
        ("{{ 1__0 }}", 1, "'1_' is no number: put a space or an operator after it"),
        ("{{ 007 }}", 1, "the number '007' begins with a zero: write 7"),
        ("{{ 1e999 }}", 1, "the number '1e999' is too large for a float"),
        ("{% set true = 1 %}", 1, "'true' is a literal and cannot be assigned to"),
        ("{% break %}", 1, "{% break %} stands outside of a loop"),
        ("{% call 1 %}{% endcall %}", 1, "{% call %} expects the call of a macro, as in {% call dialog() %}"),
        ("{{ 1 + not 2 }}", 1, "expected the end of the expression, got 2"),
        ("{% for i in a %}{% block b %}{% break %}{% endblock %}{% endfor %}", 1, "{% break %} stands outside of a loop"),
        ("{% block a-b %}", 1, "the name of a block cannot contain '-': use '_'"),
        ("{{ f(a=1, a=2) }}", 1, "the argument 'a' is given twice"),
    ],
)  # fmt: skip
def test_syntax_errors_say_what_and_where(source: str, lineno: int, message: str) -> None:
    with pytest.raises(TemplateSyntaxError) as raised:
        Environment().from_string(source)
    assert (raised.value.message, raised.value.lineno) == (message, lineno)


def test_error_shows_file_line_and_text() -> None:
    environment = Environment(loader=DictLoader({"page.html": "a\n  {{ x|uper }}"}))
    with pytest.raises(TemplateAssertionError) as raised:
        environment.get_template("page.html")
    assert str(raised.value) == (
        "there is no filter called 'uper'. Did you mean 'upper'?\n"
        '  File "page.html", line 2\n'
        "    {{ x|uper }}"
    )


@pytest.mark.parametrize(
    "source",
    [
        "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
        "{{ " + "[" * 5000 + "]" * 5000 + " }}",
        "{{ " + "{1:" * 5000 + "1" + "}" * 5000 + " }}",
        "{{ " + "not " * 5000 + "1 }}",
        "{{ " + "-" * 5000 + "1 }}",
        "{{ x" + "|upper" * 3000 + " }}",
        "{{ x" + ".a" * 3000 + " }}",
        "{{ 1" + " + 1" * 5000 + " }}",
        "{{ " + "1 if 1 else " * 3000 + "1 }}",
        "{% if 1 %}" * 1000 + "{% endif %}" * 1000,
        "{% for i in x %}" * 25 + "{% endfor %}" * 25,
        "{% for " + "(" * 3000 + "a" + ")" * 3000 + " in x %}{% endfor %}",
    ],
)
def test_tp_19_deep_nesting_is_a_syntax_error(source: str) -> None:
    with pytest.raises(TemplateSyntaxError, match="too deeply nested"):
        Environment().from_string(source)


def test_tp_19_nesting_up_to_the_limits_works() -> None:
    render = Environment().from_string
    assert render("{% if 1 %}" * 40 + "x" + "{% endif %}" * 40).render() == "x"
    assert render("{% for i in [1] %}" * 16 + "x" + "{% endfor %}" * 16).render() == "x"
    assert render("{{ " + "(" * 38 + "1" + ")" * 38 + " }}").render() == "1"
    assert render("{{ 1" + " and 1" * 5000 + " }}").render() == "1"


@pytest.mark.parametrize(
    "source",
    [
        "{{" * 50_000,
        "{%" * 50_000,
        "{#" * 50_000,
        " " * 500_000 + "{%- if 1 %}{% endif %}",
        "{% raw %}" + "{" * 250_000 + "{% endraw %}",
        "{% raw %}" + "{% " * 50_000,
        "{{ '" + "\\" * 250_000 + "' }}",
        "{{ '" + "\\" * 250_001,
        "{{ a" + " " * 250_000 + "}}",
        "{{ a" + "\n" * 250_000 + "? }}",
    ],
)
def test_tp_21_the_lexer_is_linear(source: str) -> None:
    started = time.perf_counter()
    try:
        Environment().from_string(source).render()
    except TemplateSyntaxError:
        pass
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize("literal", ["9" * 5000, "1__0", "'abc", '"abc', "0x", "1_"])
def test_tp_22_bad_literals_are_syntax_errors(literal: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        Environment().from_string("{{ " + literal + " }}")


@pytest.mark.parametrize(
    "name", ["{__import__('os')}", "{0.x}", "'\"", "a\nb", '"""', "\\", "{{ x }}", "%s"]
)
def test_tp_15_hostile_template_names_are_only_text(name: str) -> None:
    environment = Environment(loader=DictLoader({name: "{{ 1 + 1 }}", "bad": "{% extends n %}"}))
    assert environment.get_template(name).render() == "2"
    with pytest.raises(TemplateNotFound, match="not found"):
        environment.get_template("bad").render(n=name + "x")
    broken = Environment(loader=DictLoader({name: "{% if %}"}))
    with pytest.raises(TemplateSyntaxError, match="expected an expression"):
        broken.get_template(name)


def test_tp_20_templates_that_never_end_raise_recursion_error() -> None:
    pages = {
        "include": "{% include 'include' %}",
        "extends": "{% extends 'extends' %}",
        "import": "{% import 'import' as x %}",
        "mutual": "{% extends 'mutual2' %}",
        "mutual2": "{% extends 'mutual' %}",
        "macro": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    }
    environment = Environment(loader=DictLoader(pages))
    for name in pages:
        with pytest.raises(RecursionError):
            environment.get_template(name).render()
    assert environment.from_string("ok").render() == "ok"


def test_traceback_shows_the_template_line_of_a_file(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("a\n{% for x in y %}\n  b {{ x }}\n  {{ 1 / x }}\n{% endfor %}\n")
    template = Environment(loader=FileSystemLoader(tmp_path)).get_template("page.html")
    with pytest.raises(ZeroDivisionError) as raised:
        template.render(y=[1, 0])
    last = traceback.extract_tb(raised.value.__traceback__)[-1]
    assert (last.filename, last.lineno, last.line) == (str(page), 4, "{{ 1 / x }}")


@pytest.mark.parametrize("line", [1, 2, 3])
def test_traceback_shows_the_line_within_one_run_of_output(line: int) -> None:
    source = "a {{ 1 / (x - 1) }}\n{{ 1 / (x - 2) }}\n{{ 1 / (x - 3) }} b"
    with pytest.raises(ZeroDivisionError) as raised:
        Environment().from_string(source).render(x=line)
    last = traceback.extract_tb(raised.value.__traceback__)[-1]
    assert (last.lineno, last.line) == (line, source.split("\n")[line - 1])


def test_traceback_shows_the_line_of_a_template_that_is_no_file() -> None:
    pages = {
        "lib": "\n{% macro m(v) %}\n{{ v }}\n{{ 1 / v }}{% endmacro %}",
        "base": "\n\n{% block b %}{% endblock %}",
        "page": "{% extends 'base' %}\n{% from 'lib' import m %}\n{% block b %}\n\n{{ m(0) }}{% endblock %}",
    }
    environment = Environment(loader=DictLoader(pages))
    with pytest.raises(ZeroDivisionError) as raised:
        environment.get_template("page").render()
    linecache.checkcache()
    frames = traceback.extract_tb(raised.value.__traceback__)
    shown = [(f.filename, f.lineno, f.line) for f in frames if f.filename.startswith("template:")]
    assert shown == [
        ("template:page", 1, "{% extends 'base' %}"),
        ("template:base", 3, "{% block b %}{% endblock %}"),
        ("template:page", 5, "{{ m(0) }}{% endblock %}"),
        ("template:lib", 4, "{{ 1 / v }}{% endmacro %}"),
    ]


def test_traceback_of_a_changed_template_shows_the_new_text() -> None:
    pages = {"page": "{{ 1 / 0 }}"}
    environment = Environment(loader=DictLoader(pages))
    for text in ("{{ 1 / 0 }}", "{{ 2 / 0 }}"):
        pages["page"] = text
        with pytest.raises(ZeroDivisionError) as raised:
            environment.get_template("page").render()
        assert traceback.extract_tb(raised.value.__traceback__)[-1].line == text


def test_templates_from_strings_leave_nothing_behind() -> None:
    before = len(linecache.cache)
    for number in range(50):
        Environment().from_string(f"{{{{ {number} }}}}").render()
    assert len(linecache.cache) == before


def test_python_source_is_readable_and_names_template_lines() -> None:
    source = Environment(autoescape=True).from_string("a\n{{ x }}").python_source
    assert "def root(context, out):" in source
    assert "# line 2" in source


def test_undefined_errors_name_what_is_missing() -> None:
    def fail(source: str, strict: bool = False) -> str:
        environment = Environment(**({"undefined": StrictUndefined} if strict else {}))
        with pytest.raises(UndefinedError) as raised:
            environment.from_string(source).render(x="", d={})
        return str(raised.value)

    assert fail("{{ a.b }}") == "'a' is undefined"
    assert fail("{{ a() }}") == "'a' is undefined"
    assert fail("{{ x.b.c }}") == "'str' object has no attribute 'b'"
    assert fail("{{ a + 1 }}") == "'a' is undefined"
    assert fail("{{ a }}", strict=True) == "'a' is undefined"
    assert fail("{% if a %}{% endif %}", strict=True) == "'a' is undefined"
    assert fail("{% for b in a %}{% endfor %}", strict=True) == "'a' is undefined"
    assert fail("{% macro m(a) %}{{ a }}{% endmacro %}{{ m() }}", strict=True) == (
        "the parameter 'a' was not given"
    )
    assert fail("{{ d.nope }}", strict=True) == "'dict' object has no attribute 'nope'"


def test_macro_called_wrongly_says_what_it_takes() -> None:
    source = "{% macro m(a) %}{% endmacro %}"
    with pytest.raises(TypeError, match="takes not more than 1 arguments, got 2"):
        Environment().from_string(source + "{{ m(1, 2) }}").render()
    with pytest.raises(TypeError, match="takes no argument 'b'; it takes 'a'"):
        Environment().from_string(source + "{{ m(b=2) }}").render()


@pytest.mark.parametrize(
    "error",
    [
        TemplateNotFound("x", tried=["/a/x"]),
        TemplatesNotFound(["x", "y"]),
        TemplateSyntaxError("message", 3, "name", "file"),
        UndefinedError("u"),
    ],
)
def test_an_error_travels_between_processes(error: Exception) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    for name in ("name", "templates", "tried", "lineno"):
        assert getattr(copy, name, None) == getattr(error, name, None)


def test_undefined_names_among_several_are_told() -> None:
    environment = Environment(loader=DictLoader({}))
    with pytest.raises(TemplatesNotFound, match=r"\('zz' is undefined\), 'b'"):
        environment.from_string("{% include [zz, 'b'] %}").render()
    with pytest.raises(UndefinedError, match="'zz' is undefined"):
        environment.from_string("{% include zz %}").render()
    assert environment.from_string("{% include [zz, none] ignore missing %}-").render() == "-"


def test_an_undefined_value_has_no_attributes_to_set() -> None:
    with pytest.raises(AttributeError):
        Undefined(name="x").anything = 1  # type: ignore[attr-defined]
