"""The URL of an endpoint, under the prefix of the app, with or without a host."""

from __future__ import annotations

from .globals import find_request_context
from .routing import BuildError
from .text.quoting import percent_encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .app import Microweb
    from .http import Request
    from .routing.extra.adapter import MapAdapter

# RFC 3986 §3.5: what may stand in a fragment as it is.
_FRAGMENT_SAFE = "!$&'()*+,/:;=?@"
# RFC 3986 §3.1.
_URL_SCHEME_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789+-.")

_NO_HOST = (
    "outside of a request there is no host to make an absolute URL of; set "
    "app.config['SERVER_NAME'] = 'example.com', or ask for the path alone with "
    "url_for(..., _external=False)"
)


def build_app_url(
    app: Microweb,
    endpoint: str,
    values: dict[str, Any],
    _anchor: str | None = None,
    _method: str | None = None,
    _scheme: str | None = None,
    _external: bool | None = None,
) -> str:
    """Return the URL of an endpoint; see `microweb.url_for`."""
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
    app.inject_url_defaults(endpoint, values)
    try:
        if app.url_map.has_hosts:
            path = _build_on_host(app, endpoint, values, _method, _scheme)
        else:
            # Of several rules the one that the request's own method would reach.
            own = None if environ is None else environ["REQUEST_METHOD"]
            path = app.url_map.build(endpoint, values, _method, True, own)
            path = script_prefix(app, environ) + path
    except BuildError as error:
        values.update(_anchor=_anchor, _method=_method, _scheme=_scheme, _external=_external)
        return app.handle_url_build_error(error, endpoint, values)
    if _anchor:
        path = f"{path}#{percent_encode(_anchor, _FRAGMENT_SAFE)}"
    if _external is None:
        _external = environ is None or _scheme is not None
    # Of a rule on another host the URL is absolute already.
    return _absolute_url(app, path, _scheme) if _external and path[:1] == "/" else path


def _build_on_host(
    app: Microweb, endpoint: str, values: dict[str, Any], method: str | None, scheme: str | None
) -> str:
    """Return the path of an endpoint, or its whole URL where it is on another host."""
    context = find_request_context()
    adapter: MapAdapter | None = app.create_url_adapter(
        None if context is None else context.request
    )
    if adapter is None:
        raise RuntimeError(_NO_HOST)
    return adapter.build(endpoint, values, method, url_scheme=scheme)


def script_prefix(app: Microweb, environ: dict[str, Any] | None) -> str:
    """Return the URL path that the app is mounted at, percent-encoded, without a final slash:
    the request's ``SCRIPT_NAME``, without a request ``APPLICATION_ROOT``."""
    prefix = app.config["APPLICATION_ROOT"] if environ is None else environ.get("SCRIPT_NAME", "")
    if prefix in ("", "/"):
        return ""
    # An environ carries bytes as latin-1 text (PEP 3333).
    raw = prefix.encode("utf-8" if environ is None else "latin-1", "replace")
    # With one slash in front: of two, or of none, a client would make another host.
    return percent_encode(b"/" + raw.strip(b"/"), "!$&'()*+,/:;=@")


def _absolute_url(app: Microweb, path: str, scheme: str | None) -> str:
    """Return *path* with a scheme and a host: the request's, else those configured."""
    if scheme is not None and not _URL_SCHEME_LETTERS.issuperset(scheme.lower()):
        raise ValueError(f"_scheme is a scheme such as 'https', not {scheme!r}")
    context = find_request_context()
    if context is not None:
        scheme = context.request.scheme if scheme is None else scheme
        return f"{scheme and scheme + ':'}//{context.request.host}{path}"
    server_name = app.config["SERVER_NAME"]
    if not server_name:
        raise RuntimeError(_NO_HOST)
    scheme = app.config["PREFERRED_URL_SCHEME"] if scheme is None else scheme
    return f"{scheme and scheme + ':'}//{server_name}{path}"


def bind_url_map(app: Microweb, request: Request | None) -> MapAdapter | None:
    """Return the map bound to a request, or to ``SERVER_NAME`` without one (None where that is
    not set): for matching and building by hand, in a shell or a test."""
    server_name = app.config["SERVER_NAME"]
    adapter: MapAdapter
    if request is not None:
        subdomain = None
        if app.url_map.host_matching:
            server_name = None
        elif not app.subdomain_matching:
            subdomain = app.url_map.default_subdomain
        adapter = app.url_map.bind_to_environ(request.environ, server_name, subdomain)
        return adapter
    if not server_name:
        return None
    adapter = app.url_map.bind(
        server_name,
        script_name=app.config["APPLICATION_ROOT"],
        url_scheme=app.config["PREFERRED_URL_SCHEME"],
    )
    return adapter
