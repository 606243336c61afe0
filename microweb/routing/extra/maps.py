"""The methods of a map that few programs call: adapters, hosts, pictures and explanations."""

from __future__ import annotations

from ..converters import NOT_CONVERTED
from ..map import Map
from ..rules import build_path
from ..trie import RouteNode
from .adapter import MapAdapter, read_wsgi_request
from .canonical import find_canonical_rule
from .explaining import draw_trie, explain_path
from .hosts import build_domain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..rules import Rule
    from .explaining import PathExplanation

# Where a host leads that no rule is for.
_UNKNOWN_HOST = RouteNode(0)


class RareMap(Map):
    """What stands in ``Map`` as a ``LaterMember``."""

    def update(self) -> None:
        """Do nothing: rules are put in their order when they are added."""

    def is_endpoint_expecting(self, endpoint: Any, *arguments: str) -> bool:
        """Return whether some rule of *endpoint* has all of *arguments*.

        >>> from microweb.routing import Rule
        >>> Map([Rule("/<lang>/", endpoint="home")]).is_endpoint_expecting("home", "lang")
        True
        """
        return any(rule.arguments.issuperset(arguments) for rule in self.iter_rules(endpoint))

    def draw(self) -> str:
        """Return the trie as an indented tree, see ``draw_trie``."""
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
        return explain_path(self, method, path, domain)

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
        return MapAdapter(self, *read_wsgi_request(self, environ, server_name, subdomain))

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

    def find_canonical(
        self, rule: Rule, arguments: Mapping[str, Any], method: str
    ) -> tuple[str | None, str] | None:
        """Return domain and path of the rule that is canonical for a match of *rule*."""
        return find_canonical_rule(self, rule, arguments, method)

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
        rules = list(self.iter_rules(endpoint))
        if preferred is not None:
            rules.sort(key=lambda rule: not (rule.methods is None or preferred in rule.methods))
        for rule in rules:
            if method is not None and rule.methods is not None and method not in rule.methods:
                continue
            path, _ = build_path(rule, values)
            own = None if rule.domain is None or path is None else build_domain(rule, values)[0]
            if path is None or (own is None and rule.domain is not None):
                continue
            found = own, self._finish_url(rule, path, values, append_unknown)
            if own is None or own == domain:
                return found
            first = first or found
        if first is not None:
            return first
        raise self._explain_failure(endpoint, values, method, _build_whole)


def _build_whole(rule: Rule, values: Mapping[str, Any]) -> tuple[str | None, str]:
    path, problem = build_path(rule, values)
    return (path, problem) if problem else build_domain(rule, values)
