"""Filters and tests: tables of expression and result."""

# A row of a table is one line.
# ruff: noqa: E501

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from microweb.templating import Environment, FilterArgumentError, TemplateError
from microweb.templating.filters import DEFAULT_FILTERS, DEFAULT_TESTS

FILTERS = (
    "abs attr batch capitalize center count d default dictsort e escape filesizeformat first "
    "float forceescape format groupby indent int items join last length list lower map max min "
    "pprint random reject rejectattr replace reverse round safe select selectattr slice sort "
    "string striptags sum title tojson trim truncate unique upper urlencode urlize wordcount "
    "wordwrap xmlattr"
)
TESTS = (
    "boolean callable defined divisibleby eq equalto == escaped even false filter float ge > >= "
    "greaterthan gt in integer iterable le < <= lessthan lower lt mapping ne != none number odd "
    "sameas sequence string test true undefined upper"
)


class User:
    def __init__(self, name: str, age: int) -> None:
        self.name, self.age = name, age


def evaluate(expression: str, autoescape: bool = True) -> str:
    variables: dict[str, Any] = {
        "x": "<x>",
        "items": [3, 1, 2],
        "d": {"b": 1, "A": 2},
        "users": [User("al", 3), User("Bo", 1), User("al", 2)],
        "long": "the quick brown fox jumps over the lazy dog",
    }
    source = f"{{{{ {expression} }}}}"
    return Environment(autoescape=autoescape).from_string(source).render(variables)


def test_every_documented_filter_and_test_is_there() -> None:
    assert sorted(DEFAULT_FILTERS) == sorted(FILTERS.split())
    assert sorted(DEFAULT_TESTS) == sorted(TESTS.split())


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'foo bar'|title ~ 'foo'|capitalize ~ 'A'|lower ~ 'a'|upper", "Foo BarFooaA"),
        ("'foo'|replace('o', '0', 1) ~ 'foo'|reverse ~ ' a '|trim", "f0ooofa"),
        ("'foo'|first ~ 'foo'|last ~ 'foo'|length ~ 'foo'|count", "fo33"),
        ("items|sort ~ items|sort(reverse=true)", "[1, 2, 3][3, 2, 1]"),
        ("items|sum ~ items|max ~ items|min ~ items|join('-')", "6313-1-2"),
        ("[]|first ~ []|last ~ []|max ~ []|random", ""),
        ("users|map(attribute='name')|join(',')", "al,Bo,al"),
        ("users|sort(attribute='name,age')|map(attribute='age')|list", "[2, 3, 1]"),
        ("users|sum(attribute='age') ~ users|join(',', attribute='age')", "63,1,2"),
        ("users|groupby('name')|map(attribute='grouper')|list", "['al', 'Bo']"),
        ("users|groupby('name')|map('last')|map('length')|list", "[2, 1]"),
        ("users|selectattr('age', 'gt', 1)|list|length", "2"),
        ("users|rejectattr('age')|list|length", "0"),
        ("items|select('odd')|list ~ items|reject('odd')|list ~ [0, 1]|select|list", "[3, 1][2][1]"),
        ("['a', 'A', 'b']|unique|list ~ ['a', 'A']|unique(true)|list", "['a', 'b']['a', 'A']"),
        ("range(5)|batch(2, '-')|list", "[[0, 1], [2, 3], [4, '-']]"),
        ("range(7)|slice(3, 'x')|list", "[[0, 1, 2], [3, 4, 'x'], [5, 6, 'x']]"),
        ("d|dictsort ~ d|dictsort(true, 'value', true)", "[('A', 2), ('b', 1)][('A', 2), ('b', 1)]"),
        ("d|items|list", "[('b', 1), ('A', 2)]"),
        ("long|truncate(20)", "the quick brown..."),
        ("long|truncate(20, true, '!')", "the quick brown fox!"),
        ("'foo bar baz'|truncate(9)", "foo bar baz"),
        ("'a b c d'|wordwrap(3) ~ 'a-b c'|wordcount", "a b\nc d3"),
        ("'a\\nb\\n\\nc'|indent(2) ~ 'a\\nb'|indent('>', true)", "a\n  b\n\n  c>a\n>b"),
        ("13000|filesizeformat ~ 1|filesizeformat ~ 1024|filesizeformat(true)", "13.0 kB1 Byte1.0 KiB"),
        ("'3.7'|int ~ 'x'|int(5) ~ '0x1f'|int(0, 16) ~ '3.5'|float ~ 'x'|float", "35313.50.0"),
        ("42.55|round ~ 42.55|round(1, 'floor') ~ 42.51|round(1, 'ceil') ~ -5|abs", "43.042.542.65"),
        ("'%s-%s'|format(1, 2) ~ '%(a)s'|format(a=1)", "1-21"),
        ("'a b/c?ü'|urlencode ~ {'a b': '/&'}|urlencode", "a%20b/c%3F%C3%BCa+b=%2F%26"),
        ("nope|default('d') ~ ''|d('e', true) ~ 3|string ~ 'a'|center(3)", "de3 a "),
        ("['a']|map('upper')|list ~ [{}]|map(attribute='a', default=9)|list", "['A'][9]"),
        ("[1]|pprint ~ d|attr('b') ~ d|attr('get') is callable", "[1]True"),
    ],
)  # fmt: skip
def test_filters(expression: str, expected: str) -> None:
    assert evaluate(expression, autoescape=False) == expected


@pytest.mark.parametrize(
    "expression",
    [
        *("3 is odd", "4 is even", "4 is divisibleby 2", "3 is number", "'a' is string"),
        *("none is none", "d is mapping", "items is sequence", "items is iterable"),
        *("3 is not iterable", "3 is eq 3", "3 is ne 4", "3 is gt 2", "3 is ge 3", "2 is lt 3"),
        *("3 is le 3", "3 is sameas 3", "1 is in [1]", "true is true", "false is false"),
        *("1 is not true", "true is boolean", "1 is integer", "true is not integer"),
        *("1.0 is float", "'a' is lower", "'A' is upper", "x|e is escaped", "x is not escaped"),
        *("'upper' is filter", "'odd' is test", "'zz' is not filter", "range is callable"),
        *("nope is undefined", "x is defined", "'x' is not number"),
    ],
)
def test_tests(expression: str) -> None:
    assert evaluate(expression) == "True"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("x|upper", "&lt;X&gt;"),
        ("x|indent", "&lt;x&gt;"),
        ("x|title", "&lt;X&gt;"),
        ("x|center(5)", " &lt;x&gt; "),
        ("x|wordwrap(5)", "&lt;x&gt;"),
        ("x|truncate(3, true, '')", "&lt;x&gt;"),
        ("[x]|join", "&lt;x&gt;"),
        ("[x]|map('upper')|first", "&lt;X&gt;"),
        ("x|list|first", "&lt;"),
        ("x|pprint", "&#39;&lt;x&gt;&#39;"),
        ("'&lt;x&gt;'|striptags", "&lt;x&gt;"),
        ("x|e|e", "&lt;x&gt;"),
        ("x|forceescape", "&lt;x&gt;"),
        ("x|e|forceescape", "&amp;lt;x&amp;gt;"),
        ("x|urlize", "&lt;x&gt;"),
        ("{'a': x}|xmlattr", ' a="&lt;x&gt;"'),
        ("x|safe", "<x>"),
    ],
)
def test_tp_04_no_filter_trusts_text(expression: str, expected: str) -> None:
    assert evaluate(expression) == expected


@pytest.mark.parametrize("key", [" ", "a b", "a/", "a>", "a=", "a\t", "a\f", 'a"', "a'", "a<", ""])
def test_tp_07_xmlattr_refuses_keys_that_end_a_name(key: str) -> None:
    template = Environment(autoescape=True).from_string("{{ d|xmlattr }}")
    with pytest.raises(ValueError, match="xmlattr refuses"):
        template.render(d={key: 1})


def test_xmlattr_leaves_out_none_and_undefined() -> None:
    assert evaluate("{'a': none, 'b': nope, 'c': 1}|xmlattr") == ' c="1"'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://a.b/?x=1&y=2.", '<a href="http://a.b/?x=1&amp;y=2" rel="noopener">http://a.b/?x=1&amp;y=2</a>.'),
        ("(www.a.b)", '(<a href="https://www.a.b" rel="noopener">www.a.b</a>)'),
        ("me@a.de", '<a href="mailto:me@a.de">me@a.de</a>'),
        ("javascript:alert(1) a@b http://", "javascript:alert(1) a@b http://"),
        ('http://a.b/"onclick=', '<a href="http://a.b/&#34;onclick=" rel="noopener">http://a.b/&#34;onclick=</a>'),
    ],
)  # fmt: skip
def test_urlize(text: str, expected: str) -> None:
    template = Environment(autoescape=True).from_string("{{ t|urlize }}")
    assert template.render(t=text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "www." * 50_000,
        "a@" * 50_000,
        "(" * 50_000 + "http://a.b" + ")" * 50_000,
        "http://a" + "." * 100_000,
        "a@" + "a." * 50_000 + "!",
        "&lt;" * 50_000,
    ],
)
def test_tp_08_urlize_is_linear(text: str) -> None:
    template = Environment(autoescape=True).from_string("{{ t|urlize }}")
    started = time.perf_counter()
    template.render(t=text)
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", 'http://a.b"onclick="x', "http://a.b/'x", "data:text/html,x"]
)
def test_tp_08_urlize_links_to_no_script_and_leaves_no_quote(text: str) -> None:
    html = Environment(autoescape=True).from_string("{{ t|urlize }}").render(t=text)
    assert re.findall('href="(?!http://a.b)', html) == []
    assert html.count('"') in (0, 4) and "'" not in html


def test_tp_10_tojson_is_safe_in_html() -> None:
    template = Environment(autoescape=True).from_string("{{ v|tojson }}")
    rendered = template.render(v="</script><!--'&\u2028")
    assert rendered == '"\\u003c/script\\u003e\\u003c!--\\u0027\\u0026\\u2028"'


@pytest.mark.parametrize(
    "expression",
    [
        "[3, 'a']|sort",
        "[[], []]|unique|list",
        "[1]|batch(0)|list",
        "[1]|slice(0)|list",
        "1.5|round(400, 'ceil')",
        "d|dictsort(by='x')",
        "'abc'|truncate(1)",
        "[1]|map|list",
        "[1]|map('nope')|list",
        "'a'|format(1, a=2)",
    ],
)
def test_tp_23_wrong_arguments_are_told(expression: str) -> None:
    with pytest.raises(FilterArgumentError):
        evaluate(expression)


def test_tp_23_numbers_out_of_range_do_not_hang() -> None:
    assert evaluate("'1e999999999'|int ~ 1e308|round") == "01e+308"
    assert "YB" in evaluate("(10**400)|filesizeformat")


def test_policies_of_links_and_of_cutting() -> None:
    environment = Environment(autoescape=True)
    template = "{{ 'http://a.org tel:1'|urlize }}|{{ '1234567'|truncate(5) }}"
    assert environment.from_string(template).render() == (
        '<a href="http://a.org" rel="noopener">http://a.org</a> tel:1|1234567'
    )
    environment.policies.update(
        {
            "urlize.rel": None,
            "urlize.target": "_blank",
            "urlize.extra_schemes": ["tel:"],
            "truncate.leeway": 0,
        }
    )
    assert environment.from_string(template).render() == (
        '<a href="http://a.org" target="_blank">http://a.org</a> '
        '<a href="tel:1" target="_blank">tel:1</a>|12...'
    )


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("example.org", "example.org"),
        ("see example.com/a?b, or", "example.com/a?b"),
        ("(ab.net:80/x)", "ab.net:80/x"),
        ("EXAMPLE.ORG.", "EXAMPLE.ORG"),
        ("(see http://x.org/?q=<a>)", "http://x.org/?q=&lt;a&gt;"),
        ("<http://x.org>", "http://x.org"),
        ("<<http://x.org>>", "http://x.org"),
        ("example.de", ""),
        ("foo.orgx", ""),
        (".org", ""),
        ("foo.org,bar.com", ""),
    ],
)
def test_what_is_taken_for_an_address(text: str, linked: str) -> None:
    shown = Environment(autoescape=True).from_string("{{ text|urlize }}").render(text=text)
    assert re.findall(">(.*)</a>", shown) == ([linked] if linked else [])


def test_a_mail_address_is_shown_whole() -> None:
    shown = Environment().from_string("{{ 'ada@example.org'|urlize(5) }}").render()
    assert shown == '<a href="mailto:ada@example.org">ada@example.org</a>'


@pytest.mark.parametrize(
    "expression",
    [
        "5|items",
        "5|reverse",
        "none|sort",
        "[[1]]|unique|list",
        "none|groupby(1)",
        "'a'|truncate(2)",
    ],
)
def test_a_wrong_value_is_an_error_of_each_kind_that_programs_catch(expression: str) -> None:
    for kind in (TypeError, ValueError, TemplateError):
        with pytest.raises(kind):
            Environment().from_string(f"{{{{ {expression}|list }}}}").render()
