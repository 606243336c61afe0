"""One app under many threads: what belongs to a request is never another's."""

from __future__ import annotations

import threading

from microweb import (
    g,
    request,
    session,
    stream_with_context,
    url_for,
)
from microweb.globals import CURRENT_CONTEXT

from .support import make_app


def crossing_app(barrier):
    """Return an app whose view waits, in mid-request, until all threads are in mid-request."""
    app = make_app()

    @app.before_request
    def begin():
        g.who = request.args["who"]

    @app.after_request
    def end(response):
        response.headers["X-Who"] = g.who
        return response

    @app.get("/<int:number>")
    def show(number):
        session["seen"] = [*session.get("seen", []), number]
        barrier.wait(10)
        parts = (g.who, request.args["who"], str(number), url_for("show", number=number))
        return "|".join([*parts, ",".join(map(str, session["seen"]))])

    @app.get("/stream/<int:number>")
    def stream(number):
        @stream_with_context
        def pieces():
            for _ in range(5):
                barrier.wait(10)
                yield f"{request.args['who']} {g.who} {number};"

        return app.response_class(pieces())

    return app


def in_threads(count, work):
    """Run *work* in threads with their numbers; return what they returned, or raise the first
    exception."""
    results, failures = {}, []

    def run(number):
        try:
            results[number] = work(number)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if failures:
        raise failures[0]
    return results


def test_fl_15_threads_in_mid_request_never_see_one_another():
    threads, requests = 32, 50
    app = crossing_app(threading.Barrier(threads))

    def work(who):
        client = app.test_client()
        for number in range(requests):
            response = client.get(f"/{number}?who={who}")
            seen = ",".join(str(n) for n in range(number + 1))
            assert response.text == f"{who}|{who}|{number}|/{number}|{seen}"
            assert response.headers["X-Who"] == str(who)
            assert CURRENT_CONTEXT.get(None) is None
        return requests

    assert sum(in_threads(threads, work).values()) == threads * requests


def test_fl_15_streams_of_many_threads_keep_their_contexts():
    threads = 16
    app = crossing_app(threading.Barrier(threads))

    def work(who):
        text = app.test_client().get(f"/stream/{who}?who=w{who}").text
        assert CURRENT_CONTEXT.get(None) is None
        return text

    for who, text in in_threads(threads, work).items():
        assert text == f"w{who} w{who} {who};" * 5


def test_a_first_request_in_many_threads_at_once_is_answered_in_all():
    threads = 16
    barrier = threading.Barrier(threads)
    app = make_app()
    app.get("/")(lambda: "x")

    def work(number):
        barrier.wait(10)
        return app.test_client().get("/").text

    assert set(in_threads(threads, work).values()) == {"x"}
