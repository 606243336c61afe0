"""The map: all rules of an app, from path to rule and from endpoint to URL.

It gets its rules while the app is set up and is only read afterwards, so threads share it without
locks. What can be worked out when a rule is added is; ``find`` only walks.
"""

from __future__ import annotations

import functools
import re

from ..text.lazy import LaterMember
from ..text.nearest import nearest_name
from ..text.quoting import local_path, quote_query
from .converters import DEFAULT_CONVERTERS, NOT_CONVERTED, BoundConverter
from .exceptions import (
    BuildError,
    NoMatch,
    RequestRedirect,
    RoutingError,
    RuleSyntaxError,
    UnknownConverter,
    WebsocketMismatch,
    WrongMethod,
)
from .rules import WEBSOCKET, build_path, split_rule
from .trie import RouteNode, insert_rule, is_simple, search_trie

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from .converters import BaseConverter
    from .rules import Rule, RuleFactory, RuleVariable


def _load_rare_map() -> type:
    from .extra.maps import RareMap

    return RareMap


class Map:
    """The rules of an app.

    The parameters are Werkzeug's.

    *rules*: rules and factories to add; *default_subdomain*: that of rules that name none;
    *strict_slashes*: ``/x`` is redirected to the rule ``/x/``; else it is matched by it, and
    ``/x/`` by the rule ``/x``; *merge_slashes*: ``//x`` is redirected to the rule ``/x``;
    *redirect_defaults*: a URL that spells out what another rule of the endpoint has as its defaults
    is redirected to that rule's; *converters*: by name, beyond the built-in ones;
    *sort_parameters*, *sort_key*: whether the query of a built URL is sorted, and by what of
    ``(name, value)``; *host_matching*: whether rules are for a ``host`` instead of a ``subdomain``;
    a rule without one answers on every host, after those that name it.

    What ``MapAdapter.match`` raises, and ``dispatch`` catches, is set on the class:
    ``not_found_class()``, ``method_not_allowed_class(valid_methods)``, ``redirect_class(new_url)``,
    ``websocket_mismatch_class()`` and ``http_exception_class``. An app's map has HTTP errors there.

    >>> from microweb.routing import Rule
    >>> urls = Map([Rule("/", endpoint="home"), Rule("/<path:p>", endpoint="file")])
    >>> urls.find("GET", "/a/b")
    (<Rule '/<path:p>' -> file>, {'p': 'a/b'})
    """

    default_converters: Mapping[str, type[BaseConverter]] = DEFAULT_CONVERTERS
    not_found_class: type[Exception] = NoMatch
    method_not_allowed_class: type[Exception] = WrongMethod
    redirect_class: type[Exception] = RequestRedirect
    websocket_mismatch_class: type[Exception] = WebsocketMismatch
    http_exception_class: type[Exception] = RoutingError

    bind = LaterMember(_load_rare_map)
    bind_to_environ = LaterMember(_load_rare_map)
    build_parts = LaterMember(_load_rare_map)
    domain_of = LaterMember(_load_rare_map)
    draw = LaterMember(_load_rare_map)
    explain = LaterMember(_load_rare_map)
    find_canonical = LaterMember(_load_rare_map)
    is_endpoint_expecting = LaterMember(_load_rare_map)
    root_of = LaterMember(_load_rare_map)
    update = LaterMember(_load_rare_map)
    _enter_domain = LaterMember(_load_rare_map)

    def __init__(
        self,
        rules: Iterable[RuleFactory] | None = None,
        default_subdomain: str = "",
        strict_slashes: bool = True,
        merge_slashes: bool = True,
        redirect_defaults: bool = True,
        converters: Mapping[str, type[BaseConverter]] | None = None,
        sort_parameters: bool = False,
        sort_key: Callable[[tuple[str, Any]], Any] | None = None,
        host_matching: bool = False,
    ) -> None:
        self.default_subdomain = default_subdomain
        self.strict_slashes = strict_slashes
        self.merge_slashes = merge_slashes
        self.redirect_defaults = redirect_defaults
        self.host_matching = host_matching
        self.sort_parameters = sort_parameters
        self.sort_key = sort_key
        self.converters = {**self.default_converters, **(converters or {})}
        self._root = RouteNode(0)
        # Another one once a rule is not simple.
        self._search: Callable[..., tuple[Rule, list[Any]]] = search_trie
        # In front of the roots, once a rule names a host; ``_root`` is then the one for any host,
        # or for the default subdomain.
        self._hosts: RouteNode | None = None
        self._static: dict[str, dict[str | None, Rule]] = {}
        self._rules: list[Rule] = []
        self._by_endpoint: dict[Any, list[Rule]] = {}
        self._bound: dict[tuple[str, type[BaseConverter]], BoundConverter] = {}
        for rule in rules or ():
            self.add(rule)

    def __repr__(self) -> str:
        return f"<Map of {len(self._rules)} rules>"

    @property
    def has_hosts(self) -> bool:
        """Whether some rule is for a host or subdomain, so that ``find`` wants to know it."""
        return self._hosts is not None

    def add(self, rulefactory: RuleFactory) -> None:
        """Add a rule, or those of a factory; they belong to this map from then on.

        A ``UserWarning`` tells of two endpoints on one URL and method; the first one keeps it.
        Raises RuleSyntaxError: a converter is unknown or its arguments make no sense. Raises
        RuntimeError: the rule belongs to a map already.
        """
        for rule in rulefactory.get_rules(self):
            self._add_rule(rule)

    def _add_rule(self, rule: Rule) -> None:
        if rule.map is not None:
            text = f"{rule!r} belongs to a map already"
            raise RuntimeError(f"{text}; make a new Rule to add it again")
        # A factory may have changed the rule since it was read.
        if rule.parsed is not rule.rule or rule.defaults:
            rule.read_pattern()
        root = self._root
        if self._hosts is not None or rule.host is not None or rule.subdomain is not None:
            from .extra.hosts import open_domain

            root = open_domain(self, rule)
        if rule.names:
            for variable in rule.variables():
                self.bind_variable(variable)
        if rule.strict_slashes is None:
            rule.strict_slashes = self.strict_slashes
        if rule.merge_slashes is None:
            rule.merge_slashes = self.merge_slashes
        if rule.merge_slashes and "//" in rule.rule:
            from .extra.slashes import merge_rule_slashes

            rule.pieces = merge_rule_slashes(rule.pieces)
        rule.map = self
        self._rules.append(rule)
        self._add_endpoint(rule)
        if rule.build_only:
            return
        segments = split_rule(rule.pieces)
        enter: Any = None
        if rule.names and not is_simple(segments):
            from .extra.search import enter_rest, search_with_spans

            self._search, enter = search_with_spans, enter_rest
        end, hidden_by = insert_rule(root, segments, rule, enter)
        if not rule.names and self._hosts is None:
            self._static["".join(rule.pieces)] = end.methods  # type: ignore[arg-type]
        if hidden_by is not None:
            self.warn_of_hidden_rule(rule, hidden_by)

    def bind_variable(self, variable: RuleVariable) -> None:
        """Give *variable* the converter it names, made on first use of this way to write it.

        Raises RuleSyntaxError: there is none of that name, or it does not take these arguments.
        """
        converter = self.converters.get(variable.converter)
        if converter is None:
            near = nearest_name(variable.converter, list(self.converters))
            hint = f"did you mean {near!r}?" if near else f"there are {', '.join(self.converters)}"
            problem = f"there is no converter {variable.converter!r}; {hint}"
            raise UnknownConverter(variable.pattern, variable.position, problem)
        spec = variable.spec()
        variable.bound = self._bound.get((spec, converter))
        if variable.bound is None:
            try:
                made = converter(self, *variable.arguments, **variable.keywords)
                variable.bound = BoundConverter(made, spec, len(self._bound))
            except (TypeError, ValueError, re.error) as error:
                problem = f"the converter {spec!r} cannot be made: {error}"
                raise RuleSyntaxError(variable.pattern, variable.position, problem) from error
            self._bound[spec, converter] = variable.bound

    def warn_of_hidden_rule(self, rule: Rule, hidden_by: Rule) -> None:
        """Warn that *rule* is never reached, as *hidden_by* answers the same URL and method."""
        import warnings

        warnings.warn(
            f"two rules answer the same URL and method: {hidden_by.told()} comes first and "
            f"hides {rule.told()}; change the URL or the methods of one of them",
            stacklevel=4,
        )

    def _add_endpoint(self, rule: Rule) -> None:
        """Put *rule* among those of its endpoint, in the order in which URLs are built from them.

        Aliases come last; the more arguments and defaults a rule has, the earlier it is tried.
        """
        rules = self._by_endpoint.setdefault(rule.endpoint, [])
        key = _build_order(rule)
        position = len(rules)
        while position and _build_order(rules[position - 1]) > key:
            position -= 1
        rules.insert(position, rule)
        rule.redirects = rule.redirect_to is not None
        rule.plain = not (rule.defaults or rule.redirects)
        # Of several rules one may be the canonical one for the URL of another.
        canonical = self.redirect_defaults and len(rules) > 1
        if canonical and any(other.defaults or other.alias for other in rules):
            for other in rules:
                other.plain = False
                other.redirects = True

    def find(
        self, method: str, path: str, domain: str | None = None
    ) -> tuple[Rule, dict[str, Any]]:
        """Return the rule for *method* and *path*, and a fresh dict of its arguments.

        Three roads, each in front of a slower one: a dict for paths without variables, a straight
        walk that always takes the narrowest way, the search with a way back. It is long and flat
        because every request pays for it.

        *method*: in capitals; *path*: decoded, with its slash in front; *domain*: what
        ``domain_of`` returned, if the map ``has_hosts``. Raises NoMatch: no rule leads there.
        Raises WrongMethod: rules do, for other methods. Raises RequestRedirect: the path to go to
        is in its ``new_url``.

        >>> from microweb.routing import Rule
        >>> Map([Rule("/<int:n>", endpoint="e")]).find("GET", "/7")[1]
        {'n': 7}
        """
        static = self._static
        if path in static:
            methods = static[path]
            if method in methods:
                rule = methods[method]
                if rule.plain:
                    return rule, {}
            return self._find_searching(method, path, domain)
        values: list[Any] = []
        node = self._root if domain is None else self._enter_domain(domain, values)
        for text in path.split("/"):
            literals = node.literals
            if text in literals:
                node = literals[text]
                continue
            child = node.text
            if child is not None and text:
                values.append(text)
                node = child
                continue
            for branch in node.branches:
                value = branch.read(text)
                if value is not NOT_CONVERTED:
                    if branch.mixed:
                        values.extend(value)
                    else:
                        values.append(value)
                    node = branch.node
                    break
            else:
                child = node.rest
                if child is None or not text or child.literals or child.branches or child.spans:
                    return self._find_searching(method, path, domain)
                values.append(path.split("/", node.depth)[-1])
                node = child
                break
        methods = node.methods
        if method in methods:
            rule = methods[method]
        elif None in methods:
            rule = methods[None]
        else:
            return self._find_searching(method, path, domain)
        if rule.plain:
            # Written out, because dict(zip()) costs three times as much for one or two.
            names = rule.names
            count = len(names)
            if count == 1:
                return rule, {names[0]: values[0]}
            if count == 2:
                return rule, {names[0]: values[0], names[1]: values[1]}
            if count == 3:
                return rule, {names[0]: values[0], names[1]: values[1], names[2]: values[2]}
            return rule, dict(zip(names, values))
        return self._finish(rule, values, method, path, domain)

    def _find_searching(
        self, method: str, path: str, domain: str | None, adapter: Any = None
    ) -> tuple[Rule, dict[str, Any]]:
        """Do as ``find``, by the search; then try the path with its slashes merged."""
        root, search = self._root, self._search
        if domain is not None and self._hosts is not None:
            root, search = self._hosts, functools.partial(search, host=domain)
        try:
            rule, values = search(root, method, path)
        except (NoMatch, WrongMethod) as error:
            if "//" in path and self.merge_slashes:
                try:
                    from .extra.slashes import redirect_if_mergeable
                except ImportError:
                    raise error from None
                redirect_if_mergeable(path, lambda path: search(root, method, path))
            if isinstance(error, WrongMethod) and WEBSOCKET in error.valid_methods:
                error.valid_methods.remove(WEBSOCKET)
                if not error.valid_methods:
                    raise WebsocketMismatch(path) from None
            raise
        return self._finish(rule, values, method, path, domain, adapter)

    def _finish(
        self,
        rule: Rule,
        values: list[Any],
        method: str,
        path: str,
        domain: Any,
        adapter: Any = None,
    ) -> tuple[Rule, dict[str, Any]]:
        """Return a match with its defaults, or redirect to where it should have gone."""
        arguments = {**dict(zip(rule.names, values)), **rule.defaults}
        if rule.redirects:
            from .extra.canonical import redirect_if_elsewhere

            redirect_if_elsewhere(self, rule, arguments, method, path, domain, adapter)
        return rule, arguments

    def build(
        self,
        endpoint: Any,
        values: Mapping[str, Any],
        method: str | None = None,
        append_unknown: bool = True,
        preferred: str | None = None,
    ) -> str:
        """Return the URL of *endpoint*: an encoded path, and a query for the values left over.

        *values*: by the names of the variables; a ``None`` counts as not given; *method*: only
        rules for this method, or ``None`` for any; *append_unknown*: whether values without a
        variable become the query; a list repeats; *preferred*: rules for this method first, then
        any. Raises BuildError: the values do not fit any rule of *endpoint*, if there is one.

        >>> from microweb.routing import Rule
        >>> Map([Rule("/u/<name>", endpoint="u")]).build("u", {"name": "a b", "page": 2})
        '/u/a%20b?page=2'
        """
        if self._hosts is not None:
            parts = self.build_parts(endpoint, values, method, append_unknown, None, preferred)
            return str(parts[1])
        rules = self._by_endpoint.get(endpoint, ())
        if preferred is not None and len(rules) > 1:
            rules = sorted(rules, key=lambda rule: not _answers_method(rule, preferred))
        for rule in rules:
            if method is None or _answers_method(rule, method):
                path = build_path(rule, values)[0]
                if path is not None:
                    return self._finish_url(rule, path, values, append_unknown)
        raise self._explain_failure(endpoint, values, method)

    def _explain_failure(
        self, endpoint: Any, values: Any, method: str | None, build: Callable[..., Any] = build_path
    ) -> BuildError:
        """Return the error that says why no rule of *endpoint* would do; *build* tells of each."""
        rules = self._by_endpoint.get(endpoint)
        if not rules:
            near = nearest_name(endpoint, self._by_endpoint)
            problem = "There is no such endpoint." + (f" Did you mean {near!r}?" if near else "")
            suggested = self._by_endpoint[near][0] if near else None
            return BuildError(endpoint, values, method, suggested, problem)
        problems = []
        for rule in rules[:5]:
            problem = build(rule, values)[1]
            if method is not None and not _answers_method(rule, method):
                problem = f"takes the methods {', '.join(sorted(rule.methods or ()))}"
            problems.append(f"The rule {rule.rule!r} {problem}.")
        return BuildError(endpoint, values, method, rules[0], " ".join(problems))

    def _finish_url(
        self, rule: Rule, path: str, values: Mapping[str, Any], append_unknown: bool
    ) -> str:
        """Return *path* as one that names no host, and with a query for what *rule* did not use."""
        if path[1:2] == "/":
            path = local_path(path)
        if append_unknown and not rule.arguments.issuperset(values):
            pairs: Iterable[tuple[str, Any]] = values.items()
            if self.sort_parameters:
                pairs = sorted(pairs, key=self.sort_key)
            query = quote_query(pairs, rule.arguments)
            if query:
                return f"{path}?{query}"
        return path

    def iter_rules(self, endpoint: Any = None) -> Iterator[Rule]:
        """Return an iterator over all rules as they were added, or over those of *endpoint*."""
        return iter(self._rules if endpoint is None else self._by_endpoint.get(endpoint, ()))


def _answers_method(rule: Rule, method: str) -> bool:
    return rule.methods is None or method in rule.methods


def _build_order(rule: Rule) -> tuple[bool, int, int]:
    return rule.alias, -len(rule.arguments), -len(rule.defaults)
