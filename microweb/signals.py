"""Signals: an app tells that something happened; the functions that receive it change nothing.

`Signal` and `Namespace` follow blinker's documented interface. The signals that an app sends are at
the end. A signal without a receiver costs one look-up: the app asks `HEARD_SIGNALS` first.
"""

from __future__ import annotations

from .globals import HEARD_RARE_SIGNALS, HEARD_SIGNALS
from .scaffold import is_coroutine_function

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Any, Callable

    Receiver = Callable[..., Any]


class _AnySender:
    """The sender that stands for every sender."""

    def __repr__(self) -> str:
        return "ANY"


ANY = _AnySender()


class Signal:
    """Something that may happen, and who wants to know.

    *doc* says when the signal is sent. ``receivers`` holds the connected functions: empty, and so
    false, while there are none.

    >>> saved = Signal("Sent after a note was saved.")
    >>> def announce(sender, **values):
    ...     return f"{sender} saved {values['title']}"
    >>> _ = saved.connect(announce)
    >>> [answer for _, answer in saved.send("Ada", title="Plans")]
    ['Ada saved Plans']
    """

    ANY = ANY
    # Where this signal is noted while it has receivers.
    _heard: set[Signal] | None = None

    def __init__(self, doc: str | None = None) -> None:
        if doc:
            self.__doc__ = doc
        # By identities of the receiver and the sender, in the order of connection: how to get the
        # receiver, and how to get the sender (to be sure that its identity is not another's now).
        self.receivers: dict[tuple[Any, Any], tuple[Callable[[], Any], Callable[[], Any]]] = {}
        self._is_muted = False

    def connect(self, receiver: Receiver, sender: Any = ANY, weak: bool = True) -> Receiver:
        """Have *receiver* called when *sender* (by default anybody) sends this signal.

        It is called with the sender and the keyword arguments of `send`. With *weak* it is
        forgotten when nothing else refers to it, as for a function made inside another. Returns
        the receiver, so that this is a decorator too.
        """
        if not callable(receiver):
            raise TypeError(f"connect() takes a function, not {receiver!r:.60}")
        key = (_identity_of(receiver), ANY if sender is ANY else _identity_of(sender))
        find_receiver = _refer_to(receiver, key, self._forget) if weak else lambda: receiver
        find_sender = (lambda: ANY) if sender is ANY else _refer_to(sender, key, self._forget)
        self.receivers[key] = (find_receiver, find_sender)
        if self._heard is not None:
            self._heard.add(self)
        return receiver

    def connect_via(self, sender: Any, weak: bool = False) -> Callable[[Receiver], Receiver]:
        """Return a decorator that connects a function to this signal of *sender*."""
        return lambda receiver: self.connect(receiver, sender, weak)

    def connected_to(self, receiver: Receiver, sender: Any = ANY) -> _SignalBlock:
        """Return a context manager that connects *receiver* for the length of a block."""
        return _SignalBlock(
            lambda: self.connect(receiver, sender, weak=False),
            lambda: self.disconnect(receiver, sender),
        )

    def disconnect(self, receiver: Receiver, sender: Any = ANY) -> None:
        """Stop calling *receiver* for *sender*, or for whatever senders it was connected to."""
        identity = _identity_of(receiver)
        for key in list(self.receivers):
            if key[0] == identity and (sender is ANY or key[1] == _identity_of(sender)):
                self._forget(key)

    def _forget(self, key: tuple[Any, Any]) -> None:
        self.receivers.pop(key, None)
        if not self.receivers and self._heard is not None:
            self._heard.discard(self)

    def receivers_for(self, sender: Any) -> Iterator[Receiver]:
        """Yield the functions that a signal of *sender* calls, in the order of connection."""
        identity = _identity_of(sender)
        for key, (find_receiver, find_sender) in list(self.receivers.items()):
            if key[1] is ANY or (key[1] == identity and find_sender() is sender):
                receiver = find_receiver()
                if receiver is not None:
                    yield receiver

    def has_receivers_for(self, sender: Any) -> bool:
        """Return whether a signal of *sender* calls anybody."""
        return any(True for _ in self.receivers_for(sender))

    def muted(self) -> _SignalBlock:
        """Return a context manager during which the signal reaches no receiver."""
        return _SignalBlock(lambda: self._mute(True), lambda: self._mute(False))

    def _mute(self, is_muted: bool) -> None:
        self._is_muted = is_muted

    def send(
        self,
        sender: Any = None,
        /,
        *,
        _async_wrapper: Callable[[Receiver], Receiver] | None = None,
        **kwargs: Any,
    ) -> list[tuple[Receiver, Any]]:
        """Call everybody who listens to *sender*; return pairs of a function and its answer.

        *_async_wrapper* makes a plain function of one that is ``async def``; RuntimeError where
        such a one listens and there is no wrapper.
        """
        answers: list[tuple[Receiver, Any]] = []
        for receiver in () if self._is_muted else self.receivers_for(sender):
            function = receiver
            if is_coroutine_function(receiver):
                if _async_wrapper is None:
                    raise RuntimeError(
                        f"{receiver!r} is async: send the signal with send_async, or give send an "
                        f"_async_wrapper"
                    )
                function = _async_wrapper(receiver)
            answers.append((receiver, function(sender, **kwargs)))
        return answers

    async def send_async(
        self,
        sender: Any = None,
        /,
        *,
        _sync_wrapper: Callable[[Receiver], Receiver] | None = None,
        **kwargs: Any,
    ) -> list[tuple[Receiver, Any]]:
        """As `send`, from a coroutine: what a receiver returns is awaited where it has to be.

        *_sync_wrapper* makes a coroutine function of a plain one; without it plain functions are
        called as they are.
        """
        answers: list[tuple[Receiver, Any]] = []
        for receiver in () if self._is_muted else self.receivers_for(sender):
            function = receiver
            if _sync_wrapper is not None and not is_coroutine_function(receiver):
                function = _sync_wrapper(receiver)
            answer = function(sender, **kwargs)
            answers.append((receiver, await answer if hasattr(answer, "__await__") else answer))
        return answers


class NamedSignal(Signal):
    """A `Signal` with a name, as `Namespace.signal` makes it."""

    def __init__(self, name: str, doc: str | None = None) -> None:
        super().__init__(doc)
        self.name = name

    def __repr__(self) -> str:
        return f"<NamedSignal {self.name!r}>"


class Namespace(dict):  # type: ignore[type-arg]
    """Signals by name: asking twice for a name gives the same signal.

    >>> signals = Namespace()
    >>> signals.signal("saved") is signals.signal("saved")
    True
    """

    def signal(self, name: str, doc: str | None = None) -> NamedSignal:
        """Return the signal of that name, made when it is first asked for."""
        found: NamedSignal | None = self.get(name)
        return self.setdefault(name, NamedSignal(name, doc)) if found is None else found


class _SignalBlock:
    """A ``with`` block that does one thing to a signal at its beginning, another at its end."""

    def __init__(self, begin: Callable[[], object], end: Callable[[], object]) -> None:
        self._begin = begin
        self._end = end

    def __enter__(self) -> None:
        self._begin()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()


def _identity_of(obj: Any) -> Any:
    """Return what tells *obj* from others: a bound method is a new object each time it is read."""
    instance = getattr(obj, "__self__", None)
    if instance is not None and hasattr(obj, "__func__"):
        return id(obj.__func__), id(instance)
    return id(obj)


def _refer_to(
    obj: Any, key: tuple[Any, Any], forget: Callable[[tuple[Any, Any]], None]
) -> Callable[[], Any]:
    """Return a function that returns *obj* while it lives, and have *key* forgotten after that.

    What cannot be referred to weakly (text, numbers) is kept.
    """
    from weakref import WeakMethod, ref

    # A proxy's object is meant, and bound methods die at once unless taken apart.
    make = WeakMethod if hasattr(obj, "__self__") and hasattr(obj, "__func__") else ref
    try:
        return make(obj, lambda _: forget(key))
    except TypeError:
        return lambda: obj


_app_signals = Namespace()


def _app_signal(name: str, doc: str, during_requests: bool = True) -> NamedSignal:
    signal = _app_signals.signal(name, doc)
    signal._heard = HEARD_SIGNALS if during_requests else HEARD_RARE_SIGNALS
    return signal


request_started = _app_signal(
    "request-started", "A request's context is current, and nothing else has happened yet."
)
request_finished = _app_signal("request-finished", "Sent with the ``response``, before it leaves.")
request_tearing_down = _app_signal(
    "request-tearing-down", "A request is over; ``exc`` is what ended it, or None."
)
got_request_exception = _app_signal(
    "got-request-exception", "Sent with the ``exception`` that no handler took.", False
)
template_rendered = _app_signal(
    "template-rendered", "Sent with the ``template`` and the ``context`` it was given.", False
)
before_render_template = _app_signal(
    "before-render-template", "As `template_rendered`, before the template runs.", False
)
appcontext_pushed = _app_signal("appcontext-pushed", "A context has become the current one.")
appcontext_popped = _app_signal("appcontext-popped", "A context is no longer the current one.")
appcontext_tearing_down = _app_signal(
    "appcontext-tearing-down", "A context ends; ``exc`` is what ended it, or None."
)
message_flashed = _app_signal(
    "message-flashed", "Sent with the ``message`` and the ``category`` of `flash`.", False
)


def send_app_signal(app: Any, name: str, values: dict[str, Any]) -> None:
    """Send the signal of an app that is called *name*, with *values*, if it has receivers."""
    signal = _app_signals[name]
    if signal.receivers:
        signal.send(app, _async_wrapper=app.ensure_sync, **values)
