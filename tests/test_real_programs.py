"""Real programs under microweb and, where it is installed, Flask: the same calls, the same answers.

What is compared: status, every header and the body of each answer. What is known to differ, and
why, stands in `normalized`.
"""

from __future__ import annotations

import gc
import io

import pytest

from .apps import api, blog, flask_framework, microweb_framework, uploads

# Of Flask's side: its test client leaves uploads and files open.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture(params=["microweb", "flask"])
def framework(request):
    """The modules of one of the two frameworks."""
    if request.param == "microweb":
        return microweb_framework()
    pytest.importorskip("flask", reason="Flask is not installed, so there is nothing to compare")
    return flask_framework()


class Recorder:
    """A test client that keeps what was answered, in a form that can be compared."""

    def __init__(self, app):
        self.client = app.test_client()
        self.answers = []

    def __call__(self, method, path, **options):
        response = self.client.open(path, method=method, **options)
        self.answers.append((method, path, *normalized(response)))
        return response


def normalized(response):
    """Return status, headers and body without what may differ from one framework to the other."""
    headers = []
    for name, value in response.headers:
        if name == "Set-Cookie" and value.startswith("session="):
            # The digest is another by default, and the time is another each second.
            cookie, _, attributes = value.partition(";")
            value = f"{cookie.rpartition('.')[0].rpartition('.')[0]};{attributes}"
        if name in ("ETag", "Expires"):
            # The one is made of time and size in ways of their own; the other ticks on in between.
            value = "?"
        if name == "Allow":
            value = ", ".join(sorted(value.split(", ")))
        if name == "Last-Modified" or name == "Date":
            continue
        headers.append((name, value))
    body = response.data
    if response.status_code >= 300 and response.mimetype == "text/html":
        # The words of redirects and default pages are each framework's own.
        body, headers = b"?", [pair for pair in headers if pair[0] != "Content-Length"]
    return response.status, sorted(headers), body


def run_blog(framework, folder):
    app = blog.create_app(framework, str(folder))
    result = app.test_cli_runner().invoke(args=["init-db"])
    assert (result.exit_code, result.output) == (0, "The tables are made.\n")
    call = Recorder(app)
    assert b"Nothing yet." in call("GET", "/").data
    assert call("GET", "/create").location == "/auth/login"
    call("GET", "/auth/register")
    call("POST", "/auth/register", data={"name": "", "password": "x"})
    ada = {"name": "Ada <3", "password": "pass"}
    assert call("POST", "/auth/register", data=ada).location == "/auth/login"
    assert b"Ada &lt;3 is taken." in call("POST", "/auth/register", data=ada).data
    assert b"Wrong name" in call("POST", "/auth/login", data={**ada, "password": "no"}).data
    assert call("POST", "/auth/login", data=ada).location == "/"
    call("POST", "/create", data={"title": "", "body": "?"})
    call("POST", "/create", data={"title": "A & B", "body": "<b>"})
    call("POST", "/create", data={"title": "Zwei", "body": "ü"}, follow_redirects=True)
    page = call("GET", "/").text
    assert "A &amp; B" in page
    assert page.index("Zwei") < page.index("A &amp; B")
    call("GET", "/1/update")
    call("POST", "/1/update", data={"title": "One", "body": "1"})
    assert call("GET", "/9/update").status_code == 404
    assert call("GET", "/1/delete").status_code == 405
    call("POST", "/1/delete")
    bob = {"name": "Bob", "password": "word"}
    call("GET", "/auth/logout")
    call("POST", "/auth/register", data=bob)
    call("POST", "/auth/login", data=bob)
    assert call("GET", "/2/update").status_code == 403
    assert call("POST", "/auth/login", data={}).status_code == 400
    with call.client.session_transaction() as session:
        assert session["user_id"] == 2
        session["user_id"] = 99
    assert call("GET", "/create").status_code == 302
    return call.answers


def run_api(framework, folder):
    app = api.create_app(framework, str(folder))
    call = Recorder(app)
    token = call("POST", "/api/token", json={"user": "ada"}).json["token"]
    call.answers.pop()  # the token holds the time
    assert call("POST", "/api/token", data="x").status_code == 415
    assert call("POST", "/api/token", data="{", content_type="application/json").json == {
        "code": 400,
        "name": "Bad Request",
    }
    auth = {"Authorization": f"Bearer {token}"}
    assert call("GET", "/api/v1/me").status_code == 401
    assert call("GET", "/api/v1/me", headers=auth).json["url"] == "http://localhost/api/v1/me"
    assert call("GET", "/api/v2/me", headers=auth).json["url"] == "http://localhost/api/v2/me"
    broken = {"Authorization": f"Bearer {token[:-4]}AAAA"}
    assert call("GET", "/api/v1/me", headers=broken).json["name"] == "Forged"
    for number in range(3):
        task = {"title": f"t{number}", "tag": "ab"[number % 2], "done": None}
        created = call("POST", "/api/v1/tasks/", json=task, headers=auth)
        assert created.location == f"/api/v1/tasks/{number + 1}"
    call("GET", "/api/v1/tasks/?tag=a&tag=c", headers=auth)
    call("GET", "/api/v2/tasks/", headers=auth)
    call("GET", "/api/v1/tasks", headers=auth, follow_redirects=True)
    call("PATCH", "/api/v1/tasks/2", json={"done": True}, headers=auth)
    assert call("GET", "/api/v1/tasks/2", headers=auth).json["done"] is True
    call("HEAD", "/api/v1/tasks/2", headers=auth)
    call("OPTIONS", "/api/v1/tasks/2", headers=auth)
    assert call("GET", "/api/v1/tasks/9", headers=auth).json["code"] == 404
    assert call("PUT", "/api/v1/tasks/2", headers=auth).status_code == 405
    assert call("GET", "/api/v1/tasks/x", headers=auth).status_code == 404
    assert call("GET", "/nowhere").json == {"code": 404, "name": "Not Found"}
    return call.answers


def run_uploads(framework, folder):
    app = uploads.create_app(framework, str(folder))
    call = Recorder(app)
    form = {
        "file": [(io.BytesIO(b"hello"), "a b.txt"), (io.BytesIO(b"%PDF"), "../x.pdf")],
        "comment": "both",
    }
    names = [item["name"] for item in call("POST", "/", data=form).json["saved"]]
    assert names == ["a_b.txt", "x.pdf"]
    assert call("POST", "/", data={"file": (io.BytesIO(b"x"), "..")}).status_code == 400
    assert call("POST", "/", data={"file": (io.BytesIO(b"x" * 300_000), "big")}).status_code == 413
    many = {"file": [(io.BytesIO(b"x"), f"{number}") for number in range(9)]}
    assert call("POST", "/", data=many).text == "too large: 413"
    assert call("PUT", "/digits.bin", data=b"0123456789").location == "/files/digits.bin"
    assert call("GET", "/?after=x").text == "a_b.txt x\ndigits.bin x\nx.pdf x\n"
    response = call("GET", "/files/digits.bin")
    conditions = [
        {"If-None-Match": response.headers["ETag"]},
        {"If-None-Match": '"other"'},
        {"If-Modified-Since": response.headers["Last-Modified"]},
        {"Range": "bytes=2-4"},
        {"Range": "bytes=-3"},
        {"Range": "bytes=7-"},
        {"Range": "bytes=2-4", "If-Range": response.headers["ETag"]},
        {"Range": "bytes=2-4", "If-Range": '"other"'},
    ]
    for headers in conditions:
        call("GET", "/files/digits.bin", headers=headers)
    statuses = [answer[2][:3] for answer in call.answers[-8:]]
    assert statuses == ["304", "200", "304", "206", "206", "206", "206", "200"]
    assert call("GET", "/files/digits.bin", headers={"Range": "bytes=99-"}).status_code == 416
    call.answers.pop()  # the range of the whole is said in the 416 here, and only here
    call("HEAD", "/files/digits.bin")
    call("GET", "/files/a_b.txt?attachment")
    assert call("GET", "/files/../secret").status_code == 404
    assert call("GET", "/files/nothing").status_code == 404
    return call.answers


PROGRAMS = [run_blog, run_api, run_uploads]


@pytest.fixture(autouse=True)
def collected():
    """Collect what Flask leaves open while its warnings are still this module's."""
    yield
    gc.collect()


@pytest.mark.parametrize("run", PROGRAMS)
def test_a_program_works(framework, run, tmp_path):
    assert run(framework, tmp_path)


@pytest.mark.parametrize("run", PROGRAMS)
def test_both_frameworks_answer_alike_header_for_header(run, tmp_path):
    pytest.importorskip("flask", reason="Flask is not installed, so there is nothing to compare")
    answers = []
    for framework in (microweb_framework(), flask_framework()):
        folder = tmp_path / framework.core.__name__
        folder.mkdir()
        answers.append(run(framework, folder))
    for ours, theirs in zip(*answers):
        assert ours == theirs
    assert len(answers[0]) == len(answers[1])


@pytest.mark.parametrize("writer", ["microweb", "flask"])
def test_both_frameworks_read_and_write_each_others_sessions(writer):
    pytest.importorskip("flask", reason="Flask is not installed, so there is nothing to compare")
    value = {"number": 1, "pair": (1, "zwei"), "bytes": b"\xff", "when": None, "text": "ü" * 99}
    apps = {}
    for framework in (microweb_framework(), flask_framework()):
        core = framework.core
        app = core.Flask("shared")
        app.secret_key = "shared"
        app.config["SESSION_DIGEST"] = "sha1"

        def write(core=core):
            core.session.update(value)
            return "written"

        def read(core=core):
            return repr(sorted(core.session.items()))

        app.add_url_rule("/write", "write", write)
        app.add_url_rule("/read", "read", read)
        apps[core.__name__] = app.test_client(use_cookies=False)
    reader = "flask" if writer == "microweb" else "microweb"
    cookie = apps[writer].get("/write").headers["Set-Cookie"].partition(";")[0]
    text = apps[reader].get("/read", headers={"Cookie": cookie}).text
    assert text == repr(sorted(value.items()))
