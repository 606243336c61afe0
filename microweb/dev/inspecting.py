"""What an app consists of, as text: its routes, the way of one path, its templates."""

from __future__ import annotations

import re

from ..templating import TemplateError
from .loading import CommandFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from ..app import Microweb
    from ..routing import Map, Rule
    from ..routing.trie import RouteNode

_AUTOMATIC_METHODS = {"HEAD", "OPTIONS"}


def list_routes(app: Microweb, sort: str = "endpoint", all_methods: bool = False) -> str:
    """Return a table of the rules of *app*, with the file and line of each view.

    *sort* is a key of `ROUTE_ORDERS`, or ``"match"``: as the router prefers them. *all_methods*
    shows HEAD and OPTIONS too. A column for hosts or subdomains is there when a rule names one.

    >>> from microweb import Microweb
    >>> app = Microweb("example", static_folder=None)
    >>> app.add_url_rule("/about", "about", methods=["GET"])
    >>> print(list_routes(app))
    Endpoint  Methods  Rule    View
    about     GET      /about  no view
    """
    urls = app.url_map
    rules = [*urls.iter_rules()]
    if sort in ROUTE_ORDERS:
        rules.sort(key=ROUTE_ORDERS[sort])
    else:
        order = {rule: place for place, rule in enumerate(_walk_rules(urls.root_of("")[0]))}
        rules.sort(key=lambda rule: order.get(rule, len(order)))
    hidden = set() if all_methods else _AUTOMATIC_METHODS
    rows = [("Endpoint", "Methods", "Host" if urls.host_matching else "Subdomain", "Rule", "View")]
    for rule in rules:
        methods = "any" if rule.methods is None else ", ".join(sorted(rule.methods - hidden))
        domain = _domain_of_rule(rule) or ("any" if urls.host_matching else "")
        rows.append((str(rule.endpoint), methods, domain, rule.rule, rule.origin or "no view"))
    columns = [*zip(*rows)]
    if not urls.has_hosts:
        del columns[2]
    widths = [max(map(len, column)) for column in columns[:-1]] + [0]
    lines = ["  ".join(map(str.ljust, row, widths)) for row in zip(*columns)]
    return "\n".join(lines)


def _domain_of_rule(rule: Rule) -> str:
    return rule.domain or rule.host or rule.subdomain or ""


ROUTE_ORDERS: dict[str, Callable[[Rule], Any]] = {
    "endpoint": lambda rule: str(rule.endpoint),
    "methods": lambda rule: sorted(rule.methods or ()),
    "domain": _domain_of_rule,
    "rule": lambda rule: rule.rule,
}


def _walk_rules(node: RouteNode) -> Iterator[Rule]:
    """Yield the rules of a trie as its search prefers them."""
    stack = [node]
    while stack:
        node = stack.pop()
        yield from node.rules
        ways = [way.rest or way.node for way in (*node.branches, *node.spans)]
        stack += reversed([child for _, child in sorted(node.literals.items())] + ways)


def draw_routes(urls: Map) -> str:
    """Return the trie of a map as a tree, with the file and line of each view."""
    origins = {str(rule.endpoint): rule.origin for rule in urls.iter_rules()}

    def add_origin(found: re.Match[str]) -> str:
        # An origin is a place, or the name of a view and its place in parentheses.
        place = (origins.get(found[1]) or "no view").rpartition(" (")[2].rstrip(")")
        return f"{found[0]} ({place})"

    return re.sub(r"-> (\S+)", add_origin, urls.draw())


def explain_route(app: Microweb, method: str, target: str) -> str:
    """Return how the router comes to the rule for a path or a whole URL, as text.

    *target* is what stands in a browser: percent-encoded, its query does not matter.

    >>> from microweb import Microweb
    >>> print(explain_route(Microweb("example", static_folder=None), "get", "/a?b=c"))
    GET /a: no rule leads there
    """
    from urllib.parse import unquote, urlsplit

    host = app.config["SERVER_NAME"] or "localhost"
    path = target.partition("?")[0]
    if "://" in path:
        parts = urlsplit(path)
        host, path = parts.netloc, parts.path or "/"
    if not path.startswith("/"):
        raise CommandFailed(
            f"{target!r} is no path: one begins with a slash, as in: microweb explain GET /users/7"
        )
    domain = app.url_map.domain_of(host, app.config["SERVER_NAME"])
    return str(app.url_map.explain(method.upper(), unquote(path), domain))


def check_templates(app: Microweb) -> tuple[list[str], list[str]]:
    """Compile every template of *app*; return their names, and a sentence for each that fails."""
    environment = app.jinja_env
    names = environment.list_templates()
    failures = []
    for name in names:
        try:
            source, filename, _ = environment.loader.get_source(environment, name)  # type: ignore[union-attr]
            environment.compile_source(source, name, filename)
        except (TemplateError, OSError) as error:
            failures.append(f"{name}: {error}")
    return names, failures
