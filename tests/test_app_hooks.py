"""What runs before, after and around a view, and in which order."""

from __future__ import annotations

from itertools import chain

import pytest

from microweb import (
    Response,
    after_this_request,
    current_app,
    g,
    has_request_context,
    request,
    stream_with_context,
)

from .support import checked_client, make_app


def test_hooks_run_in_flasks_order():
    app = make_app()
    seen = []
    app.before_request(lambda: seen.append("before 1"))
    app.before_request(lambda: seen.append("before 2"))

    def hook(name):
        def run(value=None):
            seen.append(name)
            return value

        return run

    for name in ("after 1", "after 2"):
        app.after_request(hook(name))
    for name in ("teardown 1", "teardown 2"):
        app.teardown_request(hook(name))
    app.teardown_appcontext(hook("appcontext"))

    @app.get("/")
    def index():
        after_this_request(hook("this"))
        seen.append("view")
        return "x"

    checked_client(app).get("/")
    assert seen == [
        "before 1",
        "before 2",
        "view",
        "this",
        "after 2",
        "after 1",
        "teardown 2",
        "teardown 1",
        "appcontext",
    ]


def test_before_request_may_answer_in_the_views_place():
    app = make_app()
    app.before_request(lambda: None)
    app.before_request(lambda: ("stopped", 403))
    app.get("/", endpoint="/")(lambda: pytest.fail("the view was called"))
    response = checked_client(app).get("/")
    assert (response.status_code, response.text) == (403, "stopped")


def test_hooks_see_requests_that_match_nothing():
    app = make_app()
    seen = []
    app.before_request(lambda: seen.append((request.path, request.endpoint)))

    @app.after_request
    def mark(response):
        response.headers["X-Seen"] = "1"
        return response

    response = checked_client(app).get("/nothing")
    assert (response.status_code, response.headers["X-Seen"]) == (404, "1")
    assert seen == [("/nothing", None)]


def test_after_request_may_replace_the_response():
    app = make_app()
    app.get("/", endpoint="/")(lambda: "first")
    app.after_request(lambda response: Response("second"))
    assert checked_client(app).get("/").text == "second"


def test_after_this_request_works_without_any_other_hook():
    app = make_app()

    @app.get("/")
    def index():
        @after_this_request
        def mark(response):
            response.headers["X-Once"] = "1"
            return response

        return "x"

    assert checked_client(app).get("/").headers["X-Once"] == "1"


def test_teardown_is_given_the_exception():
    app = make_app(PROPAGATE_EXCEPTIONS=False)
    app.logger.disabled = True
    seen = []
    app.teardown_request(lambda error: seen.append(type(error)))
    app.get("/fails", endpoint="/fails")(lambda: 1 / 0)
    app.get("/works", endpoint="/works")(lambda: "x")
    client = checked_client(app)
    assert client.get("/fails").status_code == 500
    client.get("/works")
    assert seen == [ZeroDivisionError, type(None)]


def test_fl_17_every_teardown_runs_although_one_raises():
    app = make_app()
    seen = []

    @app.teardown_request
    def last(error):
        seen.append("last")

    @app.teardown_request
    def fails(error):
        raise LookupError("teardown")

    app.get("/", endpoint="/")(lambda: "x")
    with pytest.raises(LookupError, match="teardown"):
        app.test_client().get("/")
    assert seen == ["last"]
    assert not has_request_context()


def test_g_lives_as_long_as_its_request():
    app = make_app()

    @app.get("/")
    def index():
        g.count = g.get("count", 0) + 1
        return str(g.count)

    client = checked_client(app)
    assert [client.get("/").text for _ in range(2)] == ["1", "1"]


def test_url_value_preprocessor_may_take_an_argument_away():
    app = make_app()

    @app.url_value_preprocessor
    def pull(endpoint, values):
        g.language = values.pop("language", "en") if values else None

    @app.get("/<language>/about")
    def about():
        return g.language

    assert checked_client(app).get("/de/about").text == "de"


def test_fl_16_a_stream_keeps_its_context_and_is_torn_down_once():
    app = make_app()
    torn = []
    app.teardown_request(lambda error: torn.append(error))

    @app.get("/")
    def index():
        @stream_with_context
        def generate():
            for name in request.args:
                yield f"{name} in {current_app.name};"

        return generate()

    response = checked_client(app).get("/?a=1&b=2")
    assert response.text == "a in tests.support;b in tests.support;"
    assert torn == [None]


def test_fl_16_a_client_that_leaves_early_ends_the_stream():
    app = make_app()
    torn, closed = [], []
    app.teardown_request(lambda error: torn.append(error))

    @app.get("/")
    def index():
        def generate():
            try:
                while True:
                    yield request.path
            finally:
                closed.append(has_request_context())

        return stream_with_context(generate())

    response = app.test_client().get("/", buffered=False)
    chunks = iter(response.response)
    assert [next(chunks), next(chunks)] == [b"/", b"/"]
    assert torn == []
    response.close()
    response.close()
    assert (torn, closed) == ([None], [True])
    assert not has_request_context()


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, MemoryError])
def test_fl_19_the_context_is_left_whatever_a_view_raises(kind):
    app = make_app(PROPAGATE_EXCEPTIONS=True)
    torn = []
    app.teardown_request(lambda error: torn.append(type(error)))

    @app.get("/")
    def index():
        raise kind()

    with pytest.raises(kind):
        app.test_client().get("/")
    assert torn == [kind]
    assert not has_request_context()


def test_rt_20_registering_after_the_first_request_is_refused():
    app = make_app()
    app.test_client().get("/")
    for register in (app.before_request, app.teardown_appcontext, app.get("/late")):
        with pytest.raises(AssertionError, match="came after the app had answered") as caught:
            register(lambda *args: None)
        assert f"<lambda> ({__file__}:" in str(caught.value)


def stream_app(torn):
    app = make_app(PROPAGATE_EXCEPTIONS=False)
    app.logger.disabled = True
    app.teardown_request(lambda error: torn.append(error))

    def make_stream():
        return stream_with_context(iter(["a", request.path]))

    @app.get("/stream")
    def stream():
        return make_stream()

    @app.get("/other")
    def other():
        make_stream()
        return "other"

    @app.get("/raises")
    def raises():
        make_stream()
        raise LookupError("x")

    @app.get("/handled")
    def handled():
        make_stream()
        raise ValueError("x")

    @app.get("/two")
    def two():
        return Response(chain(make_stream(), make_stream()))

    app.register_error_handler(ValueError, lambda error: ("sorry", 500))
    return app


@pytest.mark.parametrize("name", ["stream", "other", "raises", "handled", "two"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_fl_16_the_teardown_of_a_stream_runs_once_whatever_becomes_of_it(name, method):
    torn = []
    app = stream_app(torn)
    app.test_client().open(f"/{name}", method=method)
    assert len(torn) == 1
    with app.test_client() as client:
        client.open(f"/{name}", method=method)
        assert len(torn) == 1
    assert len(torn) == 2
    assert not has_request_context()


def test_streams_in_a_row_are_torn_down_after_the_last():
    app = make_app()
    seen = []
    app.teardown_request(lambda error: seen.append("teardown"))

    def stream(name):
        yield name
        seen.append(name)

    @app.get("/")
    def index():
        return Response(chain(*(stream_with_context(stream(name)) for name in "ab")))

    assert checked_client(app).get("/").text == "ab"
    assert seen == ["a", "b", "teardown"]


def test_a_with_block_tells_the_teardown_what_the_request_raised():
    app = make_app(TESTING=True)
    errors = []
    app.teardown_request(lambda error: errors.append(type(error)))
    app.get("/")(lambda: 1 / 0)
    with app.test_client() as client, pytest.raises(ZeroDivisionError):
        client.get("/")
    assert errors == [ZeroDivisionError]


def test_pe_06_a_body_is_closed_although_the_teardown_raises():
    app = make_app()
    closed = []
    app.teardown_request(lambda error: 1 / 0)

    @app.get("/")
    def index():
        response = Response(iter(["x"]))
        response.call_on_close(lambda: closed.append(1))
        return response

    with pytest.raises(ZeroDivisionError):
        app.test_client().get("/")
    assert closed == [1]


def test_an_after_request_without_a_return_is_named():
    app = make_app(TESTING=True)

    @app.after_request
    def forgets(response):
        response.headers["X"] = "1"

    app.get("/")(lambda: "x")
    with pytest.raises(TypeError, match=r"forgets \(.*returned None"):
        app.test_client().get("/")


@pytest.mark.parametrize(
    ("register", "message"),
    [
        (lambda app: app.before_request("x"), r"before_request\(\) registers a function, not 'x'"),
        (lambda app: app.teardown_appcontext(5), "not 5"),
        (lambda app: app.register_error_handler(404, "x"), "not 'x'"),
        (lambda app: app.add_url_rule("/", "e", "x"), "not 'x'"),
        (lambda app: app.errorhandler(lambda error: ""), r"write @errorhandler\(404\)"),
        (lambda app: app.register_blueprint("x"), "takes a Blueprint, not 'x'"),
    ],
)
def test_what_cannot_be_called_is_refused_at_registration(register, message):
    with pytest.raises(TypeError, match=message):
        register(make_app())


def test_a_registry_has_a_list_for_every_key():
    app = make_app()
    assert app.after_request_funcs[None] == [] == app.url_default_functions["b"]
    app.after_request_funcs["b"].append(lambda response: response)
    app.before_request_funcs[None].append(lambda: "stopped")
    app.add_url_rule("/", "index", lambda: "view")
    assert app.test_client().get("/").text == "stopped"
