"""The one context of one request.

A `Context` is made when a request enters the app and forgotten when it leaves. It owns what belongs
to that request alone: the request object, the session, ``g``, the matched rule. A context without
an environ is an *application context*: commands and scripts use it to have ``current_app`` and
``g`` without a request.

Nothing here is computed before it is asked for: a view that never reads ``request`` never has one.
"""

from __future__ import annotations

from .globals import (
    CURRENT_CONTEXT,
    HEARD_SIGNALS,
    NO_REQUEST_CONTEXT,
    find_request_context,
    request_context,
)
from .http.streams import close_iterable
from .text.lazy import LaterMember, import_later

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextvars import Token
    from types import TracebackType
    from typing import Any, Callable

    from .app import Microweb
    from .http import HTTPException, Request, Response
    from .routing import Rule
    from .routing.extra.adapter import MapAdapter
    from .sessions import SessionMixin

    WSGIEnvironment = dict[str, Any]

# A WSGI server or test client that puts a list under this key of the environ is given the context,
# and runs its teardown. Another copy of the package, under another name, has a key of its own.
_COPY_NAME = __name__[: -len(".ctx")] if __name__.endswith(".ctx") else __name__
KEEP_CONTEXT_KEY = f"{_COPY_NAME}.keep_context"
DEBUG_PAGE_KEY = f"{_COPY_NAME}.debug_page"
_MISSING_VALUE = object()


__getattr__ = import_later(__name__, "ctxcopy: copy_current_request_context")


def _load_copied_context() -> type:
    from .ctxcopy import CopiedContext

    return CopiedContext


class AppContextGlobals:
    """``g``: a name space that lives as long as its context.

    Attributes may be set and read freely; `get`, `pop` and `setdefault` work as on a dict.

    >>> g = AppContextGlobals()
    >>> g.user = "ada"
    >>> g.get("user"), g.get("missing"), "user" in g
    ('ada', None, True)
    """

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"'g' has no attribute {name!r} in this context; set it first, or read it "
            f"with g.get({name!r})"
        )

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__[name] = value

    def get(self, name: str, default: Any = None) -> Any:
        """Return the attribute, or *default* where it was never set."""
        return self.__dict__.get(name, default)

    def pop(self, name: str, default: Any = _MISSING_VALUE) -> Any:
        """Remove an attribute and return it; without a default a missing one raises KeyError."""
        if default is _MISSING_VALUE:
            return self.__dict__.pop(name)
        return self.__dict__.pop(name, default)

    def setdefault(self, name: str, default: Any = None) -> Any:
        """Return the attribute, setting it to *default* first where it was never set."""
        return self.__dict__.setdefault(name, default)

    def __contains__(self, name: object) -> bool:
        return name in self.__dict__

    def __iter__(self) -> Iterator[str]:
        return iter(self.__dict__)

    def __repr__(self) -> str:
        return f"<g of {', '.join(self.__dict__) or 'nothing yet'}>"


class Context:
    """Everything one request owns, from the moment it enters the app until its teardown.

    *environ* is the WSGI environ, or None for an application context. The class-level defaults
    stand for "not asked for yet", so that making a context stores two attributes and no more.

    Used by hand through ``app.app_context()`` and ``app.test_request_context()``:

    >>> from microweb import Microweb, request
    >>> app = Microweb("example")
    >>> with app.test_request_context("/?name=Ada"):
    ...     request.args["name"]
    'Ada'
    """

    url_rule: Rule | None = None
    view_args: dict[str, Any] | None = None
    routing_exception: HTTPException | None = None
    # Set as soon as something wants to see the response before it leaves (a session was opened, or
    # `after_this_request` was called): the dispatcher's straight line asks only this.
    needs_response: bool = False
    after_this_request: list[Callable[[Response], Response]] | None = None
    flashes: list[tuple[str, str]] | None = None
    # Set as soon as the request is read or the context held: then leaving it takes more
    # than forgetting it.
    must_close: bool = False
    # True while something else (a stream, a test client's `with` block) runs the teardown later.
    is_held: bool = False
    # False for a copy that another thread works with: the request's files are not its to close.
    owns_request: bool = True
    # What ended the request or its stream, for teardown functions that run later.
    ending_error: BaseException | None = None
    _request: Request | None = None
    _session: SessionMixin | None = None
    _g: Any = None
    _tokens: list[Token[Context]] | None = None

    def __init__(self, app: Microweb, environ: WSGIEnvironment | None) -> None:
        self.app = app
        self.environ = environ

    @property
    def request(self) -> Request:
        """The request object, made when it is first read. RuntimeError without a request."""
        request = self._request
        if request is None:
            if self.environ is None:
                raise RuntimeError(NO_REQUEST_CONTEXT.format(name="request"))
            request = self.app.make_request(self.environ)
            request.url_rule = self.url_rule
            request.view_args = self.view_args
            request.routing_exception = self.routing_exception
            self._request = request
            self.must_close = True
        return request

    @request.setter
    def request(self, request: Request) -> None:
        self._request = request
        self.must_close = True

    @property
    def session(self) -> SessionMixin:
        """The session, opened when it is first read. RuntimeError without a request."""
        session = self._session
        if session is None:
            if self.environ is None:
                raise RuntimeError(NO_REQUEST_CONTEXT.format(name="session"))
            self.needs_response = True
            interface = self.app.session_interface
            session = interface.open_session(self.app, self.request)
            if session is None:
                session = interface.make_null_session(self.app)
            self._session = session
        return session

    @session.setter
    def session(self, session: SessionMixin) -> None:
        self.needs_response = True
        self._session = session

    @property
    def opened_session(self) -> SessionMixin | None:
        """The session if it has been opened, else None: reading this opens nothing."""
        return self._session

    def close(self) -> None:
        """Close the files that came with the request."""
        if self._request is not None and self.owns_request:
            self._request.close()

    @property
    def g(self) -> Any:
        """This context's name space, made when it is first read."""
        if self._g is None:
            self._g = self.app.app_ctx_globals_class()
        return self._g

    @g.setter
    def g(self, value: Any) -> None:
        self._g = value

    @property
    def has_request(self) -> bool:
        """Whether this is the context of a request rather than of an app alone."""
        return self.environ is not None

    @property
    def outer(self) -> Context | None:
        """The context that was current when this one was entered."""
        before = self._tokens[0].old_value if self._tokens else None
        return before if isinstance(before, Context) else None

    def push(self) -> None:
        """Make this the current context, and match the request's URL if that is still to do."""
        if self._tokens is None:
            self._tokens = []
        self._tokens.append(CURRENT_CONTEXT.set(self))
        if HEARD_SIGNALS:
            self.app.send_signal("appcontext-pushed")
        if self.environ is not None and self.url_rule is None and self.routing_exception is None:
            self.match_request()

    copy: Any = LaterMember(_load_copied_context)

    def match_request(self) -> None:
        """Find the rule of the request, and tell the request object if there is one already."""
        self.app.match_request(self)
        request = self._request
        if request is not None:
            request.url_rule, request.view_args = self.url_rule, self.view_args
            request.routing_exception = self.routing_exception

    def pop(self, error: BaseException | None = None) -> None:
        """Take the context back; the outermost pop runs the teardown functions with *error*."""
        if not self._tokens:
            raise RuntimeError("Context.pop() was called more often than push()")
        if CURRENT_CONTEXT.get(None) is not self:
            raise RuntimeError(
                f"{self!r} is not the current context: leave contexts in the reverse order in "
                f"which they were entered, and in the same thread"
            )
        token = self._tokens[-1]
        try:
            if len(self._tokens) == 1:
                self.app.do_teardown(self, error or self.ending_error)
        finally:
            self._tokens.pop()
            CURRENT_CONTEXT.reset(token)
            if HEARD_SIGNALS:
                self.app.send_signal("appcontext-popped")

    @property
    def url_adapter(self) -> MapAdapter | None:
        """The URL map bound to this request, or to ``SERVER_NAME``; made at each reading."""
        request = None if self.environ is None else self.request
        adapter: MapAdapter | None = self.app.create_url_adapter(request)
        return adapter

    def __enter__(self) -> Context:
        self.push()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.pop(error)

    def __repr__(self) -> str:
        if self.environ is None:
            return f"<Context of {self.app.name!r}>"
        method = self.environ.get("REQUEST_METHOD")
        return f"<Context of {self.app.name!r}: {method} {self.environ.get('PATH_INFO')!r}>"


class HeldBody:
    """The body of a response that streams in its context: closing it runs the teardown, once."""

    def __init__(self, context: Context, body: Iterable[bytes]) -> None:
        self._context = context
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        """Close the body, then run the teardown functions; PEP 3333 has the server call this."""
        context = self._context
        try:
            close_iterable(self._body)
        finally:
            if context.is_held:
                token = CURRENT_CONTEXT.set(context)
                try:
                    context.app.do_teardown(context, context.ending_error)
                finally:
                    CURRENT_CONTEXT.reset(token)


def has_app_context() -> bool:
    """Return whether there is a current context, so that ``current_app`` and ``g`` work.

    >>> has_app_context()
    False
    """
    return CURRENT_CONTEXT.get(None) is not None


def has_request_context() -> bool:
    """Return whether a request is being answered, so that ``request`` and ``session`` work.

    >>> has_request_context()
    False
    """
    return find_request_context() is not None


def after_this_request(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Register a function for this request alone, as `Microweb.after_request` does for all."""
    context = request_context("after_this_request")
    context.needs_response = True
    if context.after_this_request is None:
        context.after_this_request = []
    context.after_this_request.append(f)
    return f


# One class is both here: an application context is one without a request.
AppContext = RequestContext = Context
