"""What stands around building a URL: defaults, handlers of failures, adapters."""

from __future__ import annotations

import pytest

from microweb import Blueprint, url_for
from microweb.routing import BuildError

from .support import make_app


def test_handlers_of_build_errors_are_asked_in_turn():
    app = make_app()

    def passes(error, endpoint, values):
        return None

    def answers(error, endpoint, values):
        if endpoint == "elsewhere":
            return f"https://elsewhere.example/{values['x']}"
        raise error

    app.url_build_error_handlers += [passes, answers]
    with app.test_request_context():
        assert url_for("elsewhere", x=1) == "https://elsewhere.example/1"
        with pytest.raises(BuildError):
            url_for("nowhere")


def test_an_adapter_for_a_request_and_for_the_server_name():
    app = make_app()
    app.get("/<name>")(lambda name: name)
    app.add_url_rule("/x/<int:n>", "n")
    assert app.create_url_adapter(None) is None
    with app.test_request_context("/x/5") as context:
        assert context.url_adapter.match() == ("n", {"n": 5})
        assert context.url_adapter.build("n", {"n": 6}) == "/x/6"
    app.config["SERVER_NAME"] = "example.com"
    adapter = app.create_url_adapter(None)
    assert adapter.build("n", {"n": 6}, force_external=True) == "http://example.com/x/6"


def test_inject_url_defaults_can_be_overridden():
    app = make_app()
    app.add_url_rule("/<language>/x", "x")

    @app.url_defaults
    def add(endpoint, values):
        values.setdefault("language", "en")

    with app.test_request_context():
        assert url_for("x") == "/en/x"
        values = {}
        app.inject_url_defaults("x", values)
        assert values == {"language": "en"}


def test_the_defaults_of_a_blueprint_hold_for_its_urls():
    app = make_app()
    pages = Blueprint("pages", __name__, url_prefix="/<language>")
    pages.get("/")(lambda language: language)
    pages.add_url_rule("/y", "y")
    pages.url_defaults(lambda endpoint, values: values.setdefault("language", "de"))
    app.register_blueprint(pages)
    with app.test_request_context():
        assert url_for("pages.y") == "/de/y"
