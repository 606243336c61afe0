"""Async views, hooks and handlers, with and without an event loop in the thread."""

from __future__ import annotations

import asyncio
import functools
import sys
import threading

import pytest

from microweb import g, request, session
from microweb.asyncrun import run_coroutine
from microweb.signals import is_coroutine_function

from .support import checked_client, make_app


async def wait_a_little():
    await asyncio.sleep(0)


def async_app():
    """Return an app in which everything that can be is async, and the list of what ran."""
    app = make_app()
    ran = []

    @app.before_request
    async def before():
        await wait_a_little()
        g.begun = request.path
        ran.append("before")

    @app.after_request
    async def after(response):
        await wait_a_little()
        response.headers["X-Begun"] = g.begun
        ran.append("after")
        return response

    @app.teardown_request
    async def teardown(error):
        await wait_a_little()
        ran.append(f"teardown {error}")

    @app.teardown_appcontext
    async def teardown_app(error):
        await wait_a_little()
        ran.append("appcontext")

    @app.get("/<name>")
    async def show(name):
        await wait_a_little()
        session["name"] = name
        return f"{name} {request.args.get('q')}"

    @app.get("/crash")
    async def crash():
        await wait_a_little()
        raise KeyError("inside")

    @app.errorhandler(KeyError)
    async def handle(error):
        await wait_a_little()
        return f"handled {error}", 500

    return app, ran


def test_everything_may_be_async():
    app, ran = async_app()
    client = checked_client(app)
    response = client.get("/x?q=1")
    assert (response.text, response.headers["X-Begun"]) == ("x 1", "/x")
    assert ran == ["before", "after", "teardown None", "appcontext"]
    assert client.get("/crash").text == "handled 'inside'"


def test_where_a_loop_runs_already_the_answer_is_the_same():
    app, ran = async_app()

    async def main():
        return app.test_client().get("/x?q=1").text

    assert asyncio.run(main()) == "x 1"
    assert len(ran) == 4


def test_tasks_of_one_loop_never_see_one_anothers_requests():
    app = make_app()

    @app.get("/<int:number>")
    async def show(number):
        g.number = number
        await wait_a_little()
        return f"{g.number} {request.view_args['number']}"

    async def one(number):
        with app.test_request_context(f"/{number}"):
            g.mine = number
            await wait_a_little()
            text = app.test_client().get(f"/{number}").text
            return text == f"{number} {number}" and g.mine == number

    async def main():
        return await asyncio.gather(*(one(number) for number in range(20)))

    assert all(asyncio.run(main()))


def test_exceptions_and_values_pass_through():
    async def give(value):
        return value

    async def fail():
        raise ValueError("inside")

    async def main():
        assert run_coroutine(give(2)) == 2
        with pytest.raises(ValueError, match="inside"):
            run_coroutine(fail())

    assert run_coroutine(give(1)) == 1
    with pytest.raises(ValueError, match="inside"):
        run_coroutine(fail())
    asyncio.run(main())
    assert not [thread for thread in threading.enumerate() if not thread.daemon][1:]


def test_without_asyncio_one_sentence_says_what_to_install(monkeypatch):
    async def give():
        return 1

    monkeypatch.setitem(sys.modules, "asyncio", None)
    coroutine = give()
    with pytest.raises(RuntimeError, match="install the system package"):
        run_coroutine(coroutine)
    coroutine.close()


class Methods:
    async def method(self):
        pass

    def plain(self):
        pass


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (wait_a_little, True),
        (Methods().method, True),
        (functools.partial(wait_a_little), True),
        (functools.partial(functools.partial(Methods().method)), True),
        (Methods().plain, False),
        (functools.partial(print), False),
        (print, False),
        (Methods, False),
    ],
)
def test_coroutine_functions_are_told_apart(function, expected):
    assert is_coroutine_function(function) is expected


def test_ensure_sync_can_be_overridden():
    from microweb import Microweb

    class Own(Microweb):
        def async_to_sync(self, func):
            return lambda **kwargs: "own"

    app = Own("own", static_folder=None)

    @app.get("/")
    async def index():
        return "never"

    assert app.test_client().get("/").text == "own"
