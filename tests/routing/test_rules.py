"""The syntax of rules."""

from __future__ import annotations

import inspect

import pytest

from microweb.routing import (
    IntegerConverter,
    Map,
    Rule,
    RuleSyntaxError,
    RuleTemplate,
    UnicodeConverter,
)
from microweb.routing.extra.slashes import merge_rule_slashes
from microweb.routing.rules import parse_rule, split_rule


@pytest.mark.parametrize(
    ("rule", "position"),
    [
        ("no-slash", 0),
        ("", 0),
        ("<a>", 0),
        ("/<int(", 6),
        ("/<a", 1),
        ("/<a><b>", 4),
        ("/<1x>", 2),
        ("/<any(a,b>", 8),
        ("/<>", 2),
        ("/a>b", 2),
        ("/<a:>", 3),
        ("/<a b>", 3),
        ("/<int:a!>", 7),
        ("/<int(min=1, min=2):a>", 12),
        ("/<int(min=1, 2):a>", 12),
        ("/<ä>", 2),
        ("/<a>/<a>", 5),
        ("/<re:x>", 1),
        ("/<int(" + "1," * 5000, 10006),
    ],
)
def test_rt_09_malformed_rule_is_refused_with_its_position(rule, position):
    with pytest.raises(RuleSyntaxError) as caught:
        Rule(rule, endpoint="e")
    assert isinstance(caught.value, ValueError)
    assert caught.value.position == position
    assert repr(rule) in str(caught.value)


def test_message_points_at_the_character():
    with pytest.raises(RuleSyntaxError) as caught:
        Rule("/a/<b")
    assert str(caught.value).endswith("\n    /a/<b\n       ^")


@pytest.mark.parametrize(
    ("text", "arguments", "keywords"),
    [
        ("int", (), {}),
        ("any(en, de)", ("en", "de"), {}),
        ("any('a/b', \"c,d\")", ("a/b", "c,d"), {}),
        ("int(min=-1,max=2.5)", (), {"min": -1, "max": 2.5}),
        ("int(signed=True)", (), {"signed": True}),
        ("c(None, x, k=y)", (None, "x"), {"k": "y"}),
        ("c(٣)", ("٣",), {}),
        ("c()", (), {}),
    ],
)
def test_converter_arguments_are_read(text, arguments, keywords):
    variable = parse_rule(f"/<{text}:n>")[1]
    assert (variable.arguments, dict(variable.keywords)) == (arguments, keywords)


def test_regex_variable_may_hold_slashes_colons_and_brackets():
    variable = parse_rule("/<re:(?:a/<)+:n>")[1]
    assert variable.arguments == ("(?:a/<)+",)


@pytest.mark.parametrize("path", ["/", "/a", "/a/", "/a/b/c", "//a//b/", "/a//"])
@pytest.mark.parametrize("merge", [True, False])
def test_rules_are_cut_the_way_paths_are(path, merge):
    pieces = merge_rule_slashes(parse_rule(path)) if merge else parse_rule(path)
    text = ["".join(segment) for segment in split_rule(pieces)]
    while merge and "//" in path:
        path = path.replace("//", "/")
    assert text == path.split("/")


def test_methods_are_capitals_and_get_brings_head():
    assert Rule("/", methods=["get", "post"]).methods == {"GET", "HEAD", "POST"}
    assert Rule("/").methods is None
    with pytest.raises(TypeError, match="methods is a list"):
        Rule("/", methods="GET")


def test_arguments_hold_variables_and_defaults():
    assert Rule("/<a>/<int:b>", defaults={"c": 1}).arguments == {"a", "b", "c"}


def test_what_is_not_available_is_said():
    with pytest.raises(NotImplementedError, match="write a function instead"):
        RuleTemplate([Rule("/$name", endpoint="$name")])


def test_a_rule_in_a_map_tells_what_it_is_made_of():
    rule = Rule("/a/<int:n>/b-<s>.html/", endpoint="e", host="<user>.example.org")
    assert (rule._trace, rule._converters) == ([], {})
    Map([rule], host_matching=True)
    host = [(True, "user"), (False, ".example.org"), (False, "|")]
    path = [(False, "/"), (False, "a"), (False, "/"), (True, "n"), (False, "/"), (False, "b-")]
    path += [(True, "s"), (False, ".html"), (False, "/")]
    assert rule._trace == host + path
    assert [name for is_variable, name in rule._trace if is_variable] == ["user", "n", "s"]
    kinds = {name: type(converter) for name, converter in rule._converters.items()}
    assert kinds == {"user": UnicodeConverter, "n": IntegerConverter, "s": UnicodeConverter}
    with pytest.raises(AttributeError):
        rule._trace = []


def test_rule_is_a_text():
    with pytest.raises(TypeError, match="a rule is a str"):
        Rule(b"/x")


@pytest.mark.parametrize(("rule", "is_leaf"), [("/", False), ("/a", True), ("/a/", False)])
def test_a_leaf_does_not_end_with_a_slash(rule, is_leaf):
    assert Rule(rule).is_leaf is is_leaf


def test_a_rule_knows_where_it_was_made_until_told_better():
    rule = Rule("/x", endpoint="e")
    line = inspect.currentframe().f_lineno - 1
    assert rule.origin == f"{__file__}:{line}"
    asked = []
    rule.origin = lambda: asked.append(1) or "app.py:3"
    assert asked == []
    assert (rule.origin, rule.told(), asked) == ("app.py:3", "'/x' to 'e' (app.py:3)", [1])
    rule.origin = None
    assert rule.told() == "'/x' to 'e'"
