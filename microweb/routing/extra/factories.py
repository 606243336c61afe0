"""Factories: rules that have something in common.

A factory changes copies; the rules it was given stay as they are.
"""

from __future__ import annotations

from ..rules import RuleFactory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from ..rules import Rule


class _ChangingFactory(RuleFactory):
    """A factory that changes each of its *rules*, which may be factories as well."""

    def __init__(self, text: str, rules: Iterable[RuleFactory]) -> None:
        self.rules = list(rules)
        self.text = text

    def get_rules(self, map: Any) -> Iterator[Rule]:
        """Return changed copies of the rules."""
        for factory in self.rules:
            for rule in factory.get_rules(map):
                copy = rule.empty()
                self.change(copy)
                yield copy

    def change(self, rule: Rule) -> None:
        raise NotImplementedError


class Subdomain(_ChangingFactory):
    """Rules that answer on a subdomain, a pattern as in ``Rule(subdomain=...)``.

    >>> from microweb.routing import Map, Rule
    >>> urls = Map([Subdomain("<lang>", [Rule("/about", endpoint="about")])])
    >>> urls.bind("example.org", subdomain="de").match("/about")
    ('about', {'lang': 'de'})
    """

    def change(self, rule: Rule) -> None:
        """Set the subdomain of *rule*."""
        rule.subdomain = self.text


class Submount(_ChangingFactory):
    """Rules below a path.

    >>> from microweb.routing import Map, Rule
    >>> Map([Submount("/blog", [Rule("/new", endpoint="new")])]).find("GET", "/blog/new")
    (<Rule '/blog/new' -> new>, {})
    """

    def change(self, rule: Rule) -> None:
        """Put the path in front of *rule*."""
        rule.rule = self.text.rstrip("/") + rule.rule


class EndpointPrefix(_ChangingFactory):
    """Rules whose endpoints, which are texts, have a beginning in common.

    >>> from microweb.routing import Map, Rule
    >>> Map([EndpointPrefix("blog.", [Rule("/new", endpoint="new")])]).find("GET", "/new")
    (<Rule '/new' -> blog.new>, {})
    """

    def change(self, rule: Rule) -> None:
        """Put the prefix in front of the endpoint of *rule*."""
        rule.endpoint = self.text + rule.endpoint


class RuleTemplate:
    """Not available: a function that returns a list of rules says the same in plain Python.

    >>> try:
    ...     RuleTemplate([])
    ... except NotImplementedError as error:
    ...     print(str(error)[:30])
    RuleTemplate is not available;
    """

    def __init__(self, rules: Any) -> None:
        raise NotImplementedError(
            "RuleTemplate is not available; write a function instead, such as def resource(name): "
            "return [Rule(f'/{name}/', endpoint=f'{name}.list')], and Map(resource('user'))"
        )
