"""URLs: the path of an endpoint under the prefix of the app, with or without a host."""

from __future__ import annotations

from .appbase import AppBase
from .context import find_request_context
from .http import redirect_response
from .routing import BuildError
from .text.quoting import percent_encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .http import Request, Response
    from .routing import MapAdapter

# RFC 3986 §3.5: what may stand in a fragment as it is.
_FRAGMENT_SAFE = "!$&'()*+,/:;=?@"
# RFC 3986 §3.1.
_URL_SCHEME_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789+-.")

_NO_HOST = (
    "outside of a request there is no host to make an absolute URL of; set "
    "app.config['SERVER_NAME'] = 'example.com', or ask for the path alone with "
    "url_for(..., _external=False)"
)


class UrlBuilder(AppBase):
    """The half of an app that builds URLs. See `Microweb`."""

    def url_for(
        self,
        /,
        endpoint: str,
        *,
        _anchor: str | None = None,
        _method: str | None = None,
        _scheme: str | None = None,
        _external: bool | None = None,
        **values: Any,
    ) -> str:
        """Return the URL of an endpoint; see the function of the same name."""
        context = find_request_context()
        environ = None if context is None else context.environ
        if not isinstance(endpoint, str):
            raise TypeError(
                f"url_for takes the name of an endpoint, not {endpoint!r:.60}; for a view that is "
                f"usually the function's name, as in url_for('index')"
            )
        if _scheme is not None and _external is False:
            raise ValueError(
                f"_scheme={_scheme!r} makes an absolute URL, so it goes with _external=True"
            )
        if endpoint[:1] == "." and context is not None and context.url_rule is not None:
            blueprint = context.url_rule.endpoint.rpartition(".")[0]
            endpoint = f"{blueprint}{endpoint}" if blueprint else endpoint[1:]
        self.inject_url_defaults(endpoint, values)
        try:
            if self.url_map.has_hosts:
                path = self._build_on_host(endpoint, values, _method, _scheme)
            else:
                # Of several rules the one that the request's own method would reach.
                own = None if environ is None else environ["REQUEST_METHOD"]
                path = self.url_map.build(endpoint, values, _method, True, own)
                path = self.script_prefix(environ) + path
        except BuildError as error:
            values.update(_anchor=_anchor, _method=_method, _scheme=_scheme, _external=_external)
            return self.handle_url_build_error(error, endpoint, values)
        if _anchor:
            path = f"{path}#{percent_encode(_anchor, _FRAGMENT_SAFE)}"
        if _external is None:
            _external = environ is None or _scheme is not None
        # Of a rule on another host the URL is absolute already.
        return self._absolute_url(path, _scheme) if _external and path[:1] == "/" else path

    def _build_on_host(
        self, endpoint: str, values: dict[str, Any], method: str | None, scheme: str | None
    ) -> str:
        """Return the path of an endpoint, or its whole URL where it is on another host."""
        context = find_request_context()
        adapter = self.create_url_adapter(None if context is None else context.request)
        if adapter is None:
            raise RuntimeError(_NO_HOST)
        return adapter.build(endpoint, values, method, url_scheme=scheme)

    def script_prefix(self, environ: dict[str, Any] | None) -> str:
        """Return the URL path that the app is mounted at, percent-encoded, without a final slash:
        the request's ``SCRIPT_NAME``, without a request ``APPLICATION_ROOT``."""
        prefix = (
            self.config["APPLICATION_ROOT"] if environ is None else environ.get("SCRIPT_NAME", "")
        )
        if prefix in ("", "/"):
            return ""
        # An environ carries bytes as latin-1 text (PEP 3333).
        raw = prefix.encode("utf-8" if environ is None else "latin-1")
        return percent_encode(raw.rstrip(b"/"), "!$&'()*+,/:;=@")

    def _absolute_url(self, path: str, scheme: str | None) -> str:
        """Return *path* with a scheme and a host: the request's, else those configured."""
        if scheme is not None and not _URL_SCHEME_LETTERS.issuperset(scheme.lower()):
            raise ValueError(f"_scheme is a scheme such as 'https', not {scheme!r}")
        context = find_request_context()
        if context is not None:
            scheme = context.request.scheme if scheme is None else scheme
            return f"{scheme and scheme + ':'}//{context.request.host}{path}"
        server_name = self.config["SERVER_NAME"]
        if not server_name:
            raise RuntimeError(_NO_HOST)
        scheme = self.config["PREFERRED_URL_SCHEME"] if scheme is None else scheme
        return f"{scheme and scheme + ':'}//{server_name}{path}"

    def inject_url_defaults(self, endpoint: str, values: dict[str, Any]) -> None:
        """Have the `url_defaults` functions of the app and the blueprints add to *values*."""
        if self.url_default_functions:
            for function in self.iter_hooks(self.url_default_functions, endpoint):
                function(endpoint, values)

    def handle_url_build_error(
        self, error: BuildError, endpoint: str, values: dict[str, Any]
    ) -> str:
        """Return what the first of ``url_build_error_handlers`` returns that is not None, or raise
        the error that no rule could be built."""
        for handler in self.url_build_error_handlers:
            try:
                url: str | None = handler(error, endpoint, values)
            except BuildError as other:
                error = other
            else:
                if url is not None:
                    return url
        raise error

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Return the map bound to a request, or to ``SERVER_NAME`` without one (None where that is
        not set): for matching and building by hand, in a shell or a test."""
        server_name = self.config["SERVER_NAME"]
        if request is not None:
            subdomain = None
            if self.url_map.host_matching:
                server_name = None
            elif not self.subdomain_matching:
                subdomain = self.url_map.default_subdomain
            return self.url_map.bind_to_environ(request.environ, server_name, subdomain)
        if not server_name:
            return None
        return self.url_map.bind(
            server_name,
            script_name=self.config["APPLICATION_ROOT"],
            url_scheme=self.config["PREFERRED_URL_SCHEME"],
        )

    def redirect(self, location: str, code: int = 302) -> Response:
        """Return a redirect; see the function of the same name."""
        return redirect_response(location, code, self.response_class)
