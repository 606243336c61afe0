"""The adapter: a map as seen from one host, or from one request to it.

The law of this module: it adds host, script name, scheme and query to what the map finds and
builds, and decides nothing about routes itself.
"""

from __future__ import annotations

from .exceptions import BuildError, NoMatch, RequestRedirect, WrongMethod
from .quoting import local_path, quote_path, quote_query

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


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
        self.map = map
        self.server_name = server_name
        self.script_name = script_name if script_name.endswith("/") else script_name + "/"
        self.subdomain = subdomain
        self.url_scheme = url_scheme
        self.path_info = path_info
        self.default_method = default_method
        self.query_args = query_args

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
        the query a redirect keeps; ``None`` for the request's. Raises NoMatch: no rule leads there.
        Raises WrongMethod: rules do, for other methods. Raises RequestRedirect: its ``new_url`` is
        a whole URL.
        """
        path = self.path_info if path_info is None else path_info
        if path[:1] != "/":
            path = "/" + path
        method = (method or self.default_method).upper()
        try:
            try:
                rule, arguments = self.map.find(method, path)
            except RequestRedirect:
                # A callable redirect_to wants this adapter; the search hands it on.
                rule, arguments = self.map._find_searching(method, path, self)
        except RequestRedirect as redirect:
            raise RequestRedirect(self._external(redirect.new_url, query_args)) from None
        return (rule if return_rule else rule.endpoint), arguments

    def _external(self, target: str, query_args: Mapping[str, Any] | str | None) -> str:
        """Return *target* with scheme, host, script name and query."""
        if target[:1] != "/":
            return target
        query = self.query_args if query_args is None else query_args
        if query and not isinstance(query, str):
            query = quote_query(query.items())
        url = f"{self.url_scheme}://{self.get_host()}{self._rooted(target)}"
        return f"{url}?{query}" if query else url

    def _rooted(self, path: str) -> str:
        """Return the encoded *path* below the script name."""
        return local_path(quote_path(self.script_name[:-1]) + path)

    def get_host(self, domain_part: str | None = None) -> str:
        """Return the host with its subdomain, *domain_part* or the bound one."""
        subdomain = self.subdomain if domain_part is None else domain_part
        return f"{subdomain}.{self.server_name}" if subdomain else self.server_name

    def test(self, path_info: str | None = None, method: str | None = None) -> bool:
        """Return whether *path_info* leads somewhere, if only to a redirect."""
        try:
            self.match(path_info, method)
        except RequestRedirect:
            return True
        except (NoMatch, WrongMethod):
            return False
        return True

    def allowed_methods(self, path_info: str | None = None) -> list[str]:
        """Return the methods that *path_info* takes, sorted; none if no rule names any."""
        try:
            # Two hyphens are a method that no rule has.
            self.match(path_info, "--")
        except WrongMethod as error:
            return error.valid_methods
        except (NoMatch, RequestRedirect):
            pass
        return []

    def build(
        self,
        endpoint: Any,
        values: Mapping[str, Any] | None = None,
        method: str | None = None,
        force_external: bool = False,
        append_unknown: bool = True,
        url_scheme: str | None = None,
    ) -> str:
        """Return the URL of *endpoint* below the script name.

        *method*: ``None`` prefers the rules for the bound method and then takes any;
        *force_external*: whether to put scheme and host in front; *url_scheme*: the scheme for
        that; ``""`` begins with ``//host``. Raises BuildError: as ``Map.build`` does.
        """
        lists = getattr(values, "lists", None)
        if lists is not None:
            values = {key: found[0] if len(found) == 1 else found for key, found in lists()}
        values = values or {}
        try:
            url = self.map.build(endpoint, values, method or self.default_method, append_unknown)
        except BuildError:
            if method is not None:
                raise
            url = self.map.build(endpoint, values, None, append_unknown)
        url = self._rooted(url)
        if not force_external and url_scheme is None:
            return url
        scheme = self.url_scheme if url_scheme is None else url_scheme
        return f"{scheme + ':' if scheme else ''}//{self.get_host()}{url}"


def decode_wsgi_path(text: str) -> str:
    """Return the path that PEP 3333 handed over as Latin-1, as the UTF-8 it is.

    >>> decode_wsgi_path("/caf\\xc3\\xa9")
    '/café'
    """
    return text.encode("latin-1", "replace").decode("utf-8", "replace")
