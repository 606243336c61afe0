"""The one context of one request, and the names that lead to it.

A `Context` is made when a request enters the app and forgotten when it leaves. It owns whatever
belongs to that request alone: the request object, the session, ``g``, the matched rule. It is set
in one `contextvars.ContextVar`, so that every thread and every asyncio task sees its own, and
``request``, ``session``, ``g`` and ``current_app`` are proxies that look there each time they are
used.

A context without an environ is an *application context*: what commands and scripts use to have
``current_app`` and ``g`` without a request.

Nothing here is computed before somebody asks: a view that never reads ``request`` never has one.
"""

from __future__ import annotations

from .http import Request, Response
from .http.streams import close_iterable
from .signals import HEARD_SIGNALS, appcontext_popped, appcontext_pushed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextvars import Token
    from types import TracebackType
    from typing import Any, Callable

    from .app import Microweb
    from .http import HTTPException
    from .routing import MapAdapter, Rule
    from .sessions import SessionMixin

    WSGIEnvironment = dict[str, Any]

try:
    from contextvars import ContextVar
except ImportError:
    import _thread  # Which is there even where `threading` is not.

    class ContextVar:  # type: ignore[no-redef]
        """What Python's is without asyncio, for systems that lack both: a value per thread."""

        def __init__(self, name: str) -> None:
            self._local = _thread._local()

        def get(self, *default: Any) -> Any:
            """Return this thread's value, or *default*; LookupError where there is neither."""
            values = self._local.__dict__.get("values") or default
            if not values:
                raise LookupError(self)
            return values[0]

        def set(self, value: Any) -> Any:
            """Set this thread's value; return a token that knows the one before."""
            token = ContextToken(self._local.__dict__.get("values"))
            self._local.values = (value,)
            return token

        def reset(self, token: Any) -> None:
            """Set the value back to what it was."""
            self._local.values = token.values

    class ContextToken:
        """What `set` returns: ``old_value`` is the value before, None where there was none."""

        def __init__(self, values: Any) -> None:
            self.values = values
            self.old_value = values[0] if values else None


CURRENT_CONTEXT: ContextVar[Context] = ContextVar("microweb.context")

_NO_APP_CONTEXT = """\
{name!r} was used outside of an application context.
It exists only while an app is at work: inside a view, a command, or a block such as
    with app.app_context():
        ..."""
_NO_REQUEST_CONTEXT = """\
{name!r} was used outside of a request.
It exists only while a request is being answered. In a test or a shell, make one:
    with app.test_request_context("/path"):
        ..."""

_MISSING_VALUE = object()


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
    stand for "nobody asked yet", so that making a context stores two attributes and no more.

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
    # Set as soon as somebody wants to see the response before it leaves (a session was opened, or
    # `after_this_request` was called): the dispatcher's straight line asks only this.
    finishing: bool = False
    after_this_request: list[Callable[[Response], Response]] | None = None
    flashes: list[tuple[str, str]] | None = None
    # Set as soon as somebody reads the request or holds the context: then leaving it takes more
    # than forgetting it.
    used: bool = False
    # True while somebody else (a stream, a test client's `with` block) runs the teardown later.
    held: bool = False
    # False for a copy that another thread works with: the request's files are not its to close.
    owns_request: bool = True
    # What ended the request or its stream, for teardown functions that run later.
    later_error: BaseException | None = None
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
                raise RuntimeError(_NO_REQUEST_CONTEXT.format(name="request"))
            request = self.app.make_request(self.environ)
            request.url_rule = self.url_rule
            request.view_args = self.view_args
            request.routing_exception = self.routing_exception
            self._request = request
            self.used = True
        return request

    @request.setter
    def request(self, request: Request) -> None:
        self._request = request
        self.used = True

    @property
    def session(self) -> SessionMixin:
        """The session, opened when it is first read. RuntimeError without a request."""
        session = self._session
        if session is None:
            if self.environ is None:
                raise RuntimeError(_NO_REQUEST_CONTEXT.format(name="session"))
            self.finishing = True
            interface = self.app.session_interface
            session = interface.open_session(self.app, self.request)
            if session is None:
                session = interface.make_null_session(self.app)
            self._session = session
        return session

    @session.setter
    def session(self, session: SessionMixin) -> None:
        self.finishing = True
        self._session = session

    @property
    def opened_session(self) -> SessionMixin | None:
        """The session if somebody has opened it, else None: reading this opens nothing."""
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
            self.app.send_signal(appcontext_pushed)
        if self.environ is not None and self.url_rule is None and self.routing_exception is None:
            self.match_request()

    def copy(self) -> Context:
        """Return a context of the same request for another thread, with a ``g`` of its own.

        The request and the session are read now: when the copy is used, the request may be over.
        """
        context = Context(self.app, self.environ)
        shared = {"_request": self.request, "_session": self.session, "owns_request": False}
        matched = ("url_rule", "view_args", "routing_exception")
        vars(context).update(shared, **{name: getattr(self, name) for name in matched})
        return context

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
                self.app.do_teardown(self, error or self.later_error)
        finally:
            self._tokens.pop()
            CURRENT_CONTEXT.reset(token)
            if HEARD_SIGNALS:
                self.app.send_signal(appcontext_popped)

    @property
    def url_adapter(self) -> MapAdapter | None:
        """The URL map bound to this request, or to ``SERVER_NAME``; made anew at each reading."""
        request = None if self.environ is None else self.request
        return self.app.create_url_adapter(request)

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
            if context.held:
                token = CURRENT_CONTEXT.set(context)
                try:
                    context.app.do_teardown(context, context.later_error)
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


def find_request_context() -> Context | None:
    """Return the context of the request that is being answered, or None.

    An application context that was entered inside a request does not hide it.
    """
    context = CURRENT_CONTEXT.get(None)
    while context is not None and context.environ is None:
        context = context.outer
    return context


def current_context(name: str = "current_app") -> Context:
    """Return the current context; where there is none, raise a RuntimeError about *name*."""
    try:
        return CURRENT_CONTEXT.get()
    except LookupError:
        raise RuntimeError(_NO_APP_CONTEXT.format(name=name)) from None


def request_context(name: str = "request") -> Context:
    """Return the current request's context; raise a RuntimeError about *name* where none is."""
    context = find_request_context()
    if context is None:
        raise RuntimeError(_NO_REQUEST_CONTEXT.format(name=name))
    return context


class LocalProxy:
    """A name that stands for another object, looked up anew each time it is used.

    *find* is called without arguments and returns the object. Attribute access, calls, items,
    operators and comparisons all go to that object; `_get_current_object` returns it itself, as
    one must before handing it to another thread.

    >>> words = ["here"]
    >>> proxy = LocalProxy(lambda: words)
    >>> proxy.append("and there")
    >>> len(proxy), proxy == words, proxy._get_current_object() is words
    (2, True, True)
    """

    __slots__ = ("_get_current_object",)

    def __init__(self, find: Callable[[], Any]) -> None:
        object.__setattr__(self, "_get_current_object", find)

    def __getattr__(self, name: str) -> Any:
        try:
            return getattr(self._get_current_object(), name)
        except RuntimeError:
            # copy, inspect and doctest ask every object for special names it may lack.
            if name.startswith("__"):
                raise AttributeError(f"a proxy outside of its context has no {name}") from None
            raise

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        names: dict[str, Any] = vars(self._get_current_object())
        return names

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._get_current_object(), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._get_current_object(), name)

    def __repr__(self) -> str:
        try:
            return repr(self._get_current_object())
        except RuntimeError:
            return "<LocalProxy outside of its context>"

    def __bool__(self) -> bool:
        try:
            return bool(self._get_current_object())
        except RuntimeError:
            return False

    def __dir__(self) -> Iterable[str]:
        try:
            return dir(self._get_current_object())
        except RuntimeError:
            return []

    # isinstance(proxy, Request) shall hold: that is how libraries tell what they were given.
    @property
    def __class__(self) -> Any:
        try:
            return type(self._get_current_object())
        except RuntimeError:
            return LocalProxy

    @__class__.setter
    def __class__(self, value: Any) -> None:
        raise TypeError("the class of a proxy cannot be changed; change that of the object")


def _forward_special_method(name: str) -> Callable[..., Any]:
    """Return a method that hands the special method *name* on. Python looks such methods up on
    the class, past `__getattr__`, so the proxy's class needs each of them."""
    # An operator is applied anew, so that the other operand gets its say as well.
    function = _OPERATORS.get(name)

    def forward(self: LocalProxy, *args: Any) -> Any:
        current = self._get_current_object()
        if function is not None:
            return function(current, *args)
        method = getattr(type(current), name, None)
        if method is None:
            raise TypeError(f"{type(current).__name__!r} object has no {name}()")
        return method(current, *args)

    forward.__name__ = name
    return forward


def _copy_current_object(current: Any, memo: Any = None) -> Any:
    from copy import copy, deepcopy

    return copy(current) if memo is None else deepcopy(current, memo)


_OPERATORS: dict[str, Callable[..., Any]] = {
    "__add__": lambda a, b: a + b,
    "__radd__": lambda a, b: b + a,
    "__sub__": lambda a, b: a - b,
    "__rsub__": lambda a, b: b - a,
    "__mul__": lambda a, b: a * b,
    "__rmul__": lambda a, b: b * a,
    "__mod__": lambda a, b: a % b,
    "__or__": lambda a, b: a | b,
    "__ror__": lambda a, b: b | a,
    "__and__": lambda a, b: a & b,
    "__eq__": lambda a, b: a == b,
    "__ne__": lambda a, b: a != b,
    "__lt__": lambda a, b: a < b,
    "__le__": lambda a, b: a <= b,
    "__gt__": lambda a, b: a > b,
    "__ge__": lambda a, b: a >= b,
    "__iter__": iter,
    "__len__": len,
    "__str__": str,
    "__int__": int,
    "__float__": float,
    "__copy__": _copy_current_object,
    "__deepcopy__": _copy_current_object,
}
_OTHER_SPECIAL_METHODS = (
    "__bytes__ __format__ __hash__ __call__ __enter__ __exit__ __await__ __aiter__ __anext__ "
    "__getitem__ __setitem__ __delitem__ __next__ __reversed__ __contains__ __index__ __fspath__"
).split()
for _special_method in (*_OPERATORS, *_OTHER_SPECIAL_METHODS):
    setattr(LocalProxy, _special_method, _forward_special_method(_special_method))


def _accessed_session() -> Any:
    """Return the session, noting that the answer may depend on it from now on."""
    session = request_context("session").session
    if hasattr(session, "accessed"):
        session.accessed = True
    return session


def _find_cookie_limits() -> tuple[int, bool] | None:
    """Return the size that a cookie may have in the current app, and whether more is an error."""
    context = CURRENT_CONTEXT.get(None)
    if context is None:
        return None
    return context.app.config["MAX_COOKIE_SIZE"] or 0, context.app.debug


def _make_environ_builder(*args: Any, **kwargs: Any) -> Any:
    from .environ import EnvironBuilder

    return EnvironBuilder(*args, **kwargs)


# The two things that HTTP asks of whoever uses it, because it knows no app.
Response.find_cookie_limits = staticmethod(_find_cookie_limits)
Request.environ_builder = staticmethod(_make_environ_builder)


class RequestProxy(LocalProxy):
    """The proxy that is read most: it finds the request of the usual case by itself, in a third of
    the 0.9 µs that the general road takes."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        context = CURRENT_CONTEXT.get(None)
        if context is None or context.environ is None:
            return LocalProxy.__getattr__(self, name)
        return getattr(context._request or context.request, name)


current_app: Microweb = LocalProxy(lambda: current_context("current_app").app)  # type: ignore[assignment]
g: Any = LocalProxy(lambda: current_context("g").g)
request: Request = RequestProxy(lambda: request_context("request").request)  # type: ignore[assignment]
session: SessionMixin = LocalProxy(_accessed_session)  # type: ignore[assignment]
