"""The adapter: a map as seen from one host, or from one request to it.

It adds host, script name, scheme and query to what the map finds and builds, and decides nothing
about routes itself.
"""

from __future__ import annotations

from ...text.quoting import local_path, quote_path, quote_query
from ..exceptions import BuildError, NoMatch, RequestRedirect, WebsocketMismatch, WrongMethod
from .hosts import HOST_CHARACTERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from ..rules import Rule

_DEFAULT_PORTS = {"http": ":80", "ws": ":80", "https": ":443", "wss": ":443"}


class MapAdapter:
    """A map as seen from one host, or from one request to it; made by ``Map.bind``.

    >>> from microweb.routing import Map, Rule
    >>> Map([Rule("/<n>", endpoint="e")]).bind("example.org").match("/x")
    ('e', {'n': 'x'})
    """

    def __init__(
        self,
        map: Any,
        server_name: str,
        script_name: str,
        subdomain: str | None,
        url_scheme: str,
        path_info: str,
        default_method: str,
        query_args: Mapping[str, Any] | str | None = None,
    ) -> None:
        if map.host_matching and subdomain is not None:
            raise RuntimeError(
                f"this map matches hosts, so it has no subdomain {subdomain!r}; bind the host alone"
            )
        if not server_name.isascii():
            # Only now, because the stdlib's IDNA needs a module that small systems leave out.
            host, colon, port = server_name.partition(":")
            server_name = host.encode("idna").decode("ascii") + colon + port
        if subdomain is None and not map.host_matching:
            subdomain = map.default_subdomain
        self.map = map
        self.server_name = server_name.lower()
        self.script_name = script_name if script_name.endswith("/") else script_name + "/"
        self.subdomain = subdomain
        self.url_scheme = url_scheme
        self.path_info = path_info
        self.default_method = default_method
        self.query_args = query_args

    def _match(
        self,
        path_info: str | None,
        method: str | None,
        query_args: Mapping[str, Any] | str | None = None,
    ) -> tuple[Rule, dict[str, Any]]:
        """Do as ``match``, and raise what the trie raises."""
        path = self.path_info if path_info is None else path_info
        if path[:1] != "/":
            path = "/" + path
        method = (method or self.default_method).upper()
        domain = self._domain()
        find = self.map.find
        try:
            try:
                found: tuple[Rule, dict[str, Any]] = find(method, path, domain)
            except RequestRedirect:
                # A callable redirect_to wants this adapter; the search hands it on.
                found = self.map._find_searching(method, path, domain, self)
        except RequestRedirect as redirect:
            url = redirect.new_url
            if url[:1] == "/":
                url = self.make_redirect_url(url, query_args, redirect.domain)
            raise self.map.redirect_class(url) from None
        return found

    def match(
        self,
        path_info: str | None = None,
        method: str | None = None,
        return_rule: bool = False,
        query_args: Mapping[str, Any] | str | None = None,
    ) -> tuple[Any, dict[str, Any]]:
        """Return the endpoint, or the rule, and the arguments.

        *path_info*: the decoded path; ``None`` for the request's; *method*: ``None`` for the
        request's; *return_rule*: whether to return the rule instead of its endpoint; *query_args*:
        the query a redirect keeps; ``None`` for the request's. Raises the map's
        ``not_found_class`` (NoMatch): no rule leads there. Raises its ``method_not_allowed_class``
        (WrongMethod): rules do, for other methods. Raises its ``websocket_mismatch_class``
        (WebsocketMismatch): rules do, for websockets. Raises its ``redirect_class``
        (RequestRedirect): its ``new_url`` is a whole URL.
        """
        try:
            rule, arguments = self._match(path_info, method, query_args)
        except WebsocketMismatch:
            if self.map.websocket_mismatch_class is WebsocketMismatch:
                raise
            raise self.map.websocket_mismatch_class() from None
        except NoMatch:
            if self.map.not_found_class is NoMatch:
                raise
            raise self.map.not_found_class() from None
        except WrongMethod as error:
            if self.map.method_not_allowed_class is WrongMethod:
                raise
            raise self.map.method_not_allowed_class(error.valid_methods) from None
        return (rule if return_rule else rule.endpoint), arguments

    def dispatch(
        self,
        view_func: Callable[[Any, dict[str, Any]], Any],
        path_info: str | None = None,
        method: str | None = None,
        catch_http_exceptions: bool = False,
    ) -> Any:
        """Match, and return what ``view_func(endpoint, arguments)`` does; else the redirect.

        *catch_http_exceptions*: whether to return an error, of the match or of the view, instead
        of raising it; which ones is said by the map's ``http_exception_class``.

        >>> from microweb.routing import Map, Rule
        >>> adapter = Map([Rule("/<n>", endpoint="e")]).bind("example.org")
        >>> adapter.dispatch(lambda endpoint, arguments: (endpoint, arguments), "/x")
        ('e', {'n': 'x'})
        """
        try:
            try:
                endpoint, arguments = self.match(path_info, method)
            except RequestRedirect as redirect:
                return redirect
            return view_func(endpoint, arguments)
        except self.map.http_exception_class as error:
            if not catch_http_exceptions:
                raise
            return error

    def test(self, path_info: str | None = None, method: str | None = None) -> bool:
        """Return whether *path_info* leads somewhere, if only to a redirect."""
        try:
            self._match(path_info, method)
        except RequestRedirect:
            return True
        except (NoMatch, WrongMethod):
            return False
        return True

    def allowed_methods(self, path_info: str | None = None) -> list[str]:
        """Return the methods that *path_info* takes, sorted; none if no rule names any."""
        try:
            # Two hyphens are a method that no rule has.
            self._match(path_info, "--")
        except WrongMethod as error:
            return error.valid_methods
        except (NoMatch, RequestRedirect):
            pass
        return []

    def _domain(self) -> str | None:
        """Return what the map calls the domain of this adapter."""
        if not self.map.has_hosts:
            return None
        return self.server_name if self.map.host_matching else self.subdomain

    def get_host(self, domain_part: str | None = None) -> str:
        """Return the whole host of *domain_part*: a host or a subdomain; ``None``: the bound one.

        >>> from microweb.routing import Map
        >>> Map().bind("example.org").get_host("api")
        'api.example.org'
        """
        if self.map.host_matching:
            return self.server_name if domain_part is None else domain_part
        subdomain = self.subdomain if domain_part is None else domain_part
        return f"{subdomain}.{self.server_name}" if subdomain else self.server_name

    def encode_query_args(self, query_args: Mapping[str, Any] | str) -> str:
        """Return *query_args* as the text behind the question mark."""
        return query_args if isinstance(query_args, str) else quote_query(query_args.items())

    def make_redirect_url(
        self,
        path_info: str,
        query_args: Mapping[str, Any] | str | None = None,
        domain_part: str | None = None,
    ) -> str:
        """Return the whole URL of the encoded *path_info*, which is below the script name.

        *query_args*: ``None`` for the request's; *domain_part*: see ``get_host``.
        """
        query = self.encode_query_args(self.query_args or "" if query_args is None else query_args)
        scheme = self.url_scheme or "http"
        url = f"{scheme}://{self.get_host(domain_part)}{self._rooted(path_info)}"
        return f"{url}?{query}" if query else url

    def get_default_redirect(
        self,
        rule: Rule,
        method: str,
        values: Mapping[str, Any],
        query_args: Mapping[str, Any] | str | None = None,
    ) -> str | None:
        """Return the whole URL of the rule whose defaults say what *values* do, or ``None``."""
        canonical = self.map.find_canonical(rule, values, method)
        if canonical is None:
            return None
        return self.make_redirect_url(canonical[1], query_args, canonical[0])

    def make_alias_redirect_url(
        self,
        path: str,
        endpoint: Any,
        values: Mapping[str, Any],
        method: str,
        query_args: Mapping[str, Any] | str,
    ) -> str:
        """Return the whole URL that *path*, that of an alias, is redirected to."""
        url = self.build(endpoint, values, method, force_external=True, append_unknown=False)
        query = self.encode_query_args(query_args)
        return f"{url}?{query}" if query else url

    def _rooted(self, path: str) -> str:
        """Return the encoded *path* below the script name."""
        return local_path(quote_path(self.script_name[:-1]) + "/" + path.lstrip("/"))

    def build(
        self,
        endpoint: Any,
        values: Mapping[str, Any] | None = None,
        method: str | None = None,
        force_external: bool = False,
        append_unknown: bool = True,
        url_scheme: str | None = None,
    ) -> str:
        """Return the URL of *endpoint* below the script name, whole if it is on another host.

        *method*: ``None`` prefers the rules for the bound method and then takes any;
        *force_external*: whether to put scheme and host in front in any case; *url_scheme*: the
        scheme for that; ``""`` begins with ``//host``. Raises BuildError: as ``Map.build`` does.
        """
        lists = getattr(values, "lists", None)
        if lists is not None:
            values = {key: found[0] if len(found) == 1 else found for key, found in lists()}
        values = values or {}
        own = self._domain()
        parts = self.map.build_parts
        try:
            domain, url = parts(
                endpoint, values, method or self.default_method, append_unknown, own
            )
        except BuildError:
            if method is not None:
                raise
            domain, url = parts(endpoint, values, None, append_unknown, own)
        url = self._rooted(url)
        if not force_external and (domain is None or domain == own):
            return url
        scheme = self.url_scheme if url_scheme is None else url_scheme
        return f"{scheme + ':' if scheme else ''}//{self.get_host(domain)}{url}"


def read_wsgi_request(
    map: Any, environ: Any, server_name: str | None, subdomain: str | None
) -> tuple[Any, ...]:
    """Return the parameters of ``MapAdapter`` behind *map*, see ``Map.bind_to_environ``.

    >>> from microweb.routing import Map
    >>> read_wsgi_request(Map(), {"HTTP_HOST": "a.example"}, None, None)
    ('a.example', '', None, 'http', '', 'GET', '')
    """
    environ = getattr(environ, "environ", environ)
    scheme = environ.get("wsgi.url_scheme", "http")
    port = _DEFAULT_PORTS.get(scheme, "")
    host = environ.get("HTTP_HOST", "")
    if not host or host.strip(HOST_CHARACTERS):
        host = f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    hosts = [host] if server_name is None else [host, server_name.lower()]
    hosts = [name[: -len(port)] if port and name.endswith(port) else name for name in hosts]
    if len(hosts) > 1 and subdomain is None and not map.host_matching:
        subdomain = map.domain_of(*hosts)
    return (
        hosts[-1],
        decode_wsgi_path(environ.get("SCRIPT_NAME", "")),
        subdomain,
        scheme,
        decode_wsgi_path(environ.get("PATH_INFO", "")),
        environ.get("REQUEST_METHOD", "GET"),
        environ.get("QUERY_STRING", ""),
    )


def decode_wsgi_path(text: str) -> str:
    """Return the path that PEP 3333 handed over as Latin-1, as the UTF-8 it is.

    >>> decode_wsgi_path("/caf\\xc3\\xa9")
    '/café'
    """
    return text.encode("latin-1", "replace").decode("utf-8", "replace")
