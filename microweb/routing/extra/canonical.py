"""Redirects from a rule that matched to where the match should have gone.

Of several rules of one endpoint one may be the canonical one: the rule whose defaults say what the
URL spells out, or the one that an alias stands for. And ``redirect_to`` names a place of its own.
"""

from __future__ import annotations

import re

from ...text.quoting import local_path, quote_path, quote_segment
from ..exceptions import RequestRedirect
from ..rules import build_path
from .hosts import build_domain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from ..map import Map
    from ..rules import Rule


def redirect_if_elsewhere(
    map: Map,
    rule: Rule,
    arguments: Mapping[str, Any],
    method: str,
    path: str,
    domain: str | None,
    adapter: Any,
) -> None:
    """Raise RequestRedirect if a match of *rule* has its canonical URL elsewhere."""
    if map.redirect_defaults:
        canonical = find_canonical_rule(map, rule, arguments, method)
        if canonical is not None:
            other, target = canonical
            if other == (map.default_subdomain if domain is None else domain):
                other = None
            if other is not None or target != quote_path(path):
                raise RequestRedirect(target, other)
    if rule.redirect_to is not None:
        target = fill_redirect_target(rule, arguments, adapter or map.bind(""))
        if target != quote_path(path):
            raise RequestRedirect(target)


def find_canonical_rule(
    map: Map, rule: Rule, arguments: Mapping[str, Any], method: str
) -> tuple[str | None, str] | None:
    """Return domain and path of the rule whose defaults say the same as *rule*, or ``None``.

    *rule*: the one that matched; *arguments*: those of the match; *method*: in capitals.
    """
    for other in map.iter_rules(rule.endpoint):
        if other is rule:
            break
        if other.build_only or other.redirect_to is not None:
            continue
        if other.methods is not None and method not in other.methods:
            continue
        if other.arguments != rule.arguments or not (other.defaults or rule.alias):
            continue
        url, _ = build_path(other, arguments)
        domain = None if other.domain is None else build_domain(other, arguments)[0]
        if url is not None and (domain is not None or other.domain is None):
            return domain, local_path(url)
    return None


def fill_redirect_target(rule: Rule, arguments: Mapping[str, Any], adapter: Any) -> str:
    """Return where ``redirect_to`` leads: a local path, or an absolute URL as written.

    *adapter*: what a callable is called with, in front of *arguments*.

    >>> from microweb.routing import Rule
    >>> rule = Rule("/old/<n>", redirect_to="new/<n>")
    >>> fill_redirect_target(rule, {"n": "a b"}, None)
    '/new/a%20b'
    """
    target = rule.redirect_to
    if callable(target):
        text = str(target(adapter, **arguments))
    else:
        bound = {variable.name: variable.bound for variable in rule.variables()}

        def write_value(found: re.Match[str]) -> str:
            name = found[1]
            if name not in arguments:
                return found[0]
            write: Callable[[Any], str] = getattr(bound.get(name), "write", quote_segment)
            return write(arguments[name])

        text = re.sub("<(?:[^<>:]*:)?([A-Za-z0-9_]+)>", write_value, str(target))
    if re.match("[A-Za-z][A-Za-z0-9+.-]*://", text):
        return text
    # What the author wrote is encoded already; control characters and spaces never pass.
    safe = "".join([c if "!" <= c <= "~" and c != "\\" else quote_segment(c) for c in text])
    return local_path(safe)
