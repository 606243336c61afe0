"""A request's context in another thread."""

from __future__ import annotations

import threading

import pytest

from microweb import (
    copy_current_request_context,
    current_app,
    g,
    has_request_context,
    request,
    session,
    url_for,
)

from .http.support_http import file_part, multipart_body
from .support import make_app


def test_a_copied_context_works_in_another_thread_and_ends_there():
    app = make_app()
    ended = []
    app.teardown_request(lambda error: ended.append(("request", g.get("mine"))))
    app.teardown_appcontext(lambda error: ended.append(("app", g.get("mine"))))

    @app.get("/<name>")
    def show(name):
        session["name"] = name
        g.mine = "views"
        found = {}

        @copy_current_request_context
        def work(extra):
            g.mine = "threads"
            found["parts"] = [
                request.path,
                request.view_args["name"],
                session["name"],
                current_app.name,
                url_for("show", name="x"),
                extra,
            ]

        thread = threading.Thread(target=work, args=("more",))
        thread.start()
        thread.join()
        assert ended == [("request", "threads"), ("app", "threads")]
        assert g.mine == "views"
        return found["parts"]

    answer = app.test_client().get("/Ada").json
    assert answer == ["/Ada", "Ada", "Ada", "tests.support", "/x", "more"]
    assert ended[2:] == [("request", "views"), ("app", "views")]


def test_a_copied_context_outlives_its_request_and_leaves_its_files_alone():
    app = make_app()
    later = []

    @app.post("/")
    def upload():
        file = request.files["f"]
        later.append(copy_current_request_context(lambda: (request.path, has_request_context())))
        copied = copy_current_request_context(lambda: request.files["f"].filename)
        assert copied() == "a.txt"
        assert not file.stream.closed
        return file.read()

    data = multipart_body(file_part(b"f", b"a.txt", b"text"))
    answer = app.test_client().post("/", data=data, content_type="multipart/form-data; boundary=B")
    assert answer.data == b"text"
    assert later[0]() == ("/", True)
    assert not has_request_context()


def test_outside_of_a_request_there_is_nothing_to_copy():
    with pytest.raises(RuntimeError, match="copy_current_request_context"):
        copy_current_request_context(print)
