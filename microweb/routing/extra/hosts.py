"""Rules for hosts and subdomains.

Where a map has such rules, the host is one segment more, in front of the path: the edges of a root
at depth -1 are hosts, and behind each stands a trie as without hosts.
"""

from __future__ import annotations

import warnings

from ..exceptions import RuleSyntaxError
from ..rules import parse_rule
from ..trie import RouteNode, insert_segment
from .search import search_with_spans
from .segments import MixedSegment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..map import Map
    from ..rules import Rule, RulePiece

HOST_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:[]"
# What a value may put into a host: no port, no user name, no brackets.
_HOST_LABEL_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_"


def parse_host(host: str) -> tuple[RulePiece, ...]:
    """Return the pieces of a host or subdomain, its fixed texts in lower case.

    >>> parse_host("<user>.Example.org")
    (<RuleVariable 'user' of default>, '.example.org')
    """
    pieces = parse_rule(host)
    end = len(host)
    for piece in reversed(pieces):
        if not isinstance(piece, str):
            end = piece.position
            continue
        odd = piece.strip(HOST_CHARACTERS)[:1]
        if odd:
            raise RuleSyntaxError(
                host,
                end - len(piece) + piece.index(odd),
                f"a host has no {odd!r}; write ASCII letters, digits, '-', '.' and a port, and "
                "other scripts as 'xn--...'",
            )
    return tuple([piece.lower() if isinstance(piece, str) else piece for piece in pieces])


def open_domain(map: Map, rule: Rule) -> RouteNode:
    """Return the root for the rules of the host or subdomain of *rule*, made if need be."""
    domain = _find_domain_pattern(map, rule)
    if domain is None:
        return map._root
    pieces = parse_host(domain) if domain else ()
    rule.domain, rule.domain_pieces = domain, pieces
    rule.take_names()
    if len(set(rule.names)) < len(rule.names):
        problem = "a variable of the host is used in the path again; rename one of them"
        raise RuleSyntaxError(rule.rule, 0, problem)
    for piece in pieces:
        if not isinstance(piece, str):
            map.bind_variable(piece)
            if piece.bound.spans:
                problem = f"{piece.spec()!r} has slashes, a host has none"
                raise RuleSyntaxError(domain, piece.position, problem)
    if map._hosts is None:
        map._hosts = _make_hosts(map)
        map._static = {}
        map._search = search_with_spans
    return insert_segment(map._hosts, pieces)


def _find_domain_pattern(map: Map, rule: Rule) -> str | None:
    """Return the host or subdomain that *rule* is for; ``None`` for any, or while none is."""
    if map.host_matching:
        return rule.host
    if rule.host is not None:
        warnings.warn(
            f"{rule.told()} is for the host {rule.host!r}, but this map does not match hosts; "
            f"write Map(host_matching=True), or url_map.host_matching = True before the rule",
            stacklevel=5,
        )
    if map._hosts is None and rule.subdomain in (None, map.default_subdomain):
        return None
    return map.default_subdomain if rule.subdomain is None else rule.subdomain


def _make_hosts(map: Map) -> RouteNode:
    """Return the node in front of all hosts; what *map* has so far stands behind one of its ways.

    That is a way for every host, or the default subdomain.
    """
    hosts = RouteNode(-1)
    if map.host_matching:
        # Widest of all; as a mixed segment without variables it adds no value.
        hosts.variable(MixedSegment(("", ""), (), (float("inf"),), "(any host)"))
        (way,) = hosts.branches
        way.read, way.node = (lambda host: ()), map._root
    else:
        hosts.literals = {map.default_subdomain: map._root}
        for known in map.iter_rules():
            known.domain = map.default_subdomain
            known.domain_pieces = (map.default_subdomain,)
    return hosts


def build_domain(rule: Rule, values: Mapping[str, Any]) -> tuple[str | None, str]:
    """Return the host or subdomain of *rule* for *values*; else ``None`` and what is wrong.

    *rule*: one that has a domain and whose path has been built from these values.

    >>> from microweb.routing import Map, Rule
    >>> rule = Rule("/", endpoint="home", subdomain="<user>")
    >>> Map([rule]).bind("example.org").build("home", {"user": "ada"})
    'http://ada.example.org/'
    >>> build_domain(rule, {"user": "a@b"})
    (None, "cannot take user='a@b': a host is made of ASCII letters, digits, '-', '_' and '.'")
    """
    domain = ""
    for piece in rule.domain_pieces:
        if isinstance(piece, str):
            domain += piece
            continue
        value = values.get(piece.name, rule.defaults.get(piece.name))
        problem = "a host is made of ASCII letters, digits, '-', '_' and '.'"
        part = ""
        try:
            if value is not None:
                part = piece.bound.write(value).lower()
        except (ValueError, TypeError, OverflowError) as error:
            problem = str(error)
        if not part or part.strip(_HOST_LABEL_CHARACTERS):
            return None, f"cannot take {piece.name}={value!r}: {problem}"
        domain += part
    return domain, ""
