"""Sessions: what is kept, when a cookie is sent, and that nobody can forge one."""

from __future__ import annotations

import datetime
import re
import sys
import threading

import pytest

from microweb import session
from microweb.http import parse_cookie
from microweb.sessions import SecureCookieSessionInterface, SessionInterface
from microweb.signing import URLSafeTimedSerializer, base64_decode, base64_encode

from .support import checked_client, make_app


def counting_app(**config):
    app = make_app(**config)

    @app.get("/count")
    def count():
        session["count"] = session.get("count", 0) + 1
        return str(session["count"])

    app.get("/read", endpoint="/read")(lambda: repr(dict(session)))
    app.get("/plain", endpoint="/plain")(lambda: "plain")

    @app.get("/clear")
    def clear():
        session.clear()
        return "cleared"

    @app.get("/permanent")
    def permanent():
        session.permanent = True
        return "permanent"

    return app


def cookie_attributes(response):
    first, *rest = response.headers["Set-Cookie"].split("; ")
    return first.partition("=")[0], {
        part.partition("=")[0]: part.partition("=")[2] for part in rest
    }


def test_a_session_comes_back():
    client = checked_client(counting_app())
    assert [client.get("/count").text for _ in range(3)] == ["1", "2", "3"]
    assert client.get("/read").text == "{'count': 3}"


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, 2.5, None, True, "ü"]},
        (1, (2, "x")),
        b"\x00\xff",
        datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc),
        {" t": 1},
        {" di": {" b": "x"}},
        "x" * 500,
    ],
)
def test_types_survive_the_cookie(value):
    app = make_app()

    @app.get("/write")
    def write():
        session["value"] = value
        return "ok"

    got = []
    app.get("/read", endpoint="/read")(lambda: got.append(session["value"]) or "ok")
    client = checked_client(app)
    client.get("/write")
    client.get("/read")
    assert got == [value]
    assert type(got[0]) is type(value)


def test_ss_02_vary_is_sent_for_every_form_of_reading_and_for_nothing_else():
    readings = {
        "in": lambda: "x" in session,
        "len": lambda: len(session),
        "keys": lambda: session.keys(),
        "bool": lambda: bool(session),
        "iter": lambda: list(session),
        "eq": lambda: session == {},
        "copy": lambda: session.copy(),
        "get": lambda: session.get("x"),
        "items": lambda: session.items(),
    }
    app = counting_app()

    @app.get("/by/<name>")
    def by(name):
        readings[name]()
        return name

    client = checked_client(app)
    for name in readings:
        response = client.get(f"/by/{name}")
        assert response.headers.get("Vary") == "Cookie", name
        assert "Set-Cookie" not in response.headers
    assert "Vary" not in client.get("/plain").headers


def test_ss_11_a_cookie_is_sent_only_where_something_changed():
    client = checked_client(counting_app())
    assert "Set-Cookie" in client.get("/count").headers
    for path in ("/read", "/plain"):
        assert "Set-Cookie" not in client.get(path).headers
    cleared = client.get("/clear")
    name, attributes = cookie_attributes(cleared)
    assert (name, attributes["Max-Age"]) == ("session", "0")
    assert client.get_cookie("session") is None
    assert client.get("/read").text == "{}"
    # What is empty already is at most forgotten once more: no cookie is made for a stranger.
    assert cookie_attributes(client.get("/clear"))[1]["Max-Age"] == "0"


def test_ss_11_a_change_inside_a_value_counts_where_modified_says_so():
    app = counting_app()

    @app.get("/add/<int:told>")
    def add(told):
        session.setdefault("names", []).append("x")
        session.modified = bool(told)
        return str(len(session["names"]))

    client = checked_client(app)
    assert [client.get(f"/add/{told}").text for told in (1, 0, 1, 1)] == ["1", "2", "2", "3"]
    assert "Set-Cookie" not in client.get("/add/0").headers


@pytest.mark.parametrize(
    "moment", [0, 10**9, 10**11, b"", b"\xff" * 9, b"\xff" * 99, b"\x80\0\0\0"], ids=repr
)
def test_ss_06_a_cookie_of_another_time_is_an_empty_session(moment):
    app = counting_app()
    options = {"salt": "cookie-session", "signer_kwargs": {"key_derivation": "hmac"}}
    signer = URLSafeTimedSerializer(app.secret_key, **options).make_signer()
    if isinstance(moment, int):
        moment = moment.to_bytes(8, "big").lstrip(b"\0")
    value = base64_encode(b'{"count":1}') + b"." + base64_encode(moment)
    cookie = (value + b"." + signer.get_signature(value)).decode()
    response = checked_client(app).get("/read", headers={"Cookie": f"session={cookie}"})
    assert (response.status_code, response.text) == (200, "{}")


def test_ss_01_a_permanent_session_is_refreshed_without_being_touched():
    app = counting_app()
    client = checked_client(app)
    assert "Expires" in cookie_attributes(client.get("/permanent"))[1]
    refreshed = client.get("/plain")
    assert "Set-Cookie" in refreshed.headers
    assert refreshed.headers["Vary"] == "Cookie"
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    assert "Set-Cookie" not in client.get("/plain").headers


def test_ss_12_the_cookie_has_the_configured_attributes():
    client = checked_client(counting_app())
    assert cookie_attributes(client.get("/count")) == ("session", {"HttpOnly": "", "Path": "/"})
    app = counting_app(
        SESSION_COOKIE_NAME="sid",
        SESSION_COOKIE_DOMAIN="example.com",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=False,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/app",
    )
    name, attributes = cookie_attributes(checked_client(app).get("/count"))
    assert name == "sid"
    assert attributes == {"Domain": "example.com", "Secure": "", "Path": "/app", "SameSite": "Lax"}


def test_ss_04_a_changed_cookie_is_an_empty_session():
    app = counting_app()
    client = checked_client(app)
    client.get("/count")
    cookie = client.get_cookie("session").value
    payload, stamp, signature = cookie.split(".")
    forged = [cookie[:-1], cookie + "A", "...", "." * 200_000, "x", "", "é", "a.b.c", cookie + "\0"]
    forged += [f"{payload}.{stamp}", f"{payload}.{stamp}.", f"{stamp}.{payload}.{signature}"]
    forged += [f"{payload}.{stamp}.!!!", f"!!!.{stamp}.{signature}"]
    for key, salt in [("another key", "cookie-session"), (app.secret_key, "another salt")]:
        options = {"salt": salt, "signer_kwargs": {"key_derivation": "hmac"}}
        forged.append(URLSafeTimedSerializer(key, **options).dumps({"count": 9}))
    for index in range(len(cookie) - 1):
        forged.append(cookie[:index] + chr(ord(cookie[index]) ^ 1) + cookie[index + 1 :])
    for value in forged:
        # The last character of base64 may carry bits that mean nothing; all others matter.
        header = value.encode().decode("latin-1")
        answer = app.test_client().get(
            "/read", environ_overrides={"HTTP_COOKIE": f"session={header}"}
        )
        assert (answer.status_code, answer.text) == (200, "{}"), value


@pytest.mark.parametrize(
    "payload", [[1, 2], "text", None, {" t": [1]}, {" d": "no date", "x": 1}, {" unheard": 1}]
)
def test_ss_08_a_signed_value_that_is_no_session_is_an_empty_one(payload):
    app = counting_app()
    serializer = app.session_interface.get_signing_serializer(app)
    serializer = URLSafeTimedSerializer(
        app.secret_key, salt="cookie-session", signer_kwargs={"key_derivation": "hmac"}
    )
    headers = {"Cookie": f"session={serializer.dumps(payload)}"}
    response = checked_client(app).get("/read", headers=headers)
    kept = isinstance(payload, dict) and " t" not in payload
    assert (response.status_code, response.text) == (200, repr(payload) if kept else "{}")


def test_ss_03_keys_are_rotated():
    old = counting_app()
    old.secret_key = "old"
    client = old.test_client()
    client.get("/count")
    cookie = client.get_cookie("session").value

    app = counting_app(SECRET_KEY_FALLBACKS=["older", "old"])
    app.secret_key = "new"
    response = app.test_client().get("/count", headers={"Cookie": f"session={cookie}"})
    assert response.text == "2"
    fresh = parse_cookie(response.headers["Set-Cookie"].partition(";")[0])["session"]

    only_new = counting_app()
    only_new.secret_key = "new"
    headers = {"Cookie": f"session={fresh}"}
    assert only_new.test_client().get("/count", headers=headers).text == "3"


def test_ss_10_without_a_key_a_session_reads_as_empty_and_a_write_says_what_to_do():
    app = counting_app(TESTING=True)
    app.secret_key = None
    client = app.test_client()
    assert client.get("/read").text == "{}"
    with pytest.raises(RuntimeError, match="no secret key") as caught:
        client.get("/count")
    assert re.search(r"app\.secret_key = '[0-9a-f]{64}'$", str(caught.value))


def test_ss_09_an_object_cannot_be_put_into_a_cookie():
    app = make_app(TESTING=True)

    @app.get("/")
    def index():
        session["x"] = object()
        return "x"

    with pytest.raises(TypeError, match="cannot be written as JSON"):
        app.test_client().get("/")


def test_a_cookie_older_than_the_lifetime_is_an_empty_session(monkeypatch):
    app = counting_app(PERMANENT_SESSION_LIFETIME=60)
    client = checked_client(app)
    client.get("/count")
    monkeypatch.setattr("microweb.signing.TimestampSigner.get_timestamp", lambda self: 2**31)
    assert client.get("/read").text == "{}"


def test_another_interface_is_asked_at_every_request():
    class InMemory(SessionInterface):
        def __init__(self):
            self.stored = {}
            self.saved = 0

        def open_session(self, app, request):
            return self.stored

        def save_session(self, app, session, response):
            self.saved += 1

    app = counting_app()
    app.session_interface = InMemory()
    client = checked_client(app)
    client.get("/count")
    client.get("/plain")
    assert client.get("/count").text == "2"
    assert app.session_interface.saved == 3


@pytest.mark.parametrize("lifetime", [90, 90.0, datetime.timedelta(seconds=90)])
def test_the_lifetime_may_be_seconds_or_a_timedelta_and_is_an_attribute_too(lifetime):
    app = counting_app()
    app.permanent_session_lifetime = lifetime
    assert app.config["PERMANENT_SESSION_LIFETIME"] == lifetime
    assert app.permanent_session_lifetime == datetime.timedelta(seconds=90)
    client = checked_client(app)
    client.get("/count")
    assert client.get("/count").text == "2"


def test_setdefault_sets_only_what_is_missing():
    app = make_app()
    app.get("/")(lambda: f"{session.setdefault('n', 1)} {session.setdefault('n', 2)}")
    assert checked_client(app).get("/").text == "1 1"


def test_a_partitioned_cookie():
    app = counting_app(SESSION_COOKIE_PARTITIONED=True, SESSION_COOKIE_SECURE=True)
    assert "Partitioned" in cookie_attributes(checked_client(app).get("/count"))[1]


def test_pop_of_what_is_not_there_changes_nothing():
    app = counting_app()
    app.get("/pop", endpoint="pop")(lambda: str(session.pop("nothing", None)))
    client = checked_client(app)
    assert "Set-Cookie" not in client.get("/pop").headers
    client.get("/count")
    response = client.get("/pop")
    assert ("Set-Cookie" in response.headers, response.headers["Vary"]) == (False, "Cookie")


@pytest.mark.parametrize("use", [repr, str, lambda s: s.new, lambda s: s.permanent])
def test_ss_02_every_use_of_the_session_is_an_access(use):
    app = make_app()
    app.get("/")(lambda: str(use(session)))
    assert checked_client(app).get("/").headers["Vary"] == "Cookie"


def test_one_interface_never_mixes_the_keys_of_two_apps():
    interface = SecureCookieSessionInterface()
    apps = [counting_app(), counting_app()]
    for number, app in enumerate(apps):
        app.secret_key = f"key {number}"
        app.session_interface = interface
    mixed = []

    def work(number):
        own = apps[number]
        for _ in range(300):
            if interface.get_signing_serializer(own).secret_keys != [own.secret_key.encode()]:
                mixed.append(number)

    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work, args=(number % 2,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    finally:
        sys.setswitchinterval(switch)
    assert mixed == []


@pytest.mark.parametrize("key", ["", b"", None])
def test_ss_13_an_empty_key_is_no_key(key):
    app = counting_app()
    app.secret_key = key
    app.config["PROPAGATE_EXCEPTIONS"] = True
    with pytest.raises(RuntimeError, match="app.secret_key = "):
        app.test_client().get("/count")


def test_ss_13_a_signature_has_256_bits_and_no_weak_digest():
    app = counting_app()
    serializer = app.session_interface.get_signing_serializer(app)
    signature = serializer.dumps({}).rpartition(".")[2]
    assert len(base64_decode(signature)) == 32
    assert serializer.make_signer().digest_method == "sha256"


def test_the_digest_of_the_interface_may_be_a_function():
    import hashlib

    app = counting_app()
    app.session_interface.digest_method = staticmethod(hashlib.sha1).__func__
    cookie = checked_client(app).get("/count").headers["Set-Cookie"].partition(";")[0]
    assert len(base64_decode(cookie.rpartition(".")[2])) == 20
