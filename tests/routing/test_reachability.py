"""Rules that no request reaches: found by asking the router, with URLs made up for each."""

from __future__ import annotations

import pytest

from microweb.routing import BaseConverter, Map, Rule, Subdomain
from microweb.routing.extra.reachability import find_hidden_rules

pytestmark = pytest.mark.filterwarnings("ignore:two rules answer")


class Letters(BaseConverter):
    regex = "[a-z]+"


class Broken(BaseConverter):
    weight = 1

    def to_python(self, value):
        raise LookupError("the database is not there")


def make_map(rules, **options):
    converters = {"letters": Letters, "broken": Broken}
    return Map(
        [Rule(text, endpoint=index, methods=["GET"]) for index, text in enumerate(rules)],
        converters=converters,
        **options,
    )


@pytest.mark.parametrize(
    ("rules", "hidden"),
    [
        (["/a", "/b"], []),
        (["/a", "/a"], [1]),
        (["/a", "/<x>", "/<path:x>", "/<int:x>"], []),
        (["/<x>", "/<y>"], [1]),
        (["/<x>", "/<string:y>"], [1]),
        (["/<int:x>/edit", "/<int:y>/edit", "/<int:y>/delete"], [1]),
        (["/<int:x>", "/<int(min=0):y>"], [0]),
        (["/<int(min=5):x>", "/<int:y>"], []),
        (["/<int(min=5):x>", "/<int(max=4):y>", "/<int:z>"], [2]),
        (["/<int(min=5):x>", "/<int(max=3):y>", "/<int:z>"], []),
        (["/<int(min=2):x>", "/0", "/<int:y>"], []),
        (["/<int(max=99999999):x>", "/<int:y>"], []),
        (["/<int(signed=True):x>", "/<int:y>"], []),
        (["/<float(min=0.5):x>", "/<float:y>"], []),
        (["/<float(min=0.0):x>", "/<float:y>"], [1]),
        (["/<string(length=2):x>", "/<string(minlength=2):y>", "/<z>"], []),
        (["/<string(length=2):x>", "/<string(length=2):y>"], [1]),
        (["/<any(a, b):x>", "/a"], []),
        (["/<any(a, b):x>", "/a", "/b"], [0]),
        (["/<path:x>", "/<path:x>/edit"], []),
        (["/<a>-<b>", "/<a>", "/<int:a>-<b>"], []),
        (["/<a>-<b>", "/<x>-<y>"], [1]),
        (["/<int:year>/<slug>", "/<slug>/<int:n>", "/<a>/<b>"], []),
        (["/<uuid:x>", "/<y>", "/<uuid:z>"], [2]),
        (["/x/", "/x"], []),
    ],
)
def test_hidden_rules_are_found_and_others_are_not(rules, hidden):
    found = list(find_hidden_rules(make_map(rules)))
    assert [each.rule.endpoint for each in found] == hidden
    assert all(each.certain and each.methods == ["GET"] for each in found)


def test_what_hides_a_rule_is_told_with_a_path_of_both():
    alike = next(find_hidden_rules(make_map(["/<int:x>/<y>", "/<int:z>/<w>"])))
    assert (alike.rule.endpoint, alike.hidden_by.endpoint, alike.path) == (1, 0, "/<int:z>/<w>")
    urls = make_map(["/<int(min=0):x>", "/<int:z>"])
    found = next(find_hidden_rules(urls))
    assert (found.rule.endpoint, found.hidden_by.endpoint) == (1, 0)
    assert urls.find("GET", found.path)[0] is found.hidden_by


@pytest.mark.parametrize(
    ("rules", "hidden"),
    [
        # Whether an expression takes something besides is known to its author alone.
        (["/<int:x>", "/<re:[0-9]+:y>"], [(1, False)]),
        (["/<int:x>", "/<re:[0-9]{4}:y>"], [(1, False)]),
        (["/<re:[a-z]{3}:x>", "/<y>"], []),
        (["/<letters:x>", "/<re:[a-z]+:y>"], [(0, False)]),
        (["/<letters:x>", "/<letters:y>"], [(1, True)]),
        (["/<re:[a-z]{3}:x>", "/<re:[a-z]{3}:y>"], [(1, True)]),
        # None of the texts that are tried fits; what is written alike is found without them.
        (["/<re:q[a-z]+q:x>", "/<path:y>", "/<re:q+[a-z]q:z>"], []),
        (["/<re:q[a-z]+q:x>", "/<path:y>", "/<re:q[a-z]+q:z>"], [(2, True)]),
        (["/<broken:x>", "/<int:y>", "/<int(min=0):z>"], []),
    ],
)
def test_what_only_the_author_knows_is_not_certain(rules, hidden):
    found = find_hidden_rules(make_map(rules))
    assert [(each.rule.endpoint, each.certain) for each in found] == hidden


@pytest.mark.parametrize("order", [1, -1])
def test_a_rule_for_all_methods_hides_none_that_names_one(order):
    rules = [Rule("/x", endpoint="all"), Rule("/x", endpoint="get", methods=["GET"])]
    found = find_hidden_rules(Map(rules[::order]))
    assert [each.rule.endpoint for each in found] == ["all"]


def test_a_rule_that_redirects_is_reached():
    urls = Map([Rule("/<int:x>", endpoint="x"), Rule("/<y>", endpoint="y", redirect_to="/7")])
    assert list(find_hidden_rules(urls)) == []


def test_methods_are_hidden_one_by_one():
    urls = Map()
    for endpoint, methods in (("a", ["GET"]), ("b", ["GET", "POST"]), ("c", ["POST", "PUT"])):
        urls.add(Rule("/x", endpoint=endpoint, methods=methods))
    urls.add(Rule("/x", endpoint="d", methods=["DELETE"]))
    found = [
        (each.rule.endpoint, each.methods, each.hidden_by.endpoint)
        for each in find_hidden_rules(urls)
    ]
    assert found == [("b", ["GET"], "a"), ("c", ["POST"], "b")]


@pytest.mark.parametrize(
    "rule",
    [
        Rule("/old", endpoint="x", alias=True),
        Rule("/new", endpoint="x", methods=["GET"]),
        Rule("/new", endpoint="y", build_only=True),
        Rule("/new", endpoint="y", methods=["POST"]),
        Rule("/there", endpoint="y", redirect_to="/new"),
        Rule("/a//b", endpoint="y"),
    ],
)
def test_rules_that_are_in_nobodys_way_are_passed(rule):
    assert list(find_hidden_rules(Map([Rule("/new", endpoint="x", methods=["GET"]), rule]))) == []


@pytest.mark.parametrize(
    ("rules", "options", "hidden"),
    [
        ([("/", {"subdomain": "a"}), ("/", {"subdomain": "b"}), ("/", {})], {}, []),
        ([("/", {"subdomain": "a"}), ("/", {"subdomain": "a"})], {}, [1]),
        ([("/<x>", {"subdomain": "<u>"}), ("/<y>", {"subdomain": "<v>"})], {}, [1]),
        ([("/", {"host": "a.org"}), ("/", {})], {"host_matching": True}, []),
        ([("/", {"host": "a.org"}), ("/", {"host": "A.org"})], {"host_matching": True}, [1]),
        ([("/", {}), ("/", {})], {"host_matching": True}, [1]),
    ],
)
def test_hosts_are_told_apart(rules, options, hidden):
    urls = Map(**options)
    for index, (text, own) in enumerate(rules):
        urls.add(Rule(text, endpoint=index, **own))
    assert [each.rule.endpoint for each in find_hidden_rules(urls)] == hidden


def test_factories_are_no_hindrance():
    urls = Map([Subdomain("api", [Rule("/", endpoint="a"), Rule("/", endpoint="b")])])
    assert [each.rule.endpoint for each in find_hidden_rules(urls)] == ["b"]


def test_many_rules_take_no_longer_each():
    urls = make_map([f"/x{n}/<any(a{n}, b{n}):v>/<int(max={n}):n>" for n in range(2000)])
    asked = []
    find = urls.find
    urls.find = lambda *arguments: asked.append(1) or find(*arguments)
    assert list(find_hidden_rules(urls)) == []
    assert len(asked) == 2000
