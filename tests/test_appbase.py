"""The app object itself: instance folders, factories that can be overridden."""

from __future__ import annotations

import os
import sys

import pytest

from microweb import Microweb
from microweb.http import Aborter

from .support import make_app


@pytest.fixture
def importable(tmp_path, monkeypatch):
    """Make modules in a folder, import one by name and return an app of that name."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def build(name, *files):
        for file in files:
            path = tmp_path / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("")
        __import__(name)
        monkeypatch.delitem(sys.modules, name)
        __import__(name)
        return Microweb(name, static_folder=None)

    return build


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("instance_module", ["instance_module.py"]),
        ("instance_package", ["instance_package/__init__.py"]),
        ("instance_outer.inner", ["instance_outer/__init__.py", "instance_outer/inner.py"]),
        ("instance_a.b", ["instance_a/__init__.py", "instance_a/b/__init__.py"]),
    ],
)
def test_the_instance_folder_lies_beside_the_outermost_module(importable, tmp_path, name, files):
    app = importable(name, *files)
    assert app.instance_path == str(tmp_path / "instance")


def test_an_installed_package_has_its_instance_folder_under_var(importable, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    app = importable("instance_installed", "instance_installed.py")
    assert app.instance_path == str(tmp_path / "var" / "instance_installed-instance")


def test_instance_resources_and_configuration(tmp_path):
    (tmp_path / "config.py").write_text("COLOUR = 'red'")
    app = Microweb("x", instance_path=str(tmp_path), instance_relative_config=True)
    assert app.config.from_pyfile("config.py")
    assert app.config["COLOUR"] == "red"
    with app.open_instance_resource("data.txt", "w") as file:
        file.write("é")
    with app.open_instance_resource("data.txt") as file:
        assert file.read() == "é".encode()
    with pytest.raises(ValueError, match="os.path.abspath"):
        Microweb("x", instance_path="relative")


def test_the_aborter_can_be_another():
    class Own(Aborter):
        pass

    class App(Microweb):
        aborter_class = Own

    assert type(App("x", static_folder=None).aborter) is Own


def test_errors_a_teardown_shall_not_see():
    class App(Microweb):
        def should_ignore_error(self, error):
            return isinstance(error, KeyError)

    app = App("x", static_folder=None)
    seen = []
    app.teardown_request(seen.append)

    @app.get("/<kind>")
    def crash(kind):
        raise {"key": KeyError, "value": ValueError}[kind]("x")

    client = app.test_client()
    client.get("/key")
    client.get("/value")
    assert seen[0] is None
    assert isinstance(seen[1], ValueError)


def test_cookies_over_the_limit_warn_and_raise_while_debugging():
    from microweb import make_response

    def large():
        response = make_response("x")
        response.set_cookie("big", "x" * 200)
        return response

    app = make_app(MAX_COOKIE_SIZE=100)
    app.get("/")(large)
    with pytest.warns(UserWarning, match="big"):
        assert "Set-Cookie" in app.test_client().get("/").headers
    debugging = make_app(MAX_COOKIE_SIZE=100, DEBUG=True)
    debugging.get("/")(large)
    with pytest.raises(ValueError, match="big"):
        debugging.test_client().get("/")
    unlimited = make_app(MAX_COOKIE_SIZE=0, DEBUG=True)
    unlimited.get("/")(large)
    assert unlimited.test_client().get("/").status_code == 200


def test_a_static_file_is_sent_compressed_where_it_lies_so(tmp_path):
    import gzip

    (tmp_path / "a.css").write_text("a {}")
    (tmp_path / "a.css.gz").write_bytes(gzip.compress(b"a {}"))
    os.utime(tmp_path / "a.css", (1, 1))
    app = Microweb("x", static_folder=tmp_path, static_url_path="/static")
    response = app.test_client().get("/static/a.css", headers={"Accept-Encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.data) == b"a {}"
    assert app.test_client().get("/static/a.css").data == b"a {}"
