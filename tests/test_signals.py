"""Signals: who is called, and what an app tells."""

from __future__ import annotations

import asyncio
import gc

import pytest

import microweb
from microweb import flash, render_template_string, stream_template_string
from microweb.signals import ANY, HEARD_SIGNALS, NamedSignal, Namespace, Signal

from .support import checked_client, make_app


class Listener:
    def __init__(self):
        self.heard = []

    def hear(self, sender, **values):
        self.heard.append((sender, values))
        return len(self.heard)


def test_receivers_are_called_in_order_with_the_sender_and_the_values():
    signal = Signal("doc")
    first, second = Listener(), Listener()
    assert signal.connect(first.hear) == first.hear
    signal.connect(second.hear)
    assert signal.send("me", a=1) == [(first.hear, 1), (second.hear, 1)]
    assert first.heard == second.heard == [("me", {"a": 1})]
    assert signal.__doc__ == "doc"


def test_a_receiver_of_one_sender_hears_no_other():
    signal = Signal()
    listener = Listener()
    signal.connect(listener.hear, sender="me")
    signal.send("you")
    signal.send("me")
    signal.send()
    assert [sender for sender, _ in listener.heard] == ["me"]
    assert signal.has_receivers_for("me")
    assert not signal.has_receivers_for("you")
    assert list(signal.receivers_for("me")) == [listener.hear]


def test_the_same_receiver_connected_twice_is_called_once():
    signal = Signal()
    listener = Listener()
    signal.connect(listener.hear)
    signal.connect(listener.hear)
    signal.send()
    assert len(listener.heard) == 1


def test_a_weakly_connected_receiver_is_forgotten_with_its_owner():
    signal = Signal()
    listener, kept = Listener(), Listener()
    signal.connect(listener.hear)
    signal.connect(kept.hear, weak=False)
    heard = kept.heard
    del listener, kept
    gc.collect()
    signal.send("x")
    assert len(signal.receivers) == 1
    assert heard == [("x", {})]


def test_a_dead_senders_identity_is_not_taken_for_anothers():
    class Sender:
        pass

    signal = Signal()
    listener = Listener()
    sender = Sender()
    signal.connect(listener.hear, sender=sender)
    del sender
    gc.collect()
    assert not signal.receivers


def test_disconnect_with_and_without_a_sender():
    signal = Signal()
    listener = Listener()
    for sender in ("a", "b", "c"):
        signal.connect(listener.hear, sender=sender)
    signal.disconnect(listener.hear, sender="a")
    assert not signal.has_receivers_for("a")
    assert signal.has_receivers_for("b")
    signal.disconnect(listener.hear)
    assert not signal.receivers
    signal.disconnect(listener.hear)


def test_blocks_that_connect_and_mute():
    signal = Signal()
    listener = Listener()
    with signal.connected_to(listener.hear):
        signal.send(1)
        with signal.muted():
            signal.send(2)
        signal.send(3)
    signal.send(4)
    assert [sender for sender, _ in listener.heard] == [1, 3]


def test_a_decorator_connects_to_one_sender():
    signal = Signal()
    heard = []

    @signal.connect_via("me")
    def receive(sender, **values):
        heard.append(sender)

    signal.send("me")
    signal.send("you")
    assert heard == ["me"]


def test_what_cannot_be_called_cannot_be_connected():
    with pytest.raises(TypeError, match="'text'"):
        Signal().connect("text")


def test_a_namespace_gives_the_same_signal_each_time():
    names = Namespace()
    saved = names.signal("saved", "When saved.")
    assert names.signal("saved") is saved
    assert isinstance(saved, NamedSignal)
    assert (saved.name, saved.__doc__, repr(saved)) == (
        "saved",
        "When saved.",
        "<NamedSignal 'saved'>",
    )
    assert repr(ANY) == "ANY"
    assert Signal.ANY is ANY


def test_async_receivers():
    signal = Signal()
    heard = []

    async def receive(sender, **values):
        heard.append(sender)
        return "async"

    def plain(sender, **values):
        return "plain"

    signal.connect(receive)
    signal.connect(plain)
    with pytest.raises(RuntimeError, match="send_async"):
        signal.send("x")
    answers = asyncio.run(signal.send_async("x"))
    assert [answer for _, answer in answers] == ["async", "plain"]
    wrapped = signal.send("y", _async_wrapper=lambda f: lambda *a, **k: asyncio.run(f(*a, **k)))
    assert [answer for _, answer in wrapped] == ["async", "plain"]
    assert heard == ["x", "y"]


NAMES = (
    "appcontext_pushed request_started template before_render_template template_rendered "
    "message_flashed request_finished request_tearing_down appcontext_tearing_down "
    "appcontext_popped got_request_exception"
).split()


def listen_to_everything(heard):
    """Connect to every signal; return what to keep alive."""
    receivers = []
    for name in NAMES:
        signal = getattr(microweb, name, None)
        if signal is not None:

            def receive(sender, _name=name, **values):
                heard.append((_name, sorted(values)))

            receivers.append(signal.connected_to(receive))
    return receivers


@pytest.fixture
def heard():
    """What an app tells during a test, in order."""
    found = []
    connections = listen_to_everything(found)
    for connection in connections:
        connection.__enter__()
    yield found
    for connection in connections:
        connection.__exit__(None, None, None)
    assert not HEARD_SIGNALS


def test_an_app_tells_the_course_of_a_request_in_flasks_order(heard):
    app = make_app()

    @app.get("/")
    def index():
        flash("hello", "info")
        return render_template_string("{{ x }}", x=1)

    assert checked_client(app).get("/").text == "1"
    assert heard == [
        ("appcontext_pushed", []),
        ("request_started", []),
        ("message_flashed", ["category", "message"]),
        ("before_render_template", ["context", "template"]),
        ("template_rendered", ["context", "template"]),
        ("request_finished", ["response"]),
        ("request_tearing_down", ["exc"]),
        ("appcontext_tearing_down", ["exc"]),
        ("appcontext_popped", []),
    ]


def test_a_crash_is_told_with_its_exception():
    app = make_app()
    seen = []

    @app.get("/")
    def crash():
        raise ValueError("inside")

    @app.teardown_request
    def teardown(error):
        seen.append(("teardown", error))

    def receive(sender, exception, **values):
        seen.append((sender, exception))

    def over(sender, exc, **values):
        seen.append(("over", exc))

    with (
        microweb.got_request_exception.connected_to(receive, app),
        microweb.request_tearing_down.connected_to(over, app),
    ):
        assert checked_client(app).get("/").status_code == 500
    error = seen[0][1]
    assert str(error) == "inside"
    assert seen == [(app, error), ("teardown", error), ("over", error)]


def test_test_contexts_and_app_contexts_are_told_too(heard):
    app = make_app()
    with app.app_context():
        heard.append("inside")
    assert [item if item == "inside" else item[0] for item in heard] == [
        "appcontext_pushed",
        "inside",
        "appcontext_tearing_down",
        "appcontext_popped",
    ]


def test_streamed_templates_are_told_when_they_end(heard):
    app = make_app()

    @app.get("/")
    def index():
        return stream_template_string("{{ x }}", x=1)

    assert checked_client(app).get("/").text == "1"
    names = [name for name, _ in heard]
    assert names.index("before_render_template") < names.index("request_finished")
    assert names.index("template_rendered") > names.index("request_finished")
    assert names.index("template_rendered") < names.index("request_tearing_down")


def test_another_apps_signals_are_not_heard():
    app, other = make_app(), make_app()
    app.get("/")(lambda: "x")
    other.get("/")(lambda: "x")
    listener = Listener()
    with microweb.request_started.connected_to(listener.hear, app):
        other.test_client().get("/")
        assert not listener.heard
        app.test_client().get("/")
    assert listener.heard == [(app, {})]


def test_async_receivers_of_an_apps_signals_are_run():
    app = make_app()
    app.get("/")(lambda: "x")
    heard = []

    async def receive(sender, **values):
        heard.append(sender)

    with microweb.request_finished.connected_to(receive, app):
        app.test_client().get("/")
    assert heard == [app]
