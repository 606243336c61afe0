"""Reachability: rules that no request is led to, because other rules are always found first.

It asks ``Map.find``, with URLs made up for each rule, and decides nothing about routes itself; but
two rules of one shape it knows to stand for the same URLs. The texts for variables come from the
rules: the numbers and words in their converters' arguments, the neighbours of those numbers, and a
few of each common kind.

What it cannot find: a rule whose converter takes none of these texts, and one that a rule of the
same endpoint, or one that redirects, stands in front of.
"""

from __future__ import annotations

import re
from itertools import chain, islice

from ..converters import DEFAULT_CONVERTERS, NOT_CONVERTED
from ..exceptions import RequestRedirect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ..map import Map
    from ..rules import Rule, RuleVariable

# Texts of each common kind; what few other rules spell out comes first.
_COMMON_SAMPLES = (
    "zq-x.7 zq Zq 7 -7 0007 0 0.0 1.5 -1.5 zq-x/7.zq 7f000000-0000-4000-8000-00000000007f"
).split()
_SAMPLE_NUMBER_RE = re.compile(r"(?<![0-9.])[0-9]{1,3}(?![0-9.])")
_LONGEST_SAMPLE = 300


class HiddenRule:
    """A rule that is never reached for some of its methods; made by ``find_hidden_rules``.

    ``rule`` and ``methods`` are what is hidden, ``hidden_by`` is the rule that was found instead,
    ``path`` one of the paths that were tried, or the pattern of both. ``certain`` is whether there
    is no doubt: the expressions and converters of an author may tell apart what the paths tried did
    not.
    """

    def __init__(self, rule: Rule, methods: list[str], hidden_by: Rule, path: str) -> None:
        self.rule = rule
        self.methods = methods
        self.hidden_by = hidden_by
        self.path = path
        self.certain = _rule_shape(rule) == _rule_shape(hidden_by) or not (
            _has_own_converter(rule) or _has_own_converter(hidden_by)
        )


def find_hidden_rules(urls: Map) -> Iterator[HiddenRule]:
    """Yield what is never reached of the rules of *urls*, in the order in which they were added.

    >>> from microweb.routing import Map, Rule
    >>> urls = Map([Rule("/<int(min=0):n>", endpoint="a"), Rule("/<int:n>", endpoint="b")])
    >>> [(hidden.rule.endpoint, hidden.path) for hidden in find_hidden_rules(urls)]
    [('b', '/7')]
    """
    samples = _collect_samples(urls)
    first: dict[Any, Rule] = {}
    for rule in urls.iter_rules():
        if rule.build_only:
            continue
        hidden: dict[tuple[Rule, str], list[str]] = {}
        # HEAD and OPTIONS come by themselves with other methods.
        for method in sorted((rule.methods or {"GET"}) - {"HEAD", "OPTIONS"}):
            twin = rule
            if rule.methods is not None:
                twin = first.setdefault((_rule_shape(rule), method), rule)
            winner: tuple[Rule, str] | None = (twin, rule.rule)
            if twin.endpoint == rule.endpoint:
                winner = _find_winner(urls, rule, method, samples)
            if winner is not None:
                hidden.setdefault(winner, []).append(method)
        for (hidden_by, path), methods in hidden.items():
            yield HiddenRule(rule, methods, hidden_by, path)


def _find_winner(urls: Map, rule: Rule, method: str, samples: list[str]) -> tuple[Rule, str] | None:
    """Return a rule that is found before *rule* wherever that could be, and a path of both."""
    winner = None
    for domain, path in _sample_urls(rule, samples):
        try:
            found = urls.find(method, path, domain)[0]
        except RequestRedirect:
            return None
        except Exception:  # Of a converter that looks something up, in a database for example.
            continue
        if found.endpoint == rule.endpoint:
            return None
        winner = winner or (found, path)
    return winner


def _collect_samples(urls: Map) -> list[str]:
    """Return the texts to try for variables, those of every kind first."""
    samples = dict.fromkeys(_COMMON_SAMPLES)
    for rule in urls.iter_rules():
        for variable in rule.variables():
            for value in (*variable.arguments, *variable.keywords.values()):
                samples.update(dict.fromkeys(_samples_of_argument(value)))
    return list(samples)


def _samples_of_argument(value: Any) -> Iterator[str]:
    """Yield the texts that an argument of a converter suggests."""
    if isinstance(value, str):
        yield value
        # A regular expression tells its lengths.
        numbers: list[float] = [int(text) for text in _SAMPLE_NUMBER_RE.findall(value)]
    else:
        numbers = [value] if isinstance(value, (int, float)) else []
    for number in numbers:
        for near in (number - 1, number, number + 1):
            yield from (str(near), str(float(near)))
            if type(near) is int and 0 < near <= _LONGEST_SAMPLE:
                yield from ("z" * near, "7" * near)
        yield from (str(number - 0.01), str(number + 0.01))


def _sample_urls(rule: Rule, samples: list[str]) -> Iterator[tuple[str | None, str]]:
    """Yield domain and path of URLs of *rule*: all samples for each variable, one for the rest."""
    variables = rule.variables()
    first = {}
    for variable in variables:
        first[variable.name] = next(_texts_taken(variable, samples), "")
        if not first[variable.name]:
            return
    yield _fill_rule(rule, first)
    for variable in variables:
        for text in _texts_taken(variable, samples):
            yield _fill_rule(rule, {**first, variable.name: text})


def _texts_taken(variable: RuleVariable, samples: list[str]) -> Iterator[str]:
    """Yield those of *samples* that the converter of *variable* takes. What its own arguments
    suggest comes before what those of a thousand others do."""
    own: list[str] = []
    for value in (*variable.arguments, *variable.keywords.values()):
        own += _samples_of_argument(value)
    common = len(_COMMON_SAMPLES)
    for text in chain(samples[:common], own, islice(samples, common, None)):
        try:
            if variable.bound.read(text) is not NOT_CONVERTED:
                yield text
        except Exception:  # As above.
            return


def _fill_rule(rule: Rule, texts: dict[str, str]) -> tuple[str | None, str]:
    domain, path = (
        "".join([piece if isinstance(piece, str) else texts[piece.name] for piece in pieces])
        for pieces in (rule.domain_pieces, rule.pieces)
    )
    return (None if rule.domain is None else domain.lower()), path


def _rule_shape(rule: Rule) -> tuple[Any, ...]:
    """Return what is equal for two rules that stand for the same URLs, however they are written."""
    pieces = (*rule.domain_pieces, "//", *rule.pieces)
    return tuple([piece if isinstance(piece, str) else piece.bound.order for piece in pieces])


def _has_own_converter(rule: Rule) -> bool:
    """Return whether a converter of *rule* takes what only its author knows."""
    known: dict[str, Any] = {**DEFAULT_CONVERTERS, "re": None}
    names = [variable.converter for variable in rule.variables()]
    return any(rule.map.converters[name] is not known.get(name) for name in names)
