"""Factories, and copies of rules."""

from __future__ import annotations

import pytest

from microweb.routing import EndpointPrefix, Map, Rule, RuleFactory, Submount


def test_factories_nest():
    blog = [Rule("/", endpoint="index"), Rule("/<int:n>", endpoint="show", methods=["GET"])]
    urls = Map([Rule("/", endpoint="home"), EndpointPrefix("blog.", [Submount("/blog/", blog)])])
    assert [(rule.rule, rule.endpoint) for rule in urls.iter_rules()] == [
        ("/", "home"),
        ("/blog/", "blog.index"),
        ("/blog/<int:n>", "blog.show"),
    ]
    assert urls.find("GET", "/blog/7")[1] == {"n": 7}
    assert urls.build("blog.show", {"n": 7}) == "/blog/7"
    assert [rule.map for rule in blog] == [None, None]
    assert Map([Submount("/v1", blog)]).find("GET", "/v1/7")[1] == {"n": 7}


def test_a_factory_of_ones_own_may_change_what_it_likes_of_a_copy():
    class Versions(RuleFactory):
        def get_rules(self, map):
            for number in (1, 2):
                copy = Rule("/<x>", endpoint="e", methods=["GET"]).empty()
                copy.rule = f"/v{number}/<y>"
                copy.defaults = {"version": number}
                copy.alias = number == 1
                yield copy

    urls = Map()
    urls.add(Versions())
    assert urls.find("GET", "/v2/a")[1] == {"version": 2, "y": "a"}
    assert [rule.arguments for rule in urls.iter_rules()] == [{"version", "y"}] * 2


def test_a_factory_without_get_rules_says_so():
    with pytest.raises(NotImplementedError, match="RuleFactory does not override get_rules"):
        Map([RuleFactory()])


def test_copy_has_all_options_and_no_map():
    class OwnRule(Rule):
        def __init__(self, string, flag=False, **options):
            super().__init__(string, **options)
            self.flag = flag

        def get_empty_kwargs(self):
            return {**super().get_empty_kwargs(), "flag": self.flag}

    options = {
        "defaults": {"a": 1},
        "subdomain": "s",
        "methods": {"GET", "HEAD"},
        "build_only": True,
        "endpoint": "e",
        "strict_slashes": False,
        "merge_slashes": False,
        "redirect_to": "/x",
        "alias": True,
        "host": "h",
        "websocket": True,
    }
    rule = OwnRule("/x/", flag=True, **options)
    rule.origin = "app.py:1"
    rule.provide_automatic_options = True
    Map([OwnRule("/y", endpoint="y"), rule], host_matching=True)
    copy = rule.empty()
    assert {name: getattr(copy, name) for name in options} == options
    assert (copy.rule, copy.map, copy.flag, copy.origin) == ("/x/", None, True, "app.py:1")
    assert copy.provide_automatic_options
    assert list(copy.get_rules(Map())) == [copy]
