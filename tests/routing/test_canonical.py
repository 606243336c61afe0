"""Redirects to the canonical rule, against trying every rule."""

from __future__ import annotations

import random
import re

import pytest

from microweb.routing import Map, RequestRedirect, Rule


def path_for(rule: Rule, values: dict[str, int]) -> str | None:
    if any(values[name] != default for name, default in rule.defaults.items()):
        return None
    return re.sub("<int:(.)>", lambda found: str(values[found[1]]), rule.rule)


@pytest.mark.parametrize("seed", range(20))
def test_matches_are_redirected_to_the_canonical_rule(seed):
    print(f"seed {seed}")
    dice = random.Random(seed)
    for _ in range(50):
        rules = []
        for index in range(dice.randint(2, 5)):
            own = [name for name in "ab" if dice.random() < 0.5]
            path = f"/{index}" + "".join(f"/<int:{name}>" for name in own)
            defaults = {name: 1 for name in "ab" if name not in own}
            rules.append(Rule(path, defaults, endpoint="e", alias=dice.random() < 0.3))
        urls = Map(rules)
        order = sorted(rules, key=lambda rule: (rule.alias, -len(rule.defaults)))
        for values in ({"a": a, "b": b} for a in (1, 2) for b in (1, 2)):
            for rule in rules:
                path = path_for(rule, values)
                if path is None:
                    continue
                canonical = [
                    path_for(other, values)
                    for other in order[: order.index(rule)]
                    if other.defaults or rule.alias
                ]
                expected = [url for url in canonical if url] or [path]
                try:
                    assert urls.find("GET", path) == (rule, values)
                    target = path
                except RequestRedirect as redirect:
                    target = redirect.new_url
                assert target == expected[0]
