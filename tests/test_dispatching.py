"""What an app computes once: also for tests, shells and commands, and never from old values."""

from __future__ import annotations

import pytest

import microweb.app
from microweb import session

from .support import make_app


@pytest.fixture
def made(monkeypatch):
    """A list with an entry for each dispatch table that is made."""
    tables = []
    real = microweb.app.DispatchTable

    def count(*args):
        tables.append(args)
        return real(*args)

    monkeypatch.setattr(microweb.app, "DispatchTable", count)
    return tables


def app_of_many_routes():
    app = make_app()
    for number in range(50):
        app.add_url_rule(f"/{number}/<int:n>", f"view{number}", lambda n: str(n))
    return app


def test_contexts_before_the_first_request_share_one_table(made):
    app = app_of_many_routes()
    for _ in range(5):
        with app.test_request_context("/3/4"):
            session["a"] = 1
            assert app.full_dispatch_request().get_data() == b"4"
    assert len(made) == 1


def test_requests_share_one_table(made):
    client = app_of_many_routes().test_client()
    assert [client.get("/3/4").text for _ in range(5)] == ["4"] * 5
    assert len(made) == 1


def test_what_is_registered_or_configured_later_counts():
    app = app_of_many_routes()
    with app.test_request_context("/3/4"):
        assert app.full_dispatch_request().status_code == 200
    app.before_request(lambda: "from a hook")
    with app.test_request_context("/3/4"):
        assert app.full_dispatch_request().get_data() == b"from a hook"
    # Extensions also write into the registries that are documented.
    app.before_request_funcs[None].insert(0, lambda: "from a registry")
    with app.test_request_context("/3/4"):
        assert app.full_dispatch_request().get_data() == b"from a registry"


def test_a_changed_configuration_counts():
    app = app_of_many_routes()
    with app.test_request_context("/3/4", base_url="http://example.com"):
        assert app.full_dispatch_request().status_code == 200
    app.config["TRUSTED_HOSTS"] = ["example.org"]
    with app.test_request_context("/3/4", base_url="http://example.com"):
        assert app.full_dispatch_request().status_code == 400
