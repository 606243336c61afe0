"""The map: all rules of an app, from path to rule and from endpoint to URL.

A ``Map`` gets its rules while the app is set up and is only read afterwards, so threads share it
without locks. What can be worked out when a rule is added is; ``find`` only walks.
"""

from __future__ import annotations

import re

from ..text.quoting import local_path, quote_path, quote_query
from .building import build_domain, build_path, explain_build_failure, fill_redirect_target
from .converters import DEFAULT_CONVERTERS, NOT_CONVERTED
from .exceptions import NoMatch, RequestRedirect, RoutingError, RuleSyntaxError, WrongMethod
from .inserting import bind_variable, insert_rule, insert_segment
from .segments import MixedSegment
from .trie import RouteBranch, RouteNode, draw_trie, search_trie

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from .converters import BaseConverter
    from .extra.adapter import MapAdapter
    from .extra.explaining import PathExplanation
    from .inserting import BoundConverter
    from .rules import Rule, RuleFactory

_SLASHES_RE = re.compile("//+")
# Where a host leads that no rule is for.
_UNKNOWN_HOST = RouteNode(0)


class Map:
    """The rules of an app.

    The parameters are Werkzeug's.

    *rules*: rules and factories to add; *default_subdomain*: that of rules that name none, once
    a rule names one; *strict_slashes*: ``/x`` is redirected to the rule ``/x/``; else it is matched
    by it, and ``/x/`` by the rule ``/x``; *merge_slashes*: ``//x`` is redirected to the rule
    ``/x``; *redirect_defaults*: a URL that spells out what another rule of the endpoint has as its
    defaults is redirected to that rule's; *converters*: converters by name, beyond the built-in
    ones; *sort_parameters*: whether the query of a built URL is sorted; *sort_key*: the key to sort
    it by, of ``(name, value)``; *host_matching*: whether rules are for a ``host`` instead of a
    ``subdomain``; a rule without one answers on every host, after those that name it.

    What ``MapAdapter.match`` raises, and ``dispatch`` catches, is set on the class:
    ``not_found_class()``, ``method_not_allowed_class(valid_methods)`` and ``http_exception_class``.

    >>> from microweb.routing import Rule
    >>> urls = Map([Rule("/", endpoint="home"), Rule("/<path:p>", endpoint="file")])
    >>> urls.find("GET", "/a/b")
    (<Rule '/<path:p>' -> file>, {'p': 'a/b'})
    """

    default_converters: Mapping[str, type[BaseConverter]] = DEFAULT_CONVERTERS
    not_found_class: type[Exception] = NoMatch
    method_not_allowed_class: type[Exception] = WrongMethod
    http_exception_class: type[Exception] = RoutingError

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
        self.converters: dict[str, type[BaseConverter]] = {
            **self.default_converters,
            **(converters or {}),
        }
        self._root = RouteNode(0)
        # In front of the roots, once a rule names a host; ``_root`` is then the one for any host,
        # or for the default subdomain.
        self._hosts: RouteNode | None = None
        self._static: dict[str, dict[str | None, Rule]] = {}
        self._rules: list[Rule] = []
        self._by_endpoint: dict[Any, list[Rule]] = {}
        # Endpoints of which a rule has defaults: any of their matches may have to be redirected.
        self._with_defaults: set[Any] = set()
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

        Raises RuleSyntaxError: a converter is unknown or its arguments make no sense. Raises
        RuntimeError: the rule belongs to a map already.

        A ``UserWarning`` tells of two endpoints on one URL and method; the first one keeps it.

        >>> from microweb.routing import Rule, UnknownConverter
        >>> try:
        ...     Map().add(Rule("/<itn:n>", endpoint="e"))
        ... except UnknownConverter as error:
        ...     print(error.problem)
        there is no converter 'itn'; did you mean 'int'?
        """
        for rule in rulefactory.get_rules(self):
            self._add_rule(rule)

    def _add_rule(self, rule: Rule) -> None:
        if rule.map is not None:
            raise RuntimeError(
                f"{rule!r} belongs to a map already; make a new Rule to add it again"
            )
        domain = self._find_domain_pattern(rule)
        # A factory may have changed the rule since it was read.
        if rule.parsed[0] is not rule.rule or domain or rule.defaults:
            rule.read_pattern(domain or "")
        if rule.names:
            for variable in rule.variables():
                variable.bound = bind_variable(self, rule, variable)
                if variable.bound.spans and variable in rule.domain_pieces:
                    problem = f"{variable.spec()!r} has slashes, a host has none"
                    raise RuleSyntaxError(rule.parsed[1], variable.position, problem)
        if rule.strict_slashes is None:
            rule.strict_slashes = self.strict_slashes
        if rule.merge_slashes is None:
            rule.merge_slashes = self.merge_slashes
        root = self._root
        if domain is not None:
            root = self._open_domain(rule)
        rule.map = self
        rule.domain = domain
        rule.plain = not (rule.defaults or rule.redirect_to or rule.alias)
        self._rules.append(rule)
        self._add_endpoint(rule)
        if rule.build_only:
            return
        end, hidden_by = insert_rule(root, rule)
        if not rule.names and self._hosts is None:
            text = "".join(rule.pieces)  # type: ignore[arg-type]
            path = _SLASHES_RE.sub("/", text) if rule.merge_slashes else text
            self._static[path] = end.methods
        if hidden_by is not None:
            self.warn_of_hidden_rule(rule, hidden_by)

    def warn_of_hidden_rule(self, rule: Rule, hidden_by: Rule) -> None:
        """Warn that *rule* is never reached, as *hidden_by* answers the same URL and method."""
        _warn_of_rule(
            f"two rules answer the same URL and method: {hidden_by.told()} comes first and "
            f"hides {rule.told()}; change the URL or the methods of one of them",
            stacklevel=5,
        )

    def _find_domain_pattern(self, rule: Rule) -> str | None:
        """Return the host or subdomain that *rule* is for; ``None`` for any, or while none is."""
        if self.host_matching:
            return rule.host
        if rule.host is not None:
            _warn_of_rule(
                f"{rule.told()} is for the host {rule.host!r}, but this map does not match hosts; "
                f"write Map(host_matching=True), or url_map.host_matching = True before the rule"
            )
        if self._hosts is None and rule.subdomain in (None, self.default_subdomain):
            return None
        return self.default_subdomain if rule.subdomain is None else rule.subdomain

    def _open_domain(self, rule: Rule) -> RouteNode:
        """Return the root for the rules of the domain of *rule*, made if need be."""
        hosts = self._hosts
        if hosts is None:
            hosts = self._hosts = RouteNode(-1)
            self._static = {}
            if self.host_matching:
                # Widest of all; as a mixed segment without variables it adds no value.
                every = MixedSegment(("", ""), ())
                way = RouteBranch((float("inf"),), "(any host)", lambda host: (), False, every)
                way.node = self._root
                hosts.add_branch(way)
            else:
                hosts.literals = {self.default_subdomain: self._root}
                for known in self._rules:
                    known.domain = self.default_subdomain
                    known.domain_pieces = (self.default_subdomain,)
        pieces = rule.domain_pieces
        if not pieces or (len(pieces) == 1 and isinstance(pieces[0], str)):
            return hosts.literal("".join(pieces))  # type: ignore[arg-type]
        return insert_segment(hosts, pieces)

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
        if not self.redirect_defaults:
            return
        if rule.endpoint in self._with_defaults:
            rule.plain = False
        elif rule.defaults:
            self._with_defaults.add(rule.endpoint)
            for other in rules:
                other.plain = False

    def domain_of(self, host: str, server_name: str | None = None) -> str | None:
        """Return what ``find`` takes as *domain* for a request to *host*.

        *host*: with its port, unless that is the scheme's own; *server_name*: what subdomains are
        in front of; a host that does not end with it has the default subdomain. A map whose rules
        name no hosts has no domains: ``None``.

        >>> from microweb.routing import Rule
        >>> urls = Map([Rule("/", endpoint="api", subdomain="api")])
        >>> urls.domain_of("api.Example.org", "example.org"), Map().domain_of("example.org")
        ('api', None)
        """
        if self._hosts is None:
            return None
        host = host.lower()
        if self.host_matching:
            return host
        suffix = f".{(server_name or '').lower()}"
        if f".{host}".endswith(suffix) and len(suffix) > 1:
            return host[: -len(suffix)]
        return self.default_subdomain

    def find(
        self, method: str, path: str, domain: str | None = None
    ) -> tuple[Rule, dict[str, Any]]:
        """Return the rule for *method* and *path*, and a fresh dict of its arguments.

        Three roads, each in front of a slower one: a dict for paths without variables, a straight
        walk that always takes the narrowest way, the search with a way back. This one is long and
        flat because every request pays for it: 0.1 µs on the first road, 0.6 µs on the second.

        *method*: in capitals; *path*: the decoded path, with its slash in front; *domain*: what
        ``domain_of`` returned, if the map ``has_hosts``; ``None`` for the rules that name none.
        Raises NoMatch: no rule leads there. Raises WrongMethod: rules do, for other methods. Raises
        RequestRedirect: the path to go to is in its ``new_url``.

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

    def root_of(self, domain: str | None) -> tuple[RouteNode, str | None]:
        """Return where the search for *domain* begins, and the host it begins with, if any."""
        if self._hosts is None or domain is None:
            return self._root, None
        return self._hosts, domain

    def _enter_domain(self, domain: str, values: list[Any]) -> RouteNode:
        """Return the root that *domain* leads to first; put what its variables read in *values*."""
        hosts = self._hosts
        if hosts is None:
            return self._root
        child = hosts.literals.get(domain)
        if child is not None:
            return child
        for branch in hosts.branches:
            value = branch.read(domain)
            if value is not NOT_CONVERTED:
                values += value if branch.mixed else (value,)
                return branch.node
        return _UNKNOWN_HOST

    def _find_searching(
        self, method: str, path: str, domain: str | None, adapter: MapAdapter | None = None
    ) -> tuple[Rule, dict[str, Any]]:
        """Do as ``find``, by the search; then try the path with its slashes merged."""
        if "//" not in path and self._hosts is None:
            rule, values = search_trie(self._root, method, path)
            return self._finish(rule, values, method, path, domain, adapter)
        root, host = self.root_of(domain)
        try:
            rule, values = search_trie(root, method, path, host)
        except (NoMatch, WrongMethod):
            if "//" not in path or not self.merge_slashes:
                raise
            merged = _SLASHES_RE.sub("/", path)
            try:
                mergeable = search_trie(root, method, merged, host)[0].merge_slashes
            except NoMatch:
                mergeable = False
            if not mergeable:
                raise
            raise RequestRedirect(local_path(quote_path(merged))) from None
        return self._finish(rule, values, method, path, domain, adapter)

    def _finish(
        self,
        rule: Rule,
        values: list[Any],
        method: str,
        path: str,
        domain: str | None,
        adapter: MapAdapter | None = None,
    ) -> tuple[Rule, dict[str, Any]]:
        """Return a match with its defaults, or redirect to where it should have gone."""
        arguments = dict(zip(rule.names, values))
        if rule.plain:
            return rule, arguments
        arguments = {**rule.defaults, **arguments}
        if self.redirect_defaults:
            canonical = self.find_canonical(rule, arguments, method)
            if canonical is not None:
                other, target = canonical
                if other == (self.default_subdomain if domain is None else domain):
                    other = None
                if other is not None or target != quote_path(path):
                    raise RequestRedirect(target, other)
        if rule.redirect_to is not None:
            target = fill_redirect_target(rule, arguments, adapter or self.bind(""))
            if target != quote_path(path):
                raise RequestRedirect(target)
        return rule, arguments

    def find_canonical(
        self, rule: Rule, arguments: Mapping[str, Any], method: str
    ) -> tuple[str | None, str] | None:
        """Return domain and path of the rule whose defaults say the same as *rule*, or ``None``.

        *rule*: the one that matched; *arguments*: those of the match; *method*: in capitals.
        """
        for other in self._by_endpoint[rule.endpoint]:
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

    def build(
        self,
        endpoint: Any,
        values: Mapping[str, Any],
        method: str | None = None,
        append_unknown: bool = True,
        preferred: str | None = None,
    ) -> str:
        """Return the URL of *endpoint*: an encoded path, and a query for the values left over.

        *endpoint*: as given to the rules; *values*: by the names of the variables; a ``None``
        counts as not given; *method*: only rules for this method, or ``None`` for any;
        *preferred*: rules for this method first, then any;
        *append_unknown*: whether values without a variable become the query; a list repeats. Raises
        BuildError: there is no such endpoint, or the values do not fit any of its rules.

        >>> from microweb.routing import Rule
        >>> Map([Rule("/u/<name>", endpoint="u")]).build("u", {"name": "a b", "page": 2})
        '/u/a%20b?page=2'
        """
        return self.build_parts(endpoint, values, method, append_unknown, None, preferred)[1]

    def build_parts(
        self,
        endpoint: Any,
        values: Mapping[str, Any],
        method: str | None = None,
        append_unknown: bool = True,
        domain: str | None = None,
        preferred: str | None = None,
    ) -> tuple[str | None, str]:
        """Return the host or subdomain of *endpoint*, and its URL as ``build`` does.

        The first is ``None`` if the rule is for any; *domain*: the one to stay on if it has a rule.
        """
        first: tuple[str | None, str] | None = None
        rules = self._by_endpoint.get(endpoint, ())
        if preferred is not None and len(rules) > 1:
            rules = sorted(rules, key=lambda rule: not _answers_method(rule, preferred))
        for rule in rules:
            if method is not None and rule.methods is not None and method not in rule.methods:
                continue
            url, _ = build_path(rule, values)
            if url is None:
                continue
            own = None
            if rule.domain is not None:
                own, _ = build_domain(rule, values)
                if own is None:
                    continue
            if url[1:2] == "/":
                url = local_path(url)
            arguments = rule.arguments
            if append_unknown and not arguments.issuperset(values):
                pairs: Iterable[tuple[str, Any]] = values.items()
                if self.sort_parameters:
                    pairs = sorted(pairs, key=self.sort_key)
                query = quote_query(pairs, arguments)
                if query:
                    url = f"{url}?{query}"
            if own is None or own == domain:
                return own, url
            first = first or (own, url)
        if first is not None:
            return first
        raise explain_build_failure(self._by_endpoint, endpoint, values, method)

    def iter_rules(self, endpoint: Any = None) -> Iterator[Rule]:
        """Return an iterator over all rules as they were added, or over those of *endpoint*.

        >>> list(Map().iter_rules("nobody"))
        []
        """
        return iter(self._rules if endpoint is None else self._by_endpoint.get(endpoint, ()))

    def is_endpoint_expecting(self, endpoint: Any, *arguments: str) -> bool:
        """Return whether some rule of *endpoint* has all of *arguments*.

        >>> from microweb.routing import Rule
        >>> Map([Rule("/<lang>/", endpoint="home")]).is_endpoint_expecting("home", "lang")
        True
        """
        return any(rule.arguments.issuperset(arguments) for rule in self.iter_rules(endpoint))

    def draw(self) -> str:
        """Return the trie as an indented tree, see ``draw_trie``.

        >>> Map().draw()
        ''
        """
        return draw_trie(self._hosts or self._root)

    def explain(self, method: str, path: str, domain: str | None = None) -> PathExplanation:
        """Return how ``find`` comes to its answer, and which rules come near.

        The parameters are those of ``find``; nothing is raised.

        >>> from microweb.routing import Rule
        >>> print(Map([Rule("/about", endpoint="about")]).explain("GET", "/abuot"))
        GET /abuot: no rule leads there
          /: 'abuot' is none of the fixed segments
        /about comes near: 'about' is spelled like 'abuot'
        """
        from .extra.explaining import explain_path

        return explain_path(self, method, path, domain)

    def update(self) -> None:
        """Do nothing: rules are put in their order when they are added."""

    def bind(
        self,
        server_name: str,
        script_name: str | None = None,
        subdomain: str | None = None,
        url_scheme: str = "http",
        default_method: str = "GET",
        path_info: str | None = None,
        query_args: Mapping[str, Any] | str | None = None,
    ) -> MapAdapter:
        """Return an adapter: this map as seen from one host, or from one request to it.

        >>> from microweb.routing import Rule
        >>> Map([Rule("/a/", endpoint="a")]).bind("example.org").build("a", force_external=True)
        'http://example.org/a/'
        """
        from .extra.adapter import MapAdapter

        return MapAdapter(
            self,
            server_name,
            script_name or "/",
            subdomain,
            url_scheme,
            path_info or "/",
            default_method,
            query_args,
        )

    def bind_to_environ(
        self, environ: Any, server_name: str | None = None, subdomain: str | None = None
    ) -> MapAdapter:
        """Return an adapter for the request in *environ* (PEP 3333).

        *environ*: the WSGI environment, or an object that has it as ``environ``; its paths are
        bytes read as Latin-1, meant as UTF-8; *server_name*: the host for external URLs instead of
        the client's ``Host``; what the client has in front of it is the subdomain; *subdomain*:
        takes that one's place.

        >>> environ = {"SERVER_NAME": "a.example", "SERVER_PORT": "80", "PATH_INFO": "/x"}
        >>> Map().bind_to_environ(environ).path_info
        '/x'
        """
        from .extra.adapter import MapAdapter, read_wsgi_request

        return MapAdapter(self, *read_wsgi_request(self, environ, server_name, subdomain))


def _warn_of_rule(message: str, stacklevel: int = 4) -> None:
    """Warn as the caller of ``Map.add``."""
    import warnings

    warnings.warn(message, stacklevel=stacklevel)


def _answers_method(rule: Rule, method: str) -> bool:
    return rule.methods is None or method in rule.methods


def _build_order(rule: Rule) -> tuple[bool, int, int]:
    return rule.alias, -len(rule.arguments), -len(rule.defaults)
