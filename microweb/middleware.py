"""WSGI applications that stand around others: a proxy's headers, mounts, static folders.

Each is given to ``app.wsgi_app``, or takes its place: ``app.wsgi_app = ProxyFix(app.wsgi_app)``.
They know WSGI and nothing of the app.
"""

from __future__ import annotations

import os

from .http.files import file_response, guess_file_type
from .scaffold import find_root_path
from .text.paths import safe_join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, Callable, Union

    from .ctx import WSGIEnvironment

    WSGIApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
    # A folder or a file, or a package and a folder in it.
    SharedPlace = Union[str, tuple[str, str]]


class ProxyFix:
    """Believes the ``X-Forwarded-*`` headers that a given number of proxies have set.

    Each *x_…* is how many proxies in front of the app set that header: the value that many places
    from the right was written by the outermost of them, and what stands left of it may have been
    made up by the client. 0 leaves the header alone. *x_for* is the client's address, *x_proto*
    the scheme, *x_host* and *x_port* what the client asked for, *x_prefix* where the app is
    mounted. What the environ held before is kept under ``"microweb.proxy_fix.orig"``.

    Only for an app that cannot be reached past its proxies: a client that could would choose its
    own address and host.

    >>> def application(environ, start_response):
    ...     return [environ["REMOTE_ADDR"].encode()]
    >>> environ = {"HTTP_X_FORWARDED_FOR": "made up, 192.0.2.7", "REMOTE_ADDR": "127.0.0.1"}
    >>> ProxyFix(application)(environ, None)
    [b'192.0.2.7']
    """

    def __init__(
        self,
        app: WSGIApplication,
        x_for: int = 1,
        x_proto: int = 1,
        x_host: int = 0,
        x_port: int = 0,
        x_prefix: int = 0,
    ) -> None:
        self.app = app
        self.x_for = x_for
        self.x_proto = x_proto
        self.x_host = x_host
        self.x_port = x_port
        self.x_prefix = x_prefix

    def __call__(
        self, environ: WSGIEnvironment, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Correct the environ and call the application."""
        changed: dict[str, str] = {}
        client = _forwarded_value(environ, "HTTP_X_FORWARDED_FOR", self.x_for)
        if client:
            changed["REMOTE_ADDR"] = client
        scheme = _forwarded_value(environ, "HTTP_X_FORWARDED_PROTO", self.x_proto)
        if scheme:
            changed["wsgi.url_scheme"] = scheme
        host = _forwarded_value(environ, "HTTP_X_FORWARDED_HOST", self.x_host)
        if host:
            changed["HTTP_HOST"] = host
            changed["SERVER_NAME"], named_port = _split_port(host)
            if named_port:
                changed["SERVER_PORT"] = named_port
        port = _forwarded_value(environ, "HTTP_X_FORWARDED_PORT", self.x_port)
        if port:
            known = changed.get("HTTP_HOST", environ.get("HTTP_HOST"))
            if known:
                changed["HTTP_HOST"] = f"{_split_port(known)[0]}:{port}"
            changed["SERVER_PORT"] = port
        prefix = _forwarded_value(environ, "HTTP_X_FORWARDED_PREFIX", self.x_prefix)
        # Anything else would lead redirects to another host.
        if prefix and prefix[0] == "/" and prefix[1:2] not in ("/", "\\"):
            changed["SCRIPT_NAME"] = prefix.rstrip("/")
        environ["microweb.proxy_fix.orig"] = {key: environ.get(key) for key in changed}
        environ.update(changed)
        return self.app(environ, start_response)


def _forwarded_value(environ: WSGIEnvironment, key: str, trusted: int) -> str | None:
    """Return the value that the outermost of *trusted* proxies has added to a list, if any."""
    if not trusted or key not in environ:
        return None
    values = [value.strip(" \t") for value in environ[key].split(",")]
    return values[-trusted] if len(values) >= trusted else None


def _split_port(host: str) -> tuple[str, str]:
    """Return the name and the port of a Host header; an IPv6 address has colons of its own."""
    name, _, port = host.rpartition(":")
    return (name, port) if name and not host.endswith("]") else (host, "")


class DispatcherMiddleware:
    """Gives each path prefix an application of its own.

    *mounts* maps a prefix (``"/api"``) to a WSGI application, which finds the prefix in
    SCRIPT_NAME and the rest in PATH_INFO; the longest prefix of whole segments wins. *app* gets
    what no prefix covers.

    >>> def answering(text):
    ...     return lambda environ, start_response: [text, environ["PATH_INFO"].encode()]
    >>> both = DispatcherMiddleware(answering(b"site "), {"/api": answering(b"api ")})
    >>> both({"PATH_INFO": "/api/notes"}, None), both({"PATH_INFO": "/apis"}, None)
    ([b'api ', b'/notes'], [b'site ', b'/apis'])
    """

    def __init__(
        self, app: WSGIApplication, mounts: Mapping[str, WSGIApplication] | None = None
    ) -> None:
        self.app = app
        self.mounts = {prefix.rstrip("/"): mounted for prefix, mounted in (mounts or {}).items()}
        for prefix in self.mounts:
            if not prefix.startswith("/"):
                raise ValueError(f"a mount is a path such as '/api', not {prefix!r}")
        self._deepest = max((prefix.count("/") for prefix in self.mounts), default=0)

    def __call__(
        self, environ: WSGIEnvironment, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Call the application that the path belongs to."""
        path = environ.get("PATH_INFO", "")
        # No more segments than the deepest mount has: a long path costs no more than a short one.
        parts = path.split("/", self._deepest + 1)[: self._deepest + 1]
        while len(parts) > 1:
            prefix = "/".join(parts)
            application = self.mounts.get(prefix)
            if application is not None:
                environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + prefix
                environ["PATH_INFO"] = path[len(prefix) :]
                return application(environ, start_response)
            parts.pop()
        return self.app(environ, start_response)


class SharedDataMiddleware:
    """Serves files from folders or packages in front of an application.

    *exports* maps a URL prefix to a file, a folder or a pair of a package's name and a folder in
    it. *disallow* is a shell pattern of file names that are not served. *cache_timeout* is how
    many seconds a client may keep a file, with *cache* False it asks each time. What is not found
    goes to *app*.

    >>> import os, microweb
    >>> def nothing(environ, start_response):
    ...     return [b"not here"]
    >>> shared = SharedDataMiddleware(nothing, {"/source": os.path.dirname(microweb.__file__)})
    >>> shared({"PATH_INFO": "/source/../secret", "REQUEST_METHOD": "GET"}, None)
    [b'not here']
    """

    def __init__(
        self,
        app: WSGIApplication,
        exports: Mapping[str, SharedPlace] | Iterable[tuple[str, SharedPlace]],
        disallow: str | None = None,
        cache: bool = True,
        cache_timeout: int = 60 * 60 * 12,
        fallback_mimetype: str = "application/octet-stream",
    ) -> None:
        self.app = app
        pairs = dict(exports).items()
        self.exports = [(prefix.rstrip("/"), _folder_of_export(place)) for prefix, place in pairs]
        self.disallow = disallow
        self.max_age = cache_timeout if cache else None
        self.fallback_mimetype = fallback_mimetype

    def is_allowed(self, filename: str) -> bool:
        """Return whether a file may be served; override it for rules of your own."""
        if self.disallow is None:
            return True
        from fnmatch import fnmatch

        return not fnmatch(filename, self.disallow)

    def find_file(self, path: str) -> str | None:
        """Return the file that a URL path stands for, or None."""
        for prefix, place in self.exports:
            if path == prefix:
                found: str | None = place
            elif path.startswith(f"{prefix}/"):
                found = safe_join(place, path[len(prefix) + 1 :])
            else:
                continue
            try:
                if found is not None and os.path.isfile(found):
                    return found if self.is_allowed(os.path.basename(found)) else None
            except ValueError:
                continue
        return None

    def __call__(
        self, environ: WSGIEnvironment, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Send the file that the path stands for, or call the application."""
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self.app(environ, start_response)
        path = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
        found = self.find_file(path)
        if found is None:
            return self.app(environ, start_response)
        mimetype = None if guess_file_type(found)[0] else self.fallback_mimetype
        response = file_response(found, environ, mimetype, max_age=self.max_age)
        return response(environ, start_response)


def _folder_of_export(place: SharedPlace) -> str:
    """Return the file or the folder that an export names, as an absolute path."""
    if isinstance(place, str):
        return os.path.abspath(place)
    package, folder = place
    return os.path.join(find_root_path(package), folder)
