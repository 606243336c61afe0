"""Translated text: ``{% trans %}``, ``_()`` and the functions behind them."""

# A row of a table is one line.
# ruff: noqa: E501

from __future__ import annotations

import gettext
from typing import Any

import pytest

from microweb.templating import Environment, TemplateSyntaxError, UndefinedError


class Catalog(gettext.NullTranslations):
    def gettext(self, message: str) -> str:
        return {"Hello": "<Hallo>", "Hi %(name)s": "Servus %(name)s"}.get(message, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"{n}: {msgid1 if n == 1 else msgid2}"

    def pgettext(self, context: str, message: str) -> str:
        return f"{context}/{message}"

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        return f"{context}/{msgid1 if n == 1 else msgid2}"


def render(source: str, newstyle: bool = False, autoescape: bool = True, **variables: Any) -> str:
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=autoescape)
    environment.install_gettext_translations(Catalog(), newstyle=newstyle)
    template = environment.from_string(source)
    text = template.render(variables)
    assert "".join(template.generate(variables)) == text
    return text


@pytest.mark.parametrize("newstyle", [False, True])
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{% trans %}Hello{% endtrans %}", "<Hallo>"),
        ("{% trans %}Hi {{ name }}{% endtrans %}", "Servus &lt;a&gt;"),
        ("{% trans name=3 * 2 %}Hi {{ name }}{% endtrans %}", "Servus 6"),
        ("{% trans a=1, b=name %}{{ a }}{{ b }}{% endtrans %}", "1&lt;a&gt;"),
        ("{% trans name %}100% of {{ name }}{% endtrans %}", "100% of &lt;a&gt;"),
        ("{% trans n=1 %}one{% pluralize %}many {{ n }}{% endtrans %}", "1: one"),
        ("{% trans n=2 %}one{% pluralize %}many {{ n }}{% endtrans %}", "2: many 2"),
        ("{% trans n=2, k=1 %}one{% pluralize k %}many{% endtrans %}", "1: one"),
        ("{% trans num=2 %}one{% pluralize %}{{ num }} many{% endtrans %}", "2: 2 many"),
        ("{% trans 'fruit' %}apple{% endtrans %}", "fruit/apple"),
        ("{% trans 'fruit' n=2 %}apple{% pluralize %}{{ n }} apples{% endtrans %}", "fruit/2 apples"),
        ("{% trans trimmed %}\n  a\n  b {{ name }}\n{% endtrans %}", "a b &lt;a&gt;"),
        ("{% trans notrimmed %} a{% endtrans %}", " a"),
        ("{% trans class=1, a=2 %}{{ a }}{{ class }}{% endtrans %}", "21"),
        ("{% macro m(x) %}{% trans %}i {{ x }}{% endtrans %}{% endmacro %}{{ m('<') }}", "i &lt;"),
        ("{% for x in [1, 2] %}{% trans %}i{{ x }}{% endtrans %}{% endfor %}", "i1i2"),
        ("{% set t %}{% trans %}Hello{% endtrans %}{% endset %}{{ t }}", "<Hallo>"),
        ("{% block b %}{% trans %}Hello{% endtrans %}{% endblock %}", "<Hallo>"),
    ],
)  # fmt: skip
def test_trans(source: str, expected: str, newstyle: bool) -> None:
    assert render(source, newstyle, name="<a>") == expected


def test_the_functions_in_expressions() -> None:
    source = (
        "{{ _('Hello') }} {{ gettext('x') }} {{ ngettext('a', 'b', 2) }} {{ pgettext('c', 'd') }}"
    )
    assert render(source, autoescape=False) == "<Hallo> x 2: b c/d"
    assert render("{{ _('Hello') }}") == "&lt;Hallo&gt;"


def test_newstyle_fills_in_what_it_is_given() -> None:
    assert render("{{ _('Hi %(name)s', name='<a>') }}", newstyle=True) == "Servus &lt;a&gt;"
    assert render("{{ ngettext('%(num)s a', '%(num)s b', 2) }}", newstyle=True) == "2: 2 b"
    assert render("{{ pgettext('c', '%(context)s') }}", newstyle=True) == "c/c"
    assert render("{{ _('Hi %(name)s', name='<a>') }}", True, False) == "Servus <a>"


def test_functions_of_ones_own_and_none() -> None:
    environment = Environment()
    environment.install_gettext_callables(str.upper, lambda one, many, n: one * n)
    source = "{% trans %}a{% endtrans %}{% trans n=3 %}b{% pluralize %}c{% endtrans %}{{ _('d') }}"
    assert environment.from_string(source).render() == "AbbbD"
    environment.install_null_translations()
    assert environment.from_string(source).render() == "acd"
    environment.uninstall_gettext_translations()
    with pytest.raises(
        UndefinedError, match=r"calls gettext\(\), which is undefined: use install_"
    ):
        environment.from_string(source).render()


def test_policy_of_trimming() -> None:
    environment = Environment()
    environment.install_null_translations()
    environment.policies["ext.i18n.trimmed"] = True
    assert environment.from_string("{% trans %} a\n b {% endtrans %}").render() == "a b"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{% trans %}{{ a.b }}{% endtrans %}", "a name stands alone in {{ }}: give its value before, {% trans a=... %}"),
        ("{% trans %}{% if 1 %}{% endif %}{% endtrans %}", "{% if %} cannot stand inside of {% trans %}"),
        ("{% trans %}a{% pluralize %}b{% endtrans %}", "{% pluralize %} needs a number: write {% trans count=... %}"),
        ("{% trans n=1 %}a{% pluralize q %}b{% endtrans %}", "not given the variable 'q' to count"),
        ("{% trans n=1 %}a{% pluralize %}b{% pluralize %}{% endtrans %}", "{% pluralize %} stands twice"),
        ("{% trans a=1, a=2 %}{% endtrans %}", "the variable 'a' twice"),
        ("{% trans %}a", "{% trans %} from line 1 is open: {% pluralize %} or {% endtrans %} is missing"),
        ("{% pluralize %}", "{% pluralize %} closes nothing: no tag is open here"),
        ("{% if 1 %}{% endtrans %}", "the innermost open tag is {% if %} from line 1"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(source: str, message: str) -> None:
    with pytest.raises(TemplateSyntaxError) as raised:
        render(source)
    assert message in str(raised.value)


def test_what_is_counted_is_computed_once() -> None:
    environment = Environment()
    environment.install_null_translations()
    template = environment.from_string(
        "{% trans n=pop() %}{{ n }}{% pluralize %}{{ n }}{{ n }}{% endtrans %}"
    )
    assert template.render(pop=[1, 2, 3].pop) == "33"


def test_newstyle_escapes_as_the_tag_around_says() -> None:
    source = "{% autoescape true %}{% trans a='<' %}Hello{{ a }}{% endtrans %}{{ _('Hello') }}{% endautoescape %}"
    assert render(source, newstyle=True, autoescape=False) == "Hello&lt;<Hallo>"
