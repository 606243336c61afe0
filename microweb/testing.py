"""Calling an app without a server: the test client.

`Client` calls an app with the environ that `EnvironBuilder` makes, collects the answer as a
`TestResponse` and keeps cookies from one call to the next.
"""

from __future__ import annotations

import time
from itertools import chain

from .environ import EnvironBuilder, split_host
from .http import Headers, Request, Response, parse_date
from .http.cookies import parse_cookie
from .http.streams import ClosingIterator
from .text.lazy import import_later
from .text.missing import import_stdlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import TracebackType
    from typing import Any, Callable

    from .ctx import Context, WSGIEnvironment
    from .sessions import SessionMixin

_MAX_REDIRECTS = 20

__getattr__ = import_later(__name__, "clirunner: CliRunner CommandResult FlaskCliRunner=CliRunner")


def run_wsgi_app(
    app: Callable[..., Iterable[bytes]], environ: WSGIEnvironment, buffered: bool = True
) -> tuple[Iterable[bytes], str, Headers]:
    """Call a WSGI application; return its body, its status line and its headers.

    The body is an iterator with a ``close()``. *buffered* collects the whole of it and closes the
    application's; otherwise it is drawn, and has to be closed, by the caller.

    >>> def hello(environ, start_response):
    ...     start_response("200 OK", [("Content-Type", "text/plain")])
    ...     return [b"Hello"]
    >>> body, status, headers = run_wsgi_app(hello, EnvironBuilder().get_environ())
    >>> status, list(body)
    ('200 OK', [b'Hello'])
    """
    started: list[Any] = []
    written: list[bytes] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], Any]:
        started[:] = [status, headers]
        return written.append

    body = app(environ, start_response)
    close = getattr(body, "close", None)
    if buffered:
        try:
            chunks = written + list(body)
        finally:
            if close is not None:
                close()
        answer = ClosingIterator(chunks)
    else:
        iterator = iter(body)
        # As many pieces as it takes to learn the status.
        while not started:
            piece = next(iterator, None)
            if piece is None:
                break
            written.append(piece)
        answer = ClosingIterator(chain(written, iterator), close or ())
    if not started:
        raise RuntimeError("the application returned without calling start_response")
    return answer, started[0], Headers(started[1])


class TestResponse(Response):
    """The response that a client got: a `Response` with its ``request`` and its ``history``.

    ``text`` is the body as text, ``json`` its JSON, ``history`` the redirects that led here.
    """

    __test__ = False
    # What the app did not say about its body must not be made up here.
    default_mimetype = None
    request: Request
    history: tuple[TestResponse, ...] = ()

    @property
    def text(self) -> str:
        """The body decoded as UTF-8."""
        text: str = self.get_data(as_text=True)
        return text


def _test_response_of(response_class: type[Response]) -> type[TestResponse]:
    """Return a class of responses that is both a `TestResponse` and what a test asked for."""
    if issubclass(response_class, TestResponse):
        return response_class
    return type(f"Test{response_class.__name__}", (TestResponse, response_class), {})


class ClientRedirectError(RuntimeError):
    """A redirect that a test client cannot follow: to another host, or one of too many."""


class ClientCookie:
    """A cookie that a client keeps: RFC 6265bis's fields, as far as a test needs them.

    ``key`` and ``value`` are as a browser sees them, ``decoded_key`` and ``decoded_value`` as the
    app does. ``max_age`` is seconds or None, ``expires`` a datetime or None.

    >>> cookie = ClientCookie("drink", '"t\\303\\251"', {"max-age": "60"}, "localhost")
    >>> cookie.decoded_value, cookie.max_age
    ('té', 60)
    """

    def __init__(self, key: str, value: str, attributes: Mapping[str, str], host: str) -> None:
        self.key = key
        self.value = value
        decoded: Iterator[tuple[str, str]] = parse_cookie(f"{key}={value}").items()
        self.decoded_key, self.decoded_value = next(decoded, (key, value))
        self.domain = attributes.get("domain", "").lstrip(".").lower() or host
        self.origin_only = not attributes.get("domain")
        self.path = attributes.get("path") or "/"
        self.secure = "secure" in attributes
        self.http_only = "httponly" in attributes
        self.same_site = attributes.get("samesite")
        self.max_age = _read_max_age(attributes.get("max-age", ""))
        self.expires = parse_date(attributes["expires"]) if "expires" in attributes else None

    @property
    def is_expired(self) -> bool:
        """Whether the server has asked to forget this cookie."""
        if self.max_age is not None:
            return self.max_age <= 0
        return self.expires is not None and self.expires.timestamp() <= time.time()

    def matches(self, host: str, path: str, secure: bool) -> bool:
        """Return whether the cookie belongs into a request (RFC 6265bis §5.8.3)."""
        if self.secure and not secure and host != "localhost":
            return False
        if host != self.domain and (self.origin_only or not host.endswith(f".{self.domain}")):
            return False
        return path == self.path or path.startswith(self.path.rstrip("/") + "/")


def _host_of(environ: WSGIEnvironment) -> str:
    """Return the host that cookies belong to, without its port."""
    host: str = environ.get("HTTP_HOST") or environ.get("SERVER_NAME") or "localhost"
    return split_host(host, "http")[0]


def _read_max_age(text: str) -> int | None:
    """Return the seconds of a Max-Age (RFC 6265bis §5.6.2); None for what is no number."""
    digits = text[1:] if text[:1] == "-" else text
    if not (digits.isascii() and digits.isdigit()):
        return None
    # More digits than any lifetime has; int() refuses thousands of them.
    return int(text[:20])


class Client:
    """Calls a WSGI application as a browser would: with cookies, and redirects if asked.

    `get`, `post`, `put`, `patch`, `delete`, `head`, `options` and `trace` take the arguments of
    `EnvironBuilder`, and *follow_redirects*. In a ``with`` block the context of the last request
    stays current, so that ``request``, ``session`` and ``g`` can be looked at.

    *response_wrapper* is a Response that the answers are as well as a `TestResponse`, by default
    the app's ``response_class``. *use_cookies* keeps cookies from one call to the next,
    *allow_subdomain_redirects* has redirects to subdomains followed too. Further arguments are keys
    of the environ (``REMOTE_ADDR="10.0.0.1"``) for every request, kept in ``environ_base``;
    TypeError for what cannot be one.

    >>> from microweb import Microweb, request
    >>> app = Microweb("example")
    >>> @app.post("/echo")
    ... def echo():
    ...     return request.json
    >>> app.test_client().post("/echo", json={"a": 1}).json
    {'a': 1}
    """

    def __init__(
        self,
        application: Any,
        response_wrapper: type[Response] | None = None,
        use_cookies: bool = True,
        allow_subdomain_redirects: bool = False,
        **environ_base: Any,
    ) -> None:
        for key in environ_base:
            if not key.isupper() and "." not in key:
                raise TypeError(
                    f"a test client takes no argument {key!r}; it takes response_wrapper, "
                    f"use_cookies and keys of the environ such as REMOTE_ADDR='10.0.0.1'"
                )
        self.application = application
        own_class: type[Response] = getattr(application, "response_class", Response)
        self.response_wrapper = _test_response_of(response_wrapper or own_class)
        self.allow_subdomain_redirects = allow_subdomain_redirects
        self.environ_base: dict[str, Any] = {
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_USER_AGENT": "microweb",
            **environ_base,
        }
        self._cookies: dict[tuple[str, str, str], ClientCookie] | None = {} if use_cookies else None
        self._keeps_context = False
        self._kept: list[Context] = []

    def __enter__(self) -> Client:
        if self._keeps_context:
            raise RuntimeError("'with client' blocks of the same client cannot be nested")
        self._keeps_context = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._keeps_context = False
        self._leave_contexts()

    def _leave_contexts(self) -> None:
        while self._kept:
            self._kept.pop().pop()

    def open(
        self,
        *args: Any,
        buffered: bool = True,
        follow_redirects: bool = False,
        **kwargs: Any,
    ) -> TestResponse:
        """Make a request and return the response.

        The arguments are those of `EnvironBuilder`, or one builder, environ or request.
        *buffered* reads the body at once; *follow_redirects* goes where redirects point, within
        the same host.
        """
        response = self._request_once(self._environ_of(args, kwargs), buffered)
        history: list[TestResponse] = []
        while follow_redirects and response.status_code in (301, 302, 303, 307, 308):
            if len(history) >= _MAX_REDIRECTS:
                steps = " → ".join(str(step.location) for step in history[-3:])
                raise ClientRedirectError(f"more than {_MAX_REDIRECTS} redirects: … → {steps}")
            response.history = tuple(history)
            history.append(response)
            response.close()
            response = self._request_once(self._environ_of_redirect(response), buffered)
        response.history = tuple(history)
        return response

    def _environ_of(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> WSGIEnvironment:
        if len(args) == 1 and not kwargs:
            only = args[0]
            if isinstance(only, dict):
                return dict(only)
            if isinstance(only, Request):
                return dict(only.environ)
            if isinstance(only, EnvironBuilder):
                return only.get_environ()
        kwargs["environ_base"] = {**self.environ_base, **(kwargs.get("environ_base") or {})}
        kwargs.setdefault("app", self.application if hasattr(self.application, "config") else None)
        return EnvironBuilder(*args, **kwargs).get_environ()

    def _request_once(self, environ: WSGIEnvironment, buffered: bool) -> TestResponse:
        from .ctx import KEEP_CONTEXT_KEY

        self._leave_contexts()
        self._add_cookies(environ)
        # Kept as it was sent: middleware may change the environ that it is given.
        sent = dict(environ)
        kept: list[Context] = []
        if self._keeps_context:
            environ[KEEP_CONTEXT_KEY] = kept
        try:
            body, status, headers = run_wsgi_app(self.application, environ, buffered)
        finally:
            for context in kept:
                context.push()
                self._kept.append(context)
        response = self.response_wrapper(body, status, headers)
        if buffered:
            response.make_sequence()
        response.request = Request(sent)
        if hasattr(self.application, "json"):
            response.json_module = self.application.json
        self._keep_cookies(sent, response)
        return response

    def _environ_of_redirect(self, response: TestResponse) -> WSGIEnvironment:
        """Return the next request of a redirect (RFC 9110 §15.4): 307 and 308 repeat the method
        and the body, all others become GET."""
        urllib = import_stdlib("urllib.parse", "following a redirect")
        before = response.request.environ
        url = urllib.urlsplit(urllib.urljoin(response.request.url, response.location or ""))
        host = before["HTTP_HOST"]
        is_subdomain = self.allow_subdomain_redirects and url.netloc.endswith(f".{host}")
        if url.netloc != host and not is_subdomain:
            raise ClientRedirectError(
                f"the redirect to {response.location!r} leads to another host; a test client "
                f"calls one app only"
            )
        repeat = response.status_code in (307, 308)
        method = before["REQUEST_METHOD"]
        if not repeat and method != "HEAD":
            method = "GET"
        builder = EnvironBuilder(
            url.path or "/",
            base_url=f"{url.scheme}://{url.netloc}/",
            query_string=url.query,
            method=method,
            environ_base=self.environ_base,
        )
        environ = builder.get_environ()
        # The app stays mounted where it is: both paths are decoded, so they can be compared.
        root, path = before["SCRIPT_NAME"].rstrip("/"), environ["PATH_INFO"]
        if path == root or path.startswith(f"{root}/"):
            environ["SCRIPT_NAME"], environ["PATH_INFO"] = root, path[len(root) :]
        for key, value in before.items():
            if key.startswith("HTTP_") and key not in ("HTTP_COOKIE", "HTTP_HOST"):
                environ[key] = value
        if repeat:
            body = before["wsgi.input"]
            body.seek(0)
            environ["wsgi.input"] = body
            for key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
                if key in before:
                    environ[key] = before[key]
        return environ

    def _add_cookies(self, environ: WSGIEnvironment) -> None:
        if self._cookies is None:
            return
        host = _host_of(environ)
        path = (environ["SCRIPT_NAME"] + environ["PATH_INFO"]) or "/"
        secure = environ["wsgi.url_scheme"] == "https"
        pairs = [
            f"{cookie.key}={cookie.value}"
            # Those of longer paths come first, as from a browser (RFC 6265bis §5.8.3).
            for cookie in sorted(self._cookies.values(), key=lambda cookie: -len(cookie.path))
            if cookie.matches(host, path, secure)
        ]
        if environ.get("HTTP_COOKIE"):
            pairs.insert(0, environ["HTTP_COOKIE"])
        if pairs:
            environ["HTTP_COOKIE"] = "; ".join(pairs)

    def _keep_cookies(self, environ: WSGIEnvironment, response: TestResponse) -> None:
        if self._cookies is None:
            return
        host = _host_of(environ)
        for header in response.headers.getlist("Set-Cookie"):
            pair, *rest = header.split(";")
            key, _, value = pair.strip().partition("=")
            attributes = {}
            for part in rest:
                name, _, argument = part.strip().partition("=")
                attributes[name.lower()] = argument
            self._store_cookie(ClientCookie(key, value, attributes, host))

    def _store_cookie(self, cookie: ClientCookie) -> None:
        if self._cookies is None:
            return
        place = (cookie.domain, cookie.path, cookie.decoded_key)
        if cookie.is_expired:
            self._cookies.pop(place, None)
        else:
            self._cookies[place] = cookie

    def _cookie_jar(self) -> dict[tuple[str, str, str], ClientCookie]:
        if self._cookies is None:
            raise TypeError("this client keeps no cookies; make it with use_cookies=True")
        return self._cookies

    def get_cookie(
        self, key: str, domain: str = "localhost", path: str = "/"
    ) -> ClientCookie | None:
        """Return the cookie that the client keeps under a name, or None."""
        return self._cookie_jar().get((domain, path, key))

    def set_cookie(
        self,
        key: str,
        value: str = "",
        *,
        domain: str = "localhost",
        origin_only: bool = True,
        path: str = "/",
        **attributes: Any,
    ) -> None:
        """Keep a cookie as if a response had set it; the attributes are `Response.set_cookie`'s."""
        self._cookie_jar()
        response = Response()
        response.set_cookie(key, value, path=path, **attributes)
        header = response.headers["Set-Cookie"]
        if not origin_only:
            header += f"; Domain={domain}"
        carrier = TestResponse(headers=[("Set-Cookie", header)])
        self._keep_cookies({"HTTP_HOST": domain}, carrier)

    def delete_cookie(self, key: str, *, domain: str = "localhost", path: str = "/") -> None:
        """Forget a cookie, if the client keeps it."""
        self._cookie_jar().pop((domain, path, key), None)

    def session_transaction(self, *args: Any, **kwargs: Any) -> SessionTransaction:
        """Return a block in which the session can be read and changed; it is saved at its end.

        The arguments are those of `EnvironBuilder`.
        """
        self._cookie_jar()
        return SessionTransaction(self, self._environ_of(args, kwargs))

    if TYPE_CHECKING:
        get: Callable[..., TestResponse]
        post: Callable[..., TestResponse]
        put: Callable[..., TestResponse]
        patch: Callable[..., TestResponse]
        delete: Callable[..., TestResponse]
        head: Callable[..., TestResponse]
        options: Callable[..., TestResponse]
        trace: Callable[..., TestResponse]


def _open_with_method(method: str) -> Any:
    def open_with_method(self: Client, *args: Any, **kwargs: Any) -> TestResponse:
        return self.open(*args, **kwargs, method=method)

    open_with_method.__name__ = method.lower()
    open_with_method.__doc__ = f"Make a {method} request; see `open`."
    return open_with_method


for _method in "GET POST PUT PATCH DELETE HEAD OPTIONS TRACE".split():
    setattr(Client, _method.lower(), _open_with_method(_method))


class SessionTransaction:
    """The block of `Client.session_transaction`: opens the session, and saves it at the end."""

    def __init__(self, client: Client, environ: WSGIEnvironment) -> None:
        self._client = client
        self._environ = environ

    def __enter__(self) -> SessionMixin:
        self._client._add_cookies(self._environ)
        self._context = self._client.application.request_context(self._environ)
        # Current only while the session is opened and saved: in between the test may look at the
        # context of a request.
        with self._context:
            session: SessionMixin = self._context.session
        if self._context.app.session_interface.is_null_session(session):
            raise RuntimeError(
                "the session cannot be opened: the app has no secret key; set app.secret_key"
            )
        return session

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            return
        app = self._context.app
        response = TestResponse()
        with self._context:
            app.session_interface.save_session(app, self._context.session, response)
        self._client._keep_cookies(self._environ, response)


# Flask's name for it.
FlaskClient = Client
