"""The names that lead to the current request: ``request``, ``session``, ``g`` and ``current_app``.

One `contextvars.ContextVar` holds the context of the request that is being answered (``ctx.py``),
so that every thread and every asyncio task sees its own. The four names are proxies, which look
there each time they are used.
"""

from __future__ import annotations

import operator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Callable

    from .app import Microweb
    from .ctx import Context
    from .http import Request
    from .sessions import SessionMixin

try:
    from contextvars import ContextVar
except ImportError:
    import _thread  # Which is there even where `threading` is not.

    class ContextVar:  # type: ignore[no-redef]
        """A value per thread, for systems that lack Python's own and asyncio with it."""

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

# Filled by ``signals.py``: the signals that have a receiver, those sent during every request and
# the others. While both are empty, nothing has to be sent and ``signals.py`` need not be loaded.
HEARD_SIGNALS: set[Any] = set()
HEARD_RARE_SIGNALS: set[Any] = set()

_NO_APP_CONTEXT = """\
{name!r} was used outside of an application context.
It exists only while an app is at work: inside a view, a command, or a block such as
    with app.app_context():
        ..."""
NO_REQUEST_CONTEXT = """\
{name!r} was used outside of a request.
It exists only while a request is being answered. In a test or a shell, make one:
    with app.test_request_context("/path"):
        ..."""


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
        raise RuntimeError(NO_REQUEST_CONTEXT.format(name=name))
    return context


class LocalProxy:
    """A name that stands for another object, looked up each time it is used.

    *local* is called without arguments and returns the object, or is a `ContextVar` that holds it;
    with a *name* that attribute of it is meant. *unbound_message* is the RuntimeError's where the
    variable has no value. Attribute access, calls, items, operators and comparisons all go to the
    object; `_get_current_object` returns it itself, as one must before handing it to another
    thread.

    >>> words = ["here"]
    >>> proxy = LocalProxy(lambda: words)
    >>> proxy.append("and there")
    >>> len(proxy), proxy == words, proxy._get_current_object() is words
    (2, True, True)
    """

    __slots__ = ("_get_current_object",)

    def __init__(
        self, local: Any, name: str | None = None, *, unbound_message: str | None = None
    ) -> None:
        find = local
        if isinstance(local, ContextVar):
            find = _reader_of_variable(local, unbound_message)
        if name is not None:
            find = _reader_of_attribute(find, name)
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

    # isinstance(proxy, Request) holds: that is how libraries tell what they were given.
    @property
    def __class__(self) -> Any:
        try:
            return type(self._get_current_object())
        except RuntimeError:
            return LocalProxy

    @__class__.setter
    def __class__(self, value: Any) -> None:
        raise TypeError("the class of a proxy cannot be changed; change that of the object")


def _reader_of_variable(variable: ContextVar[Any], message: str | None) -> Callable[[], Any]:
    def find() -> Any:
        try:
            return variable.get()
        except LookupError:
            told = message or f"{variable.name!r} has no value in this context"
            raise RuntimeError(told) from None

    return find


def _reader_of_attribute(find: Callable[[], Any], name: str) -> Callable[[], Any]:
    return lambda: getattr(find(), name)


def _operators() -> dict[str, Callable[..., Any]]:
    """Return a function for each operator, applied to the object itself, so that the other operand
    gets its say as well. One in place acts on the object, and the name stays the proxy."""

    def reflected(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda current, other: function(other, current)

    table: dict[str, Callable[..., Any]] = {}
    for name in _BINARY_OPERATORS:
        function = getattr(operator, f"__{name}__")
        table[f"__{name}__"] = function
        table[f"__r{name}__"] = reflected(function)
    for name in "eq ne lt le gt ge neg pos abs invert index".split():
        table[f"__{name}__"] = getattr(operator, f"__{name}__")
    for builtin in (
        iter,
        len,
        str,
        int,
        float,
        complex,
        round,
        divmod,
        hash,
        bytes,
        format,
        reversed,
    ):
        table[f"__{builtin.__name__}__"] = builtin
    return table


_BINARY_OPERATORS = "add sub mul matmul truediv floordiv mod pow lshift rshift and or xor".split()
_OTHER_SPECIAL_METHODS = (
    "__call__ __enter__ __exit__ __await__ __aiter__ __anext__ __aenter__ __aexit__ __getitem__ "
    "__setitem__ __delitem__ __next__ __contains__ __fspath__ __rdivmod__"
).split()


def _forward_special_method(name: str, function: Callable[..., Any] | None) -> Callable[..., Any]:
    """Return a method that hands the special method *name* on. Python looks such methods up on
    the class, past `__getattr__`, so the proxy's class needs each of them."""

    def forward(self: LocalProxy, *args: Any, **kwargs: Any) -> Any:
        current = self._get_current_object()
        if function is not None:
            return function(current, *args)
        method = getattr(type(current), name, None)
        if method is None:
            raise TypeError(f"{type(current).__name__!r} object has no {name}()")
        return method(current, *args, **kwargs)

    forward.__name__ = name
    return forward


def _apply_in_place(name: str) -> Callable[..., Any]:
    function = getattr(operator, f"__i{name}__")

    def apply(self: LocalProxy, other: Any) -> LocalProxy:
        function(self._get_current_object(), other)
        return self

    apply.__name__ = f"__i{name}__"
    return apply


def _copy_current_object(current: Any, memo: Any = None) -> Any:
    from copy import copy, deepcopy

    return copy(current) if memo is None else deepcopy(current, memo)


_OPERATORS = {
    **_operators(),
    "__copy__": _copy_current_object,
    "__deepcopy__": _copy_current_object,
}
for _special_method in (*_OPERATORS, *_OTHER_SPECIAL_METHODS):
    _forward = _forward_special_method(_special_method, _OPERATORS.get(_special_method))
    setattr(LocalProxy, _special_method, _forward)
for _operator_name in _BINARY_OPERATORS:
    setattr(LocalProxy, f"__i{_operator_name}__", _apply_in_place(_operator_name))


def _accessed_session() -> Any:
    """Return the session, noting that the answer may depend on it from now on."""
    session = request_context("session").session
    if hasattr(session, "accessed"):
        session.accessed = True
    return session


class RequestProxy(LocalProxy):
    """The proxy that is read most: it finds the request of the usual case by itself, in a third of
    the 0.9 µs that the general road takes."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        context = CURRENT_CONTEXT.get(None)
        if context is None or context.environ is None:
            return LocalProxy.__getattr__(self, name)
        return getattr(context._request or context.request, name)


current_app: Microweb = LocalProxy(lambda: current_context("current_app").app)  # type: ignore[assignment, has-type]
g: Any = LocalProxy(lambda: current_context("g").g)
request: Request = RequestProxy(lambda: request_context("request").request)  # type: ignore[assignment]
session: SessionMixin = LocalProxy(_accessed_session)  # type: ignore[assignment]
app_ctx: Context = LocalProxy(lambda: current_context("app_ctx"))  # type: ignore[assignment]
request_ctx: Context = LocalProxy(lambda: request_context("request_ctx"))  # type: ignore[assignment]
