"""Targets of the template engine: text that may be a template, rendered whole and in pieces."""

from __future__ import annotations

import random
import re
import traceback
from typing import Any

from microweb.templating import (
    DictLoader,
    Environment,
    Markup,
    StrictUndefined,
    TemplateError,
    escape,
)

from .engine import require, target
from .mutate import words

FILTERS = [name.encode() for name in sorted(Environment().filters) if name != "random"]
TESTS = [name.encode() for name in sorted(Environment().tests)]
ATOMS = (
    b"1|0|-3|2.5|1e3|'a'|\"<b>\"|'%s'|none|true|[]|[1, 2]|['b', 'a']|{}|{'k': 1}|(1,)|n|word|items|"
    b"thing|missing|missing.x|pairs|markup|items[0]|pairs.k|thing.name|thing['name']|range(3)|dict(a=1)|"
    b"namespace(x=1)|cycler(1, 2)|joiner()|loop|loop.index|self|caller()|f()|f(1)|super()|self.a()|"
    b"word.upper()|'%d'.format(1)|'{0}'.format(n)|thing.__class__|thing|attr('__class__')|_(1)"
).split(b"|")
OPERATORS = b"+|-|*|/|//|%|**|~|==|!=|<|>=|and|or|in|not in|is|is not|if|else|,|.|:|=|;".split(b"|")
TEMPLATE_TOKENS = [
    *ATOMS,
    *OPERATORS,
    *FILTERS,
    *(
        b"{{ |}}|{% | %}|{#|#}|{%- | -%}|{{- |-}}|{%+ |%}|{% raw %}|{% endraw %}|(|)|[|]|{|}".split(
            b"|"
        )
    ),
    *b"if elif else endif for endfor in recursive block endblock extends include import".split(),
    *b"from not macro endmacro call endcall set endset filter endfilter with endwith".split(),
    *b"autoescape endautoescape break continue do scoped required ignore missing without".split(),
    *b"context as __globals__ gi_frame mro _x loop.cycle loop.changed varargs kwargs".split(),
    b"\\",
    b"\\u",
    b"'",
    b'"',
    b"1" * 5000,
    b"(" * 200,
    b"\n",
    b"\r\n",
]
PAGES = {
    "base": "<{% block a %}A{% endblock %}|{% block b scoped %}B{{ n }}{% endblock %}>",
    "lib": "{% macro f(a, b=2) %}{{ a }}{{ b }}{{ caller() if caller }}{% endmacro %}"
    "{% set v = 1 %}",
    "part": "[{{ n }}{{ x }}]",
    "self": "{% if n < 9 %}{% set n = n + 1 %}{% include 'self' %}{% endif %}",
}


class Thing:
    """Something with attributes."""

    name = "Ada"
    _kept = 7

    def shout(self, *words: Any) -> str:
        """Return text."""
        return f"HEY{words}"


CONTEXT = {
    "n": 3,
    "word": "hello <b>",
    "items": [3, 1, 2],
    "pairs": {"k": "v", "items": 1},
    "thing": Thing(),
    "markup": Markup("<i>"),
    "html": "<zzz>see http://a.example/x?y=1 & 'me@b.example'\n\n",
    "people": [{"age": 1, "name": "b"}, {"age": 2, "name": "A"}],
}


def expression(dice: random.Random, depth: int = 0) -> bytes:
    """Return an expression."""
    kind = dice.randrange(12 if depth < 4 else 5)
    if kind < 5:
        return dice.choice(ATOMS)
    inner = expression(dice, depth + 1)
    if kind < 7:
        arguments = dice.choice(
            (b"", b"", b"()", b"(2)", b"('k')", b"(" + expression(dice, depth + 1) + b")")
        )
        return inner + b"|" + dice.choice(FILTERS) + arguments
    if kind == 7:
        return (
            inner
            + b" is "
            + dice.choice((b"", b"not "))
            + dice.choice(TESTS)
            + dice.choice((b"", b"(2)"))
        )
    if kind == 8:
        return b"(" + inner + b" if " + expression(dice, depth + 1) + b" else n)"
    if kind == 9:
        return (
            dice.choice((b"[%b]", b"(%b)", b"not %b", b"-%b", b"{1: %b}", b"items[%b:]", b"f(*%b)"))
            % inner
        )
    return (
        b"("
        + inner
        + b" "
        + dice.choice(OPERATORS[:16])
        + b" "
        + expression(dice, depth + 1)
        + b")"
    )


def body(dice: random.Random, depth: int = 0) -> bytes:
    """Return statements, output and text."""
    return b"".join(statement(dice, depth) for _ in range(dice.randrange(4)))


def statement(dice: random.Random, depth: int) -> bytes:
    """Return one piece of a template."""
    kind = dice.randrange(16 if depth < 4 else 4)
    value = expression(dice, 2)
    if kind < 4:
        return (b"text\n", b"{{ %b }}" % value, b"{{- %b -}} " % value, b"{# %b #}" % value)[kind]
    inner, other = body(dice, depth + 1), body(dice, depth + 1)
    name = dice.choice((b"x", b"y", b"n", b"f"))
    return (
        b"{% if " + value + b" %}" + inner + b"{% else %}" + other + b"{% endif %}",
        b"{% for x in " + value + b" %}" + inner + b"{% else %}" + other + b"{% endfor %}",
        b"{% for x, y in pairs.items() if x %}" + inner + b"{{ loop.index }}{% endfor %}",
        b"{% set " + name + b" = " + value + b" %}" + inner,
        b"{% set " + name + b" %}" + inner + b"{% endset %}",
        b"{% block " + dice.choice((b"a", b"b", b"c")) + b" %}" + inner + b"{% endblock %}",
        b"{% macro f(a=" + value + b") %}" + inner + b"{% endmacro %}{{ f() }}",
        b"{% call(x) f(" + value + b") %}" + inner + b"{% endcall %}",
        b"{% with " + name + b" = " + value + b" %}" + inner + b"{% endwith %}",
        b"{% filter " + dice.choice(FILTERS) + b" %}" + inner + b"{% endfilter %}",
        b"{% include '" + dice.choice((b"part", b"self", b"none")) + b"' ignore missing %}" + inner,
        b"{% from 'lib' import f, v %}" + inner,
    )[kind - 4]


def make_template(dice: random.Random) -> bytes:
    """Return a template that has at least the right form."""
    start = b"{% extends 'base' %}" if dice.random() < 0.2 else b""
    return start + body(dice)


_ADDRESS_RE = re.compile("(?i)0x[0-9a-f]+")
_MANY_DIGITS_RE = re.compile("[0-9]{4}")
# What an operation on a template's own values may raise, as the same operation does in Python.
OPERATION_ERRORS = (TypeError, ValueError, ArithmeticError, RecursionError)


def rendered(pieces: Any) -> tuple[str, str]:
    """Return how a rendering ended, and the text; a template's errors are its author's to see."""
    try:
        text = "".join(pieces())
    except TemplateError as error:
        return type(error).__name__, str(error)
    except OPERATION_ERRORS as error:
        return type(error).__name__, ""
    except (AttributeError, LookupError) as error:
        # From a filter for another type of value, or str.format with other names and numbers.
        places = [frame.name for frame in traceback.extract_tb(error.__traceback__)[-3:]]
        at_fault = any(name.startswith(("filter_", "get_value")) for name in places)
        require(at_fault, f"{error!r} from {places}")
        return type(error).__name__, ""
    return "text", _ADDRESS_RE.sub("0x", text)


def render_both_ways(source: str, options: dict[str, Any]) -> None:
    """Require that *source* is refused as a template, or renders the same whole and in pieces."""
    environment = Environment(loader=DictLoader(PAGES), **options)
    try:
        template = environment.from_string(source)
    except TemplateError as error:
        str(error)
        return
    if _MANY_DIGITS_RE.search(source):
        # A large number may ask for much, and nobody forbids an author that.
        return
    whole = rendered(lambda: template.render(CONTEXT))
    parts = rendered(lambda: template.generate(CONTEXT))
    same = whole[0] == parts[0] and (whole[0] != "text" or whole == parts)
    require(same, f"whole: {whole!r:.300}; in pieces: {parts!r:.300}")
    for internal in ("<class 'type'>", "<class 'object'>", "<frame", "<code object"):
        require(internal not in whole[1], f"{internal} is in reach: {whole[1]!r:.200}")


@target(make_template, TEMPLATE_TOKENS, cost=4)
def templates(data: bytes) -> None:
    """Any text is a template or a TemplateError."""
    options: dict[str, Any] = {"autoescape": len(data) % 2 == 0, "trim_blocks": len(data) % 3 == 0}
    if len(data) % 7 == 0:
        options["undefined"] = StrictUndefined
    elif len(data) % 5 == 0:
        options.update(line_statement_prefix="%", lstrip_blocks=True, keep_trailing_newline=True)
    render_both_ways(data.decode("utf-8", "replace"), options)


ARGUMENTS = (
    b"|2|'k'|'b', true|attribute='age'|'name'|width=3|5, true|reverse=true|case_sensitive=true"
    b"|n, 'x'|'upper'|'odd'|'age', 'gt', 1|default='d'|2, 'floor'|indent=2|first=true|'l', 'L', 1"
    b"|start=1|by='value'"
).split(b"|")
VALUES = [
    *ATOMS,
    *([b"people"] * 6),
    *([b"items", b"word", b"pairs", b"markup", b"html", b"n"] * 3),
]


def make_chain(dice: random.Random) -> bytes:
    """Return a value that goes through some filters, and a test now and then."""
    chain = dice.choice(VALUES)
    for _ in range(dice.choice((1, 1, 2, 3))):
        chain += b"|" + dice.choice(FILTERS) + b"(" + dice.choice(ARGUMENTS) + b")"
    if dice.random() < 0.2:
        chain += b" is " + dice.choice(TESTS) + b"(" + dice.choice(ARGUMENTS) + b")"
    return chain


@target(make_chain, [*ARGUMENTS, *FILTERS, *ATOMS, b"|", b"()", b","], cost=2)
def filters(data: bytes) -> None:
    """What goes through filters comes out as text, or as the error of an operation."""
    expression = data.decode("utf-8", "replace")
    render_both_ways("{{ " + expression + " }}", {"autoescape": len(data) % 2 == 0})
    render_both_ways("{% for x in " + expression + " %}{{ x }}{% endfor %}", {})


HTML = (
    b"<|>|&|&lt;|&#|&#0;|&#x110000;|&notin;|<!--|-->|--|</|<zzz|{|}|{0.__class__}|%(a)s|%%".split(
        b"|"
    )
)
_TAG_RE = re.compile("[<>\"']|&(?!amp;|lt;|gt;|#34;|#39;)")


@target(
    lambda dice: words(dice, [b"<b>", b"&amp;", b"&#x41;", b"<!-- x -->", b"{}", b"%s", b"a"], 6),
    HTML,
)
def markup(data: bytes) -> None:
    """Text that is mixed with markup is escaped in every way there is to mix them."""
    text = data.decode("utf-8", "surrogateescape")
    escaped = escape(text)
    require(not _TAG_RE.search(escaped), f"{escaped!r:.200} is not escaped")
    require(escaped.unescape() == text or "&" in text, f"{escaped!r:.200} is not what it was")
    require(escape(escaped) == escaped, f"{escaped!r:.200} is escaped twice")
    for mixed in (
        Markup("%s") % text,
        Markup("{}").format(text),
        Markup("") + text,
        text + Markup(""),
    ):
        require(mixed == escaped, f"{mixed!r:.200} is not {escaped!r:.200}")
    mixed = Markup("-").join([text, text])
    require(mixed == f"{escaped}-{escaped}", f"{mixed!r:.200}")
    plain = Markup(text).striptags()
    require("  " not in plain and plain == plain.strip(" "), f"{plain!r:.200} has blanks to spare")
    text = _MANY_DIGITS_RE.sub("0", text)
    for use in (lambda: Markup(text).format(text, a=text), lambda: Markup(text) % (text,)):
        try:
            use()
        except (ValueError, TypeError, LookupError, AttributeError, TemplateError):
            continue
