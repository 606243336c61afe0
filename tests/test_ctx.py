"""Contexts and the proxies that lead to them."""

from __future__ import annotations

import asyncio
import copy
from contextvars import ContextVar
from types import SimpleNamespace

import pytest

from microweb import (
    Request,
    current_app,
    g,
    has_app_context,
    has_request_context,
    request,
    session,
    url_for,
)
from microweb.globals import LocalProxy

from .support import make_app


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda: request.path, "'request' was used outside of a request"),
        (lambda: session["x"], "'session' was used outside of a request"),
        (lambda: g.x, "'g' was used outside of an application context"),
        (lambda: current_app.name, "'current_app' was used outside of an application context"),
    ],
)
def test_outside_of_a_context_the_message_says_what_to_type(use, message):
    with pytest.raises(RuntimeError) as caught:
        use()
    assert message in str(caught.value)
    assert "with app." in str(caught.value)


def test_an_application_context_has_an_app_and_no_request():
    app = make_app()
    with app.app_context():
        assert current_app._get_current_object() is app
        assert (has_app_context(), has_request_context()) == (True, False)
        with pytest.raises(RuntimeError, match="test_request_context"):
            _ = request.path
    assert not has_app_context()


def test_contexts_nest():
    outer, inner = make_app(), make_app()
    with outer.test_request_context("/outer"):
        g.name = "outer"
        with inner.test_request_context("/inner"):
            assert (request.path, "name" in g) == ("/inner", False)
        assert (request.path, g.name) == ("/outer", "outer")


def test_a_test_request_context_has_matched_its_url():
    app = make_app()
    app.add_url_rule("/user/<name>", "user", lambda name: name)
    with app.test_request_context("/user/ada?x=1", method="POST"):
        assert (request.endpoint, request.args["x"]) == (None, "1")
        assert request.routing_exception.code == 405
    with app.test_request_context("/user/ada"):
        assert (request.endpoint, request.view_args) == ("user", {"name": "ada"})


def test_tearing_down_runs_once_at_the_outermost_pop():
    app = make_app()
    torn = []
    app.teardown_appcontext(lambda error: torn.append(error))
    context = app.app_context()
    with context, context:
        pass
    assert torn == [None]
    with pytest.raises(RuntimeError, match="more often"):
        context.pop()


def test_asyncio_tasks_see_their_own_requests():
    app = make_app()

    async def look(name):
        with app.test_request_context(f"/{name}"):
            await asyncio.sleep(0)
            return request.path

    async def both():
        return await asyncio.gather(look("a"), look("b"))

    assert asyncio.run(both()) == ["/a", "/b"]


def test_g():
    with make_app().app_context():
        with pytest.raises(AttributeError, match=r"'g' has no attribute 'user'.*g\.get\('user'\)"):
            _ = g.user
        assert g.get("user", 1) == 1
        assert g.setdefault("user", 2) == 2
        assert list(g) == ["user"]
        assert g.pop("user") == 2
        assert g.pop("user", None) is None
        with pytest.raises(KeyError):
            g.pop("user")


def test_a_proxy_behaves_like_its_object():
    value = {"a": 1}
    proxy = LocalProxy(lambda: value)
    assert proxy["a"] == 1 and "a" in proxy and len(proxy) == 1 and list(proxy) == ["a"]
    proxy["b"] = 2
    del proxy["a"]
    assert value == {"b": 2} == proxy
    assert (proxy | {"c": 3}) == {"b": 2, "c": 3}
    assert isinstance(proxy, dict) and bool(proxy) and repr(proxy) == "{'b': 2}"
    number = LocalProxy(lambda: 7)
    assert (number + 1, 1 + number, int(number), f"{number:02}", number > 3) == (
        8,
        8,
        7,
        "07",
        True,
    )


def test_a_proxy_outside_of_its_context_is_false_and_can_be_shown():
    assert not request
    assert repr(request) == "<LocalProxy outside of its context>"
    assert dir(request) == []
    with make_app().test_request_context():
        assert request
        assert isinstance(request, Request)


def test_the_before_first_request_of_old_tutorials_says_so():
    app = make_app()
    with pytest.raises(AttributeError):
        _ = app.before_first_request


def test_a_context_says_what_it_is_for():
    app = make_app()
    assert repr(app.app_context()) == "<Context of 'tests.support'>"
    context = app.test_request_context("/x", method="POST")
    assert repr(context) == "<Context of 'tests.support': POST '/x'>"


def test_a_test_request_context_knows_the_apps_configuration():
    app = make_app(SERVER_NAME="example.com", APPLICATION_ROOT="/app", PREFERRED_URL_SCHEME="https")
    with app.test_request_context("/x"):
        assert request.url == "https://example.com/app/x"


def test_contexts_left_out_of_order_say_so():
    app = make_app()
    torn = []
    app.teardown_appcontext(torn.append)
    outer, inner = app.app_context(), app.app_context()
    outer.push()
    inner.push()
    with pytest.raises(RuntimeError, match="is not the current context"):
        outer.pop()
    assert torn == []
    inner.pop()
    outer.pop()
    assert torn == [None, None]
    assert not has_app_context()


def test_a_proxy_can_be_copied_and_looked_into():
    app = make_app()
    with app.test_request_context("/x"):
        g.name = "g"
        assert vars(g) == {"name": "g"}
        session["list"] = [1]
        shallow, deep = copy.copy(session), copy.deepcopy(session)
        assert shallow["list"] is session["list"]
        assert deep["list"] == [1] and deep["list"] is not session["list"]
        assert copy.copy(request).path == "/x"


def test_an_application_context_inside_a_request_does_not_hide_it():
    app = make_app()
    app.add_url_rule("/x", "x", lambda: "")
    with app.test_request_context("/x?a=1"):
        g.name = "outer"
        with app.app_context():
            assert (request.args["a"], url_for("x"), "name" in g) == ("1", "/x", False)
            assert has_request_context()
            session["n"] = 1
        assert (g.name, session["n"]) == ("outer", 1)
    assert not has_request_context()


def test_a_request_that_was_read_before_its_context_was_entered_knows_its_rule():
    app = make_app()
    app.get("/<name>")(lambda name: name)
    context = app.test_request_context("/Ada")
    assert context.request.path == "/Ada"
    assert context.request.endpoint is None
    with context:
        assert context.request.endpoint == "<lambda>"
        assert context.request.view_args == {"name": "Ada"}


def test_a_variable_of_an_endpoint_may_be_called_self():
    app = make_app()
    app.add_url_rule("/<self>", "x")
    with app.test_request_context():
        assert url_for("x", self="2") == "/2"


def test_a_proxy_may_stand_for_a_context_variable_or_an_attribute():
    variable = ContextVar("user")
    proxy = LocalProxy(variable, unbound_message="no user here")
    with pytest.raises(RuntimeError, match="no user here"):
        proxy.name  # noqa: B018
    assert not proxy
    token = variable.set(SimpleNamespace(name="ada"))
    try:
        assert (proxy.name, LocalProxy(variable, "name") == "ada") == ("ada", True)
    finally:
        variable.reset(token)
    with pytest.raises(RuntimeError, match="'user' has no value"):
        LocalProxy(variable).name  # noqa: B018


def test_a_proxy_is_called_with_keywords():
    assert LocalProxy(lambda: dict)([("a", 1)], b=2) == {"a": 1, "b": 2}


def test_operators_in_place_act_on_the_object():
    words, letters = ["a"], {1}
    proxy, other = LocalProxy(lambda: words), LocalProxy(lambda: letters)
    proxy += ["b"]
    other |= {2}
    assert (words, letters) == (["a", "b"], {1, 2})
    assert type(proxy) is LocalProxy and type(other) is LocalProxy
    app = make_app()

    @app.get("/")
    def index():
        copy = session
        copy |= {"a": 1}
        return str(session["a"])

    client = app.test_client()
    assert client.get("/").text == "1"
    with client.session_transaction() as kept:
        assert kept["a"] == 1


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("p // 2", 3),
        ("p / 2", 3.5),
        ("p ** 2", 49),
        ("2 ** p", 128),
        ("p << 1", 14),
        ("1 << p", 128),
        ("p >> 1", 3),
        ("p ^ 1", 6),
        ("1 ^ p", 6),
        ("-p", -7),
        ("+p", 7),
        ("~p", -8),
        ("abs(-p)", 7),
        ("divmod(p, 2)", (3, 1)),
        ("divmod(15, p)", (2, 1)),
        ("15 % p", 1),
        ("15 // p", 2),
        ("14 / p", 2.0),
        ("p & 3", 3),
        ("3 & p", 3),
        ("8 | p", 15),
        ("complex(p)", 7 + 0j),
        ("round(p)", 7),
        ("float(p)", 7.0),
        ("range(9)[p]", 7),
        ("format(p, '03')", "007"),
        ("10 - p", 3),
        ("p < 8", True),
    ],
)
def test_every_operator_reaches_the_object(expression, value):
    assert eval(expression, {"p": LocalProxy(lambda: 7)}) == value


def test_the_name_space_of_a_context_may_be_another():
    with make_app().app_context() as context:
        context.g = SimpleNamespace(user="ada")
        assert g.user == "ada"
