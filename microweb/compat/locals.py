"""Values of the current thread or task, as Werkzeug keeps them."""

from __future__ import annotations

from ..globals import LocalProxy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextvars import ContextVar
    from typing import Any
else:
    # Where Python has none, there is one of our own.
    from ..globals import ContextVar


def release_local(local: Any) -> None:
    """Forget what the current thread or task keeps in a `Local` or a `LocalStack`.

    >>> local = Local()
    >>> local.user = "Ada"
    >>> release_local(local)
    >>> hasattr(local, "user")
    False
    """
    local.__release_local__()


class Local:
    """An object whose attributes each thread and each task has for itself.

    Calling it with a name returns a proxy for that attribute.

    >>> local = Local()
    >>> local.user = "Ada"
    >>> local.user, local("user") == "Ada"
    ('Ada', True)
    """

    __slots__ = ("_values",)

    def __init__(self, context_var: ContextVar[dict[str, Any]] | None = None) -> None:
        object.__setattr__(self, "_values", context_var or ContextVar("compat.local"))

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return iter(self._values.get({}).items())

    def __call__(self, name: str, *, unbound_message: str | None = None) -> LocalProxy:
        message = unbound_message or f"the local {name!r} has no value here"
        return LocalProxy(lambda: _value_or_error(self._values.get({}), name, message))

    def __release_local__(self) -> None:
        self._values.set({})

    def __getattr__(self, name: str) -> Any:
        values = self._values.get({})
        if name not in values:
            raise AttributeError(f"the local has no {name!r} in this thread or task")
        return values[name]

    def __setattr__(self, name: str, value: Any) -> None:
        # A copy: what another task has copied of this context must not change.
        self._values.set({**self._values.get({}), name: value})

    def __delattr__(self, name: str) -> None:
        values = dict(self._values.get({}))
        if name not in values:
            raise AttributeError(f"the local has no {name!r} in this thread or task")
        del values[name]
        self._values.set(values)


def _value_or_error(values: dict[str, Any], name: str, message: str) -> Any:
    if name not in values:
        raise RuntimeError(message)
    return values[name]


class LocalStack:
    """A stack that each thread and each task has for itself.

    Calling it returns a proxy for what is on top, or for an attribute of that.

    >>> stack = LocalStack()
    >>> stack.push("a")
    ['a']
    >>> stack.top, stack.pop(), stack.top
    ('a', 'a', None)
    """

    __slots__ = ("_stack",)

    def __init__(self, context_var: ContextVar[list[Any]] | None = None) -> None:
        self._stack: ContextVar[list[Any]] = context_var or ContextVar("compat.localstack")

    def push(self, obj: Any) -> list[Any]:
        """Put *obj* on top; return the stack."""
        stack = [*self._stack.get([]), obj]
        self._stack.set(stack)
        return stack

    def pop(self) -> Any:
        """Take what is on top off and return it; None where there is nothing."""
        stack = self._stack.get([])
        if not stack:
            return None
        self._stack.set(stack[:-1])
        return stack[-1]

    @property
    def top(self) -> Any:
        """What is on top, None where there is nothing."""
        stack = self._stack.get([])
        return stack[-1] if stack else None

    def __call__(self, name: str | None = None, *, unbound_message: str | None = None) -> Any:
        def find_top() -> Any:
            stack = self._stack.get([])
            if not stack:
                raise RuntimeError(unbound_message or "the stack is empty here")
            return stack[-1]

        return LocalProxy(find_top, name)

    def __release_local__(self) -> None:
        self._stack.set([])


class LocalManager:
    """Releases `Local` and `LocalStack` objects, after each request where it is a middleware.

    >>> local = Local()
    >>> local.user = "Ada"
    >>> LocalManager([local]).cleanup()
    >>> list(local)
    []
    """

    def __init__(self, locals: Any = None) -> None:
        single = isinstance(locals, (Local, LocalStack))
        self.locals: list[Any] = [locals] if single else list(locals or ())

    def __repr__(self) -> str:
        return f"<LocalManager storages: {len(self.locals)}>"

    def cleanup(self) -> None:
        """Release all of them."""
        for local in self.locals:
            release_local(local)

    def make_middleware(self, app: Callable[..., Any]) -> Callable[..., Any]:
        """Return a WSGI application that calls *app* and then cleans up."""
        from ..http import ClosingIterator

        def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            return ClosingIterator(app(environ, start_response), self.cleanup)

        return application

    def middleware(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Do the same as a decorator, which keeps the function's name."""
        from functools import update_wrapper

        return update_wrapper(self.make_middleware(func), func)
