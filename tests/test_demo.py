"""The note-book: what a person does with it, by page and by API."""

from __future__ import annotations

import io
import json
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from microweb.demo import create_app
from microweb.demo.database import transaction
from microweb.demo.users import hash_of_nobody
from microweb.http import FileStorage
from microweb.security import generate_password_hash

from .support import checked_client

PASSWORD = "correct horse"


@pytest.fixture
def app(tmp_path, monkeypatch):
    # scrypt takes a tenth of a second by design; the hashes have tests of their own.
    quick = "pbkdf2:sha256:1"
    monkeypatch.setattr(
        "microweb.demo.users.generate_password_hash",
        lambda password: generate_password_hash(password, quick),
    )
    hash_of_nobody.cache_clear()
    return create_app(str(tmp_path / "data"))


@pytest.fixture
def client(app):
    client = checked_client(app)
    sign_up(client, "ada")
    return client


def sign_up(client, name):
    return client.post(
        "/register", data={"name": name, "password": PASSWORD}, follow_redirects=True
    )


def write(client, title="Title", body="Body", files=()):
    data = {"title": title, "body": body, "attachments": list(files)}
    if not files:
        data["attachments"] = [(io.BytesIO(b""), "")]
    response = client.post("/notes/new", data=data)
    assert response.status_code == 302, response.text
    return response.location


def test_a_stranger_is_asked_to_log_in(app):
    response = checked_client(app).get("/")
    assert (response.status_code, response.location) == (302, "/login")


def test_signing_up_logging_out_and_in(app):
    client = checked_client(app)
    assert "Welcome, Ada!" in sign_up(client, "Ada").text
    out = client.post("/logout", follow_redirects=True)
    assert "You are logged out." in out.text
    wrong = client.post("/login", data={"name": "ada", "password": "wrong"})
    assert "Name or password is wrong." in wrong.text
    right = client.post("/login", data={"name": "ADA", "password": PASSWORD}, follow_redirects=True)
    assert "Welcome back, Ada!" in right.text
    assert "Welcome back" not in client.get("/").text


@pytest.mark.parametrize(
    ("name", "password", "message"),
    [
        ("", PASSWORD, "1 to 80 characters"),
        ("x" * 81, PASSWORD, "1 to 80 characters"),
        ("bob", "short", "at least 8 characters"),
        ("ada", PASSWORD, "is taken"),
    ],
)
def test_a_sign_up_that_cannot_be(client, name, password, message):
    response = client.post("/register", data={"name": name, "password": password})
    assert message in response.text


def test_the_password_is_hashed(app, client):
    with sqlite3.connect(app.config["DATABASE"]) as db:
        (hashed,) = db.execute("SELECT password_hash FROM user").fetchone()
    db.close()
    assert hashed.startswith("pbkdf2:") and PASSWORD not in hashed


def test_notes_are_written_listed_searched_edited_and_deleted(client):
    url = write(client, "Groceries", "100% rye bread & <butter>")
    write(client, "Ideas", "a web framework")
    page = client.get(url).text
    assert "100% rye bread &amp; &lt;butter&gt;" in page
    assert "Groceries · Notes" in page

    found = client.get("/", query_string={"q": "100%"}).text
    assert "Groceries" in found and "Ideas" not in found
    assert "No note contains “0% r_e”." in client.get("/", query_string={"q": "0% r_e"}).text

    form = {"title": "Shopping", "body": "milk"}
    edited = client.post(f"{url}/edit", data=form, follow_redirects=True).text
    assert "Shopping" in edited and "milk" in edited and "rye" not in edited

    listed = client.post(f"{url}/delete", follow_redirects=True).text
    assert "“Shopping” is deleted." in listed
    assert client.get(url).status_code == 404


@pytest.mark.parametrize(
    ("title", "message"), [("  ", "needs a title"), ("x" * 201, "201 characters")]
)
def test_a_note_that_cannot_be_saved_keeps_what_was_typed(client, title, message):
    response = client.post("/notes/new", data={"title": title, "body": "do not lose me"})
    assert response.status_code == 200
    assert message in response.text and "do not lose me" in response.text


def test_attachments_are_kept_downloaded_and_deleted(app, client):
    data = os.urandom(700_000)
    url = write(client, files=[(io.BytesIO(data), "../photo ü.bin"), (io.BytesIO(b"2"), "two.txt")])
    page = client.get(url).text
    assert "photo ü.bin" in page and "700 KB" in page
    response = client.get("/attachments/1")
    assert response.data == data
    assert response.headers["Content-Disposition"].startswith("attachment")
    stored = os.listdir(app.config["ATTACHMENTS"])
    assert len(stored) == 2 and not any("photo" in name for name in stored)
    part = client.get("/attachments/1", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.data) == (206, data[10:20])

    assert "is deleted" in client.post("/attachments/2/delete", follow_redirects=True).text
    assert len(os.listdir(app.config["ATTACHMENTS"])) == 1
    client.post(f"{url}/delete")
    assert os.listdir(app.config["ATTACHMENTS"]) == []
    assert client.get("/attachments/1").status_code == 404


def test_nobody_reaches_the_notes_of_others(app, client):
    url = write(client, "mine", "secret", files=[(io.BytesIO(b"secret"), "s.txt")])
    other = app.test_client()
    sign_up(other, "bob")
    for path in (url, f"{url}/edit", "/attachments/1", "/api/notes/1"):
        assert other.get(path).status_code == 404, path
    for path in (f"{url}/edit", f"{url}/delete", "/attachments/1/delete"):
        assert other.post(path, data={"title": "x", "body": "x"}).status_code == 404, path
    assert other.get("/api/notes").json == []
    assert client.get(url).status_code == 200


def test_an_upload_over_the_limit_is_refused(app, client):
    app.config["MAX_CONTENT_LENGTH"] = 1000
    files = {"title": "t", "body": "b", "attachments": (io.BytesIO(b"x" * 2000), "big")}
    assert client.post("/notes/new", data=files).status_code == 413
    assert os.listdir(app.config["ATTACHMENTS"]) == []


def test_the_api(client):
    created = client.post("/api/notes", json={"title": "By API", "body": "b"})
    assert (created.status_code, created.location) == (201, "/api/notes/1")
    assert created.json["title"] == "By API"
    assert [note["id"] for note in client.get("/api/notes?q=api").json] == [1]
    assert client.get("/api/notes?q=other").json == []
    changed = client.put("/api/notes/1", json={"title": "New", "body": ""})
    assert (changed.json["title"], changed.json["attachments"]) == ("New", [])
    assert client.delete("/api/notes/1").status_code == 204
    missing = client.get("/api/notes/1")
    assert (missing.status_code, missing.json) == (404, {"error": "There is no such note."})


def test_the_api_takes_a_name_and_a_password(app, client):
    stranger = app.test_client()
    refused = stranger.get("/api/notes")
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (
        401,
        'Basic realm="notes"',
    )
    assert stranger.get("/api/notes", auth=("ada", "wrong")).status_code == 401
    assert stranger.get("/api/notes", auth=("ada", PASSWORD)).json == []


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"title": ""},
        {"title": 1},
        {"title": "x", "body": 2},
        {"title": "\ud800"},
        {"title": "x", "body": "\udfff"},
    ],
)
def test_the_api_says_what_is_wrong_with_a_note(client, body):
    response = client.post("/api/notes", data=json.dumps(body), content_type="application/json")
    assert response.status_code == 400
    assert response.json["error"].endswith(".")


def test_a_page_that_is_not_there(app):
    response = checked_client(app).get("/nothing/<script>")
    assert response.status_code == 404
    assert "Back to the notes" in response.text and "<script>" not in response.text
    assert checked_client(app).get("/api/nothing").json["error"]


def test_the_key_and_the_notes_outlive_a_restart(app, client, tmp_path):
    write(client, "kept")
    again = create_app(str(tmp_path / "data"))
    assert again.secret_key == app.secret_key and len(app.secret_key) == 32
    cookie = client.get_cookie("session").value
    assert "kept" in again.test_client().get("/", headers={"Cookie": f"session={cookie}"}).text
    if os.name == "posix":
        mode = os.stat(tmp_path / "data" / "secret_key").st_mode
        assert mode & 0o077 == 0


def test_no_page_loads_anything_from_another_host(app, client):
    url = write(client)
    for path in ("/", url, f"{url}/edit", "/notes/new", "/login", "/nothing"):
        page = client.get(path).text
        assert "http://" not in page and "https://" not in page and "<script" not in page
        assert 'name="viewport"' in page


def test_logging_in_forgets_what_an_anonymous_visitor_left(app, client):
    visitor = app.test_client()
    with visitor.session_transaction() as session:
        session["planted"] = "by somebody else"
    visitor.post("/login", data={"name": "ada", "password": PASSWORD})
    with visitor.session_transaction() as session:
        assert "planted" not in session
        assert session["user_id"] == 1


def test_deleting_an_attachment_leads_back_to_its_note(client):
    url = write(client, files=[(io.BytesIO(b"1"), "one.txt")])
    assert client.post("/attachments/1/delete").location == url


@pytest.mark.parametrize("number", [2**63, 2**64, 10**100])
@pytest.mark.parametrize(
    "path", ["/notes/{}", "/notes/{}/edit", "/attachments/{}", "/api/notes/{}"]
)
def test_a_number_that_sqlite_cannot_hold_is_of_nothing(client, path, number):
    assert client.get(path.format(number)).status_code == 404


@pytest.mark.parametrize("search", ["x" * 60_000, "%" * 30_000, "\U0001f600" * 15_000])
@pytest.mark.parametrize("path", ["/", "/api/notes"])
def test_a_search_for_a_very_long_text_is_cut(client, path, search):
    write(client, "long", search)
    response = client.get(path, query_string={"q": search})
    assert response.status_code == 200
    assert "long" in response.text


def test_an_upload_to_a_note_that_is_deleted_meanwhile(app, client, monkeypatch):
    url = write(client)

    def delete_first():
        with sqlite3.connect(app.config["DATABASE"]) as db:
            db.execute("DELETE FROM note")
        db.close()
        return transaction()

    monkeypatch.setattr("microweb.demo.notes.transaction", delete_first)
    form = {"title": "t", "body": "b", "attachments": (io.BytesIO(b"late"), "late.txt")}
    response = client.post(f"{url}/edit", data=form)
    assert response.status_code == 404
    assert os.listdir(app.config["ATTACHMENTS"]) == []


@pytest.mark.parametrize("path", ["/notes/new", "/notes/1/edit"])
def test_a_note_is_kept_with_all_its_attachments_or_not_at_all(app, client, monkeypatch, path):
    write(client, "Before")
    calls = []

    def save(self, destination, buffer_size=0):
        destination.write(b"half")
        calls.append(destination)
        if len(calls) == 2:
            raise OSError("the disk is full")

    monkeypatch.setattr(FileStorage, "save", save)
    files = [(io.BytesIO(b"1"), "1.txt"), (io.BytesIO(b"2"), "2.txt")]
    client.application.config["PROPAGATE_EXCEPTIONS"] = False
    client.application.logger.disabled = True
    form = {"title": "After", "body": "", "attachments": files}
    assert client.post(path, data=form).status_code == 500
    client.application.logger.disabled = False
    assert [note["title"] for note in client.get("/api/notes").json] == ["Before"]
    assert client.get("/api/notes").json[0]["attachments"] == []
    assert os.listdir(app.config["ATTACHMENTS"]) == []


def test_files_of_a_program_that_was_killed_are_removed_at_the_next_start(app, client, tmp_path):
    write(client, files=[(io.BytesIO(b"kept"), "kept.txt")])
    folder = tmp_path / "data" / "attachments"
    (kept,) = os.listdir(folder)
    (folder / "0123").write_bytes(b"half an upload")
    create_app(str(tmp_path / "data"))
    assert os.listdir(folder) == [kept]


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_what_people_write_is_for_the_programs_user_alone(app, client, tmp_path):
    write(client, files=[(io.BytesIO(b"x"), "x.txt")])
    data = tmp_path / "data"
    (attachment,) = (data / "attachments").iterdir()
    for path, mode in [
        (data, 0o700),
        (data / "attachments", 0o700),
        (data / "notes.sqlite", 0o600),
        (data / "secret_key", 0o600),
        (attachment, 0o600),
    ]:
        assert path.stat().st_mode & 0o777 == mode, path


def test_an_unknown_name_takes_as_long_as_a_wrong_password(app, client, monkeypatch):
    checked = []

    def check(pwhash, password):
        checked.append(pwhash.partition("$")[0])
        return False

    monkeypatch.setattr("microweb.demo.users.check_password_hash", check)
    for name in ("ada", "nobody"):
        client.post("/login", data={"name": name, "password": "wrong password"})
    assert len(checked) == 2 and len(set(checked)) == 1


def test_a_page_of_another_port_cannot_write_a_note(client):
    form = {"title": "forged", "body": ""}
    for headers in ({"Sec-Fetch-Site": "same-site"}, {"Origin": "http://localhost:8000"}):
        assert client.post("/notes/new", data=form, headers=headers).status_code == 403
    assert client.get("/api/notes").json == []


def test_pages_are_framed_and_kept_by_nobody(client):
    headers = client.get("/").headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert "no-store" not in client.get("/static/style.css").headers["Cache-Control"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("DELETE", "/login", {"GET", "POST"}), ("PATCH", "/api/notes", {"GET", "POST"})],
)
def test_an_error_keeps_its_headers(client, method, path, allowed):
    response = client.open(path, method=method)
    assert response.status_code == 405
    assert allowed <= set(response.headers["Allow"].split(", "))
    kind = "application/json" if path.startswith("/api/") else "text/html"
    assert response.mimetype == kind
    assert int(response.headers["Content-Length"]) == len(response.data)


@pytest.mark.parametrize("damaged", [b"", b"x" * 31])
def test_a_key_that_is_too_short_is_replaced(tmp_path, damaged):
    (tmp_path / "secret_key").write_bytes(damaged)
    app = create_app(str(tmp_path))
    assert len(app.secret_key) == 32
    assert (tmp_path / "secret_key").read_bytes() == app.secret_key
    assert create_app(str(tmp_path)).secret_key == app.secret_key


@pytest.mark.parametrize("damaged", [None, b"x"])
def test_apps_that_start_together_agree_on_one_key(tmp_path, damaged):
    if damaged is not None:
        (tmp_path / "secret_key").write_bytes(damaged)
    with ThreadPoolExecutor(8) as pool:
        apps = list(pool.map(create_app, [str(tmp_path)] * 16))
    (key,) = {app.secret_key for app in apps}
    assert len(key) == 32
    assert sorted(os.listdir(tmp_path)) == ["attachments", "notes.sqlite", "secret_key"]


def test_a_key_that_cannot_be_written_leaves_no_half_of_it(tmp_path, monkeypatch):
    def fail(*arguments):
        raise OSError("the disk is gone")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="the disk is gone"):
        create_app(str(tmp_path))
    assert not (tmp_path / "secret_key").exists()
