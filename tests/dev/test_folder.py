"""Serving the files of a folder: what is served, what is listed, what is not."""

from __future__ import annotations

import os
import sys

import pytest

from microweb.dev.folder import make_folder_app


@pytest.fixture
def client(tmp_path):
    root = tmp_path / "root"
    for path in ("sub/deep", "site", ".git", ".well-known", "a b", "q?x"):
        (root / path).mkdir(parents=True)
    (root / "text.txt").write_text("text")
    (root / "<i>&.txt").write_text("odd")
    (root / ".env").write_text("SECRET=1")
    (root / ".git" / "config").write_text("secret")
    (root / ".well-known" / "x").write_text("known")
    (root / "sub" / "page.html").write_text("<p>page")
    (root / "site" / "index.html").write_text("<p>index")
    (tmp_path / "outside.txt").write_text("outside")
    return make_folder_app(str(root)).test_client()


@pytest.mark.parametrize(
    ("path", "mimetype", "body"),
    [
        ("/text.txt", "text/plain", b"text"),
        ("/sub/page.html", "text/html", b"<p>page"),
        ("/site/", "text/html", b"<p>index"),
        ("/.well-known/x", "application/octet-stream", b"known"),
        ("/%3Ci%3E&.txt", "text/plain", b"odd"),
    ],
)
def test_files_are_served(client, path, mimetype, body):
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype, answer.data) == (200, mimetype, body)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert client.head(path).data == b""


def test_a_folder_without_an_index_is_listed(client):
    text = client.get("/").text
    order = ["a b/", "q?x/", "site/", "sub/", "&lt;i&gt;&amp;.txt", "text.txt"]
    places = [text.index(f">{name}</a>") for name in order]
    assert places == sorted(places)
    assert 'href="./a%20b/"' in text and 'href="./%3Ci%3E%26.txt"' in text
    assert "../" not in text and ".env" not in text and ".git" not in text
    assert '<a href="../">../</a>' in client.get("/sub/").text


def test_a_folder_is_redirected_to_its_slash(client):
    answer = client.get("/sub/deep")
    assert (answer.status_code, answer.location) == (302, "./deep/")
    assert client.get("/a%20b").location == "./a%20b/"
    assert client.get("/q%3Fx").location == "./q%3Fx/"
    assert client.get("/sub/deep", follow_redirects=True).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/text.txt/",
        "/.env",
        "/.git/config",
        "/.git/",
        "/sub/.git",
        "/../outside.txt",
        "/sub/../../outside.txt",
        "/..%2foutside.txt",
        "/%2e%2e/outside.txt",
        "/sub/%00",
        "//etc/passwd",
        "/nothing/",
    ],
)
def test_what_is_hidden_or_outside_is_not_found(client, path):
    answer = client.get(path)
    assert answer.status_code in (404, 308)
    assert b"outside" not in answer.data and b"SECRET" not in answer.data


def test_other_methods_are_refused(client):
    assert client.post("/text.txt").status_code == 405


@pytest.mark.skipif(sys.platform != "linux", reason="needs file names that are not text")
def test_a_name_that_is_no_text_is_not_listed(tmp_path):
    try:
        open(os.path.join(os.fsencode(tmp_path), b"bad\xff.txt"), "w").close()
    except OSError:
        pytest.skip("this file system takes text only")
    for name in ("good.txt", "\uff21.txt", "\U0001f600.txt"):
        (tmp_path / name).write_text("")
    text = make_folder_app(str(tmp_path)).test_client().get("/").text
    assert "bad" not in text
    for name in ("good.txt", "\uff21.txt", "\U0001f600.txt"):
        assert f">{name}</a>" in text


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads anything")
def test_a_folder_that_cannot_be_read_is_not_found(tmp_path):
    (tmp_path / "closed").mkdir(mode=0)
    assert make_folder_app(str(tmp_path)).test_client().get("/closed/").status_code == 404
