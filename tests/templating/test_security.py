"""What a template cannot reach, by any road, and the ceilings."""

# A row of a table is one line.
# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from microweb.templating import (
    DictLoader,
    Environment,
    TemplateError,
    TemplateSecurityError,
    select_autoescape,
)


def numbers() -> Iterator[int]:
    yield 1


class Thing:
    def __init__(self) -> None:
        self._id = 5


def render(source: str) -> str:
    try:
        raise ValueError
    except ValueError as error:
        trace = error.__traceback__
    environment = Environment(autoescape=False, loader=DictLoader({"m": "{% set a = 1 %}"}))
    variables: dict[str, Any] = {
        "thing": Thing(),
        "generator": numbers(),
        "function": render,
        "trace": trace,
        "text": str,
        "data": b"a",
        "u": "__class__",
    }
    return environment.from_string(source).render(variables)


@pytest.mark.parametrize(
    "expression",
    [
        "''.__class__",
        "''['__class__']",
        "''[u]",
        "''|attr('__class__')",
        r"''|attr('\x5f\x5fclass\x5f\x5f')",
        "''|attr('__' ~ 'class__')",
        "[thing]|map(attribute='__class__')|list",
        "[thing]|map(attribute='_id.__class__')|first",
        "[thing]|map('attr', '__class__')|list",
        "[thing]|sum(attribute='__class__')",
        "([thing]|groupby('__class__')|first).grouper",
        "[thing]|join(attribute='__class__')",
        "thing.__init__.__globals__",
        "thing.__dict__",
        "function.__globals__",
        "function.__code__",
        "function.__closure__",
        "function.__defaults__",
        "function['__code__']",
        "function.func_globals",
        "generator.gi_frame",
        "generator.gi_code",
        "generator['gi_frame']",
        "generator|attr('gi_frame')",
        "trace.tb_frame",
        "trace.tb_next",
        "trace['tb_frame']",
        "text.mro",
        "cycler.__init__.__globals__",
        "joiner.__init__",
        "namespace.__init__",
        "namespace(a=1).__class__",
        "range.__globals__",
        "dict.__subclasses__",
        "self.__class__",
        "self._context",
        "self['_context']",
        "nope.__class__",
        "nope._undefined_obj",
        "nope._fail_with_undefined_error.__globals__",
        "nope['_undefined_exception']",
        "nope|attr('__init__')",
        "thing|attr('__cl' ~ 'ass__')",
        "thing|attr(['__','class__']|join)",
        "thing|attr('%c%cclass%c%c'|format(95, 95, 95, 95))",
        "thing['__cla' + 'ss__']",
        "thing[['__class__'][0]]",
        "[thing]|map(attribute='__init__.__globals__')|list",
        "[thing]|map(attribute='__init__', default=1)|list",
        "[thing]|min(attribute='__class__')|attr('__class__')",
        "[[thing, 1]]|map(attribute='0.__class__')|list",
        "[thing]|map('attr', '__init__')|map('attr', '__globals__')|list",
        "[thing]|map('string')|map(attribute='join.__self__')|list",
        "[thing]|groupby(attribute='__class__', default='d')|map(attribute=0)|list",
        "[function]|sum(attribute='__globals__', start={})",
        "([thing]|groupby('__dict__')|first)[0]",
        "[function]|join(attribute='__code__')",
        "[function]|selectattr('__globals__.os')|list",
        "''.join.__self__",
        "[].append.__self__.__class__",
        "{}.items.__self__",
        "text.__mro__",
        "text.mro()",
        "text.__subclasses__()",
        "dict.__base__",
        "dict.fromkeys.__self__",
        "range(3).__class__",
        "(1).__class__",
        "true.__class__",
        "none.__class__",
        "1.5.__class__",
        "(thing, 1).__class__",
        "function.__wrapped__",
        "function.__kwdefaults__",
        "function.__module__",
        "generator.gi_yieldfrom",
        "generator.gi_running",
        "generator.send.__self__",
        "trace|attr('tb_' ~ 'frame')",
        "trace.tb_lasti",
        "cycler('a').next.__func__",
        "cycler('a').__init__.__globals__",
        "joiner()|attr('__class__')",
        "namespace()._values",
        "namespace(a=1)['__class__']",
        "self['__class__']",
        "self.__init__.__globals__",
        "lipsum.__globals__",
        "lipsum|attr('__globals__')",
        "(''|upper).__class__",
        "('a'|safe).__class__",
        "('a'|safe)|attr('__html__')",
        "('a'|safe).__html_format__",
        "''.format.__self__",
        "''.center._method",
        "''['center']['_method']",
    ],
)
def test_tp_11_interpreter_internals_are_out_of_reach(expression: str) -> None:
    try:
        shown = render(f"{{{{ {expression} }}}}")
    except TemplateError:
        return
    assert "<" not in shown
    assert "object" not in shown


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in [1] %}{{ loop._iterator }}{{ loop.__class__ }}{{ loop['_iterator'] }}{% endfor %}",
        "{% macro m() %}{% endmacro %}{{ m._function }}{{ m|attr('_function') }}{{ m['_function'] }}",
        "{% import 'm' as m %}{{ m._body }}{{ m._name }}",
        "{% block b %}{{ super }}{{ self.b._context }}{% endblock %}",
        "{{ ''.format._pattern }}",
        "{% set ns = namespace() %}{{ ns._values }}",
        "{% set ns = namespace() %}{{ ns['_values'] }}{{ ns|attr('_values') }}",
        "{% for i in [1] %}{{ loop.cycle.__self__ }}{{ loop|attr('_undefined') }}{% endfor %}",
        "{% for i in [1] recursive %}{{ loop._recurse }}{{ loop['__call__'] }}{% endfor %}",
        "{% macro m() %}{{ caller._function }}{{ caller.__call__ }}{% endmacro %}{% call m() %}{% endcall %}",
        "{% macro m() %}{{ varargs.__class__ }}{{ kwargs.__class__ }}{% endmacro %}{{ m() }}",
        "{% import 'm' as m %}{{ m.__dict__ }}{{ m['__dict__'] }}{{ m|attr('__init__') }}",
        "{% block b %}{{ self.b.super }}{{ self.b|attr('_context') }}{% endblock %}",
        "{{ ''.center._method }}{{ ''.format['_pattern'] }}",
    ],
)  # fmt: skip
def test_tp_11_internals_of_the_engines_own_objects_are_out_of_reach(source: str) -> None:
    assert render(source) == ""


@pytest.mark.parametrize(
    "expression",
    [
        "'{0.__class__}'.format(1)",
        "'{0[__class__]}'.format(1)",
        "'{a.__class__}'.format_map({'a': 1})",
        "'{0.gi_frame}'.format(generator)",
        "('{0.__class__}'|attr('format'))(1)",
        "('{0.__class__}'['format'])(1)",
        "('{0.__class__}'|safe).format(1)",
        "('{a.__class__}'|safe)['format_map']({'a': 1})",
        "text.format('{0.__class__}', 1)",
        "'{:{0.__class__}}'.format(1)",
        "['{0.__class__}']|map(attribute='format')|first",
        "'{0.real.__class__}'.format(1)",
        "'{0.__init__.__globals__}'.format(thing)",
        "'{0[0].__class__}'.format([1])",
        "'{a[b].__class__}'.format(a={'b': 1})",
        "'{0!r:{1.__class__}}'.format(1, 2)",
        "'{.__class__}'.format(1)",
        "('{0.__class__}'|upper|lower).format(1)",
        "('{' ~ '0.__class__}').format(1)",
        "(['{0.__class__}']|map(attribute='format')|first)(1)",
        "text['format']('{0.__class__}', 1)",
        "(text|attr('format_map'))('{a.__class__}', {'a': 1})",
        "('{0._undefined_obj}'|safe).format(nope)",
    ],
)
def test_tp_12_format_strings_go_through_the_guard(expression: str) -> None:
    try:
        shown = render(f"{{{{ {expression} }}}}")
    except (TemplateError, TypeError, KeyError):
        return
    assert "class" not in shown or "format" in shown


def test_tp_12_a_stored_format_method_is_guarded() -> None:
    with pytest.raises(TemplateSecurityError, match="'__class__' is out of a template's reach"):
        render("{% set f = '{0.__class__}'.format %}{{ f(1) }}")


def test_tp_13_attr_gives_the_guarded_format() -> None:
    with pytest.raises(TemplateSecurityError):
        render("{{ ('{0.__class__}'|attr('format'))(1) }}")
    with pytest.raises(TemplateSecurityError):
        render("{{ ([ '{0.__class__}' ]|map(attribute='format')|first)(1) }}")


def test_format_works_as_documented_otherwise() -> None:
    assert (
        render("{{ '{0} {a} {1._id} {b[x]:>3}'.format(1, thing, a=2, b={'x': 3}) }}") == "1 2 5   3"
    )
    assert render("{{ '{a}'.format_map({'a': 1}) }}{{ text.format('{}', 2) }}") == "12"


def test_one_underscore_stays_usable() -> None:
    assert render("{{ thing._id }}{{ thing['_id'] }}{{ thing|attr('_id') }}") == "555"


def test_keys_of_dicts_are_data_whatever_their_name() -> None:
    assert render("{{ {'__class__': 1}['__class__'] }}{{ {'__a__': 2}.__a__ }}") == "12"


def test_refused_attribute_raises_security_error_when_used() -> None:
    with pytest.raises(
        TemplateSecurityError, match=r"access to '__class__' of a 'str' object is refused"
    ):
        render("{{ ''.__class__.mro }}")


@pytest.mark.parametrize(
    "expression",
    [
        "range(10**9)",
        "range(10**30)",
        "'a' * 10**9",
        "10**9 * 'a'",
        "[1] * 10**9",
        "9**(9**9)",
        "'a'|center(10**9)",
        "'%1000000000d'|format(1)",
        "'%1000000000d' % 1",
        "'%*d' % (10**9, 1)",
        "'{:1000000000}'.format(1)",
        "'{:{}}'.format(1, 10**9)",
        "'a'|indent(10**9)",
        "[1]|batch(10**9, 'x')|list",
    ],
)
def test_tp_18_ceilings(expression: str) -> None:
    with pytest.raises(TemplateSecurityError, match=r"ceiling|refused"):
        render(f"{{{{ {expression} }}}}")


@pytest.mark.parametrize(
    "expression",
    [
        "'a'.center(10**9)",
        "'a'['ljust'](10**9)",
        "('a'|attr('rjust'))(10**9)",
        "'1'.zfill(width=10**9)",
        "'\\t'.expandtabs(10**9)",
        "('a'|safe).center(10**9)",
        "text.center('a', 10**9)",
        "data.ljust(10**9)",
        "'%0*d' % (10**9, 1)",
        "'%(a(b)c)1000000000d' % {'a(b)c': 1}",
        "'%-+ #01000000000d' % 1",
        "'%1.1000000000f' % 1.5",
        "data * 10**9",
        "(1,) * 10**9",
        "9 ** (9 ** 9)",
        "2 ** (10 ** 9)",
        "(-2) ** (10 ** 9)",
        "(2 ** 40000) * (2 ** 40000) * (2 ** 40000)",
        "5|round(-10**9)",
        "1.5|round(10**9, 'floor')",
        "[1]|slice(10**9)|list",
        "{}|tojson(indent=10**9)",
        "'a\\nb'|indent(99999, true) * 10000",
    ],
)
def test_tp_18_ceilings_of_methods_and_numbers(expression: str) -> None:
    with pytest.raises(TemplateSecurityError, match=r"ceiling|refused"):
        render(f"{{{{ {expression} }}}}")


def test_tp_18_a_number_in_the_text_is_no_width() -> None:
    source = "{{ 'order 1234567: %s' % 2 }} {{ '2 * %d = ((3000000))'|format(1500000) }}"
    assert render(source) == "order 1234567: 2 2 * 1500000 = ((3000000))"


def test_tp_18_padding_methods_work_up_to_the_ceiling() -> None:
    source = (
        "{{ 'a'.center(5) }}|{{ '1'.zfill(3) }}|{{ 'a'['ljust'](3, '.') }}|{{ text.rjust('a', 3) }}"
    )
    assert render(source) == "  a  |001|a..|  a"
    assert render(
        "{{ data.ljust(4)|length }}{{ data.center is callable }}{{ data.format is defined }}"
    ) == ("4TrueFalse")


def test_tp_18_long_digits_are_no_number() -> None:
    assert render("{{ ('9' * 1000000)|int(7) }}") == "7"


def test_tp_14_values_may_be_changed_as_no_sandbox_is_offered() -> None:
    source = (
        "{% set a = [1] %}{% do a.append(2) %}{% set d = {} %}{% do d.update(b=3) %}{{ a }}{{ d }}"
    )
    assert render(source) == "[1, 2]{'b': 3}"


def test_tp_18_up_to_the_ceilings_all_works() -> None:
    assert render("{{ range(100000)|length }}") == "100000"
    assert render("{{ ('a' * 1000)|length }} {{ 2 ** 100 }}") == f"1000 {2**100}"


def test_tp_24_there_is_no_debug_tag() -> None:
    with pytest.raises(TemplateError, match=r"there is no \{% debug %\}"):
        render("{% debug %}")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.html", True), ("a.HTML", True), ("a.xml", True), ("a.txt", False), (None, True)],
)
def test_tp_06_select_autoescape_ignores_case(name: str, expected: bool) -> None:
    assert select_autoescape()(name) is expected


def test_select_autoescape_follows_its_lists() -> None:
    chosen = select_autoescape(["svg"], [".txt"], default_for_string=False, default=True)
    assert [chosen(n) for n in ("a.SVG", "a.txt", "a.other", None)] == [True, False, True, False]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("[1, 2].__len__()", "2"),
        ("'a'.__str__()", "a"),
        ("3.5.__repr__()", "3.5"),
        ("thing.__class__.__name__", "Thing"),
        ("(thing|attr('__class__')).__qualname__", "Thing"),
        ("[thing, 1]|map(attribute='__class__.__name__')|join(',')", "Thing,int"),
        ("data.__class__.__module__", "builtins"),
        ("function.__name__", "render"),
        ("cycler('a').next.__name__", "next"),
        ("{'__start': 4}.__start", "4"),
        ("'{0.__name__}'.format(function)", "render"),
    ],
)
def test_what_only_tells_something_is_readable(expression: str, expected: str) -> None:
    assert render(f"{{{{ {expression} }}}}") == expected


def test_what_is_readable_leads_nowhere() -> None:
    starts = (
        "thing thing.__class__ function text data '' [] dict range cycler namespace generator trace"
    )
    readable = "__all__ __doc__ __len__ __module__ __name__ __qualname__ __repr__ __str__".split()
    beyond = [
        "__class__",
        "__dict__",
        "__globals__",
        "__self__",
        "__func__",
        "__call__",
        "__init__",
    ]
    for start in starts.split():
        for name in readable:
            for further in ("", "()"):
                for last in beyond:
                    try:
                        shown = render(f"{{{{ {start}.{name}{further}.{last} }}}}")
                    except (TemplateError, TypeError):
                        continue
                    assert shown == "", f"{start}.{name}{further}.{last}"


def test_dict_is_not_pythons_class() -> None:
    for source in ("{{ dict.clear(d) }}", "{{ dict.fromkeys('a') }}", "{{ dict['x']('a') }}"):
        with pytest.raises(TemplateError):
            Environment().from_string(source).render(d={"a": 1})
