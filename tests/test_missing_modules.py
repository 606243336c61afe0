"""Where modules of the standard library are missing: what works without, and what is said.

``live/small_system.py`` is the app that is tried; the same program runs on Debian's python3-minimal
and under Pyodide (``.ci/minimal``, ``.ci/pyodide``).
"""

from __future__ import annotations

import hashlib
import hmac
import io
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode

import pytest

import microweb
from microweb import Microweb
from microweb.asyncrun import run_coroutine
from microweb.cgi import run_as_cgi
from microweb.config import Config
from microweb.dev.debug import near_names
from microweb.dev.page import TeachingPage
from microweb.environ import EnvironBuilder
from microweb.http import Request, Response
from microweb.http import request as request_module
from microweb.http.exceptions import NotFound
from microweb.http.forms import default_stream_factory
from microweb.json.provider import DefaultJSONProvider
from microweb.json.tag import TaggedJSONSerializer
from microweb.logging import create_logger, find_default_handler, format_logged_error
from microweb.security import check_password_hash, generate_password_hash
from microweb.serving import make_server
from microweb.serving.foundation import check_server_modules
from microweb.signing import BadSignature, URLSafeSerializer, URLSafeTimedSerializer
from microweb.text.digests import compare_bytes, find_hmac
from microweb.text.missing import import_stdlib, system_packages
from tests.live import small_system
from tests.support import IMPORT_FOLDER, make_app

PROGRAM = Path(small_system.__file__)
FOLDER = IMPORT_FOLDER
ALL_NAMES = [*small_system.SPLIT_OFF, *small_system.NOT_MINIMAL, *small_system.RARELY_ABSENT, "all"]
SKIPPED = {
    "json": {"json", "session"},
    "wsgiref": {"wsgiref"},
    "all": {"json", "session", "wsgiref"},
    "threading": {"server"},
    "socket": {"server"},
    "selectors": {"server"},
}
if sys.implementation.name == "pypy":
    SKIPPED["traceback"] = {"server"}  # Its `threading` needs it.


@pytest.fixture(scope="module")
def outcomes():
    """Return what the program says of each name that it is to do without."""
    command = [sys.executable, "-I", "-S", str(PROGRAM), "--from", str(FOLDER), *ALL_NAMES]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    lines = re.findall(r"^(\w+): (.*(?:\n .*)*)", done.stdout, re.MULTILINE)
    return {**dict(lines), "": done.stderr}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="each name needs a process of its own")
@pytest.mark.parametrize("name", ALL_NAMES)
def test_an_app_works_without(outcomes, name):
    assert outcomes[""] == ""
    outcome = outcomes[name]
    assert outcome.startswith("ok: "), outcome
    done, _, skipped = outcome[len("ok: ") :].partition("; skipped: ")
    left_out = set(re.findall(r"(\w+) \((?:there|the server)", skipped))
    assert left_out == SKIPPED.get(name, set())
    checks = {check.__name__[len("check_") :].replace("_", " ") for check in small_system.CHECKS}
    assert set(done.split(", ")) == checks - left_out


def json_request(**environ):
    request_module._strict_json_decoder.cache_clear()
    body = {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": "2"}
    return Request({"REQUEST_METHOD": "POST", "wsgi.input": io.BytesIO(b"{}"), **body})


def redirecting_app():
    app = make_app()
    app.get("/")(lambda: microweb.redirect("/there"))
    return app


def correct_location():
    response = Response("", 302, {"Location": "there"})
    response.autocorrect_location_header = True
    response.get_wsgi_headers({"HTTP_HOST": "x", "wsgi.url_scheme": "http"})


def make_log_handler():
    from microweb import logging

    logging._made_default_handler.clear()
    find_default_handler()


async def nothing():
    """Be awaited."""


def await_nothing():
    coroutine = nothing()
    try:
        run_coroutine(coroutine)
    finally:
        coroutine.close()


COMPRESSED = URLSafeSerializer("key").dumps("a" * 1000)
SIGNED = URLSafeSerializer("key").dumps(1)


@pytest.mark.parametrize(
    ("module", "package", "feature", "use"),
    [
        ("json", "light", "writing JSON", lambda: DefaultJSONProvider(None).dumps(1)),
        ("json", "light", "writing JSON", lambda: DefaultJSONProvider(None).response(1)),
        ("json", "light", "reading JSON", lambda: DefaultJSONProvider(None).loads("1")),
        ("json", "light", "reading JSON", lambda: json_request().get_json()),
        ("json", "light", "reading JSON", lambda: Response("1").get_json(force=True)),
        ("json", "light", "a session", lambda: TaggedJSONSerializer().dumps(1)),
        ("json", "light", "a session", lambda: TaggedJSONSerializer().loads("1")),
        ("json", "light", "signed JSON", lambda: URLSafeSerializer("key").dumps(1)),
        # Which is no fault of the payload's, that a session would take for an empty one.
        ("json", "light", "signed JSON", lambda: URLSafeSerializer("key").loads(SIGNED)),
        (
            "json",
            "light",
            "from_prefixed_env without loads=",
            lambda: Config("").from_prefixed_env(),
        ),
        (
            "uuid",
            "uuid",
            "a UUID in a session",
            lambda: TaggedJSONSerializer().loads('{" u": "0"}'),
        ),
        (
            "zlib",
            "light",
            "reading a compressed token",
            lambda: URLSafeSerializer("key").loads(COMPRESSED),
        ),
        ("logging", "logging", "a log handler", make_log_handler),
        ("wsgiref.handlers", "light", "CGI", lambda: run_as_cgi(print)),
        (
            "urllib.parse",
            "urllib",
            "following a redirect",
            lambda: redirecting_app().test_client().get("/", follow_redirects=True),
        ),
        ("urllib.parse", "urllib", "Response.autocorrect_location_header", correct_location),
        (
            "shlex",
            "light",
            "a command line as one text",
            lambda: make_app().test_cli_runner().invoke(args="greet Ada"),
        ),
        ("ssl", "openssl", "TLS", lambda: make_server(app=print, ssl_context=("c", "k"))),
        ("threading", "light", "the server", check_server_modules),
        ("socket", "light", "the server", check_server_modules),
    ],
)
def test_what_needs_a_missing_module_says_so_with_its_package(
    monkeypatch, module, package, feature, use
):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError) as caught:
        use()
    text = str(caught.value)
    assert text.startswith(f"{feature} needs Python's {module} module (")
    _, _, advice = text.partition("); install the system package ")
    assert re.sub(", or .*", "", advice) == system_packages(module)
    assert f"python3-{package} (" in advice


def test_an_async_function_without_asyncio_is_a_runtime_error(monkeypatch):
    monkeypatch.setitem(sys.modules, "asyncio", None)
    with pytest.raises(RuntimeError) as caught:
        await_nothing()
    assert str(caught.value).startswith("an async function needs Python's asyncio module (")
    assert str(caught.value).endswith("libpython3-stdlib (Debian) or python3-asyncio (OpenWrt)")


def test_the_package_is_that_of_what_the_module_misses_itself(monkeypatch, tmp_path):
    (tmp_path / "needs_ssl_here.py").write_text("import ssl\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "ssl", None)
    with pytest.raises(ImportError, match="needs_ssl_here module .* or python3-openssl"):
        import_stdlib("needs_ssl_here", "this")


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("_ssl", "openssl"),
        ("_hashlib", "openssl"),
        ("_sqlite3", "sqlite3"),
        ("email.parser", "email"),
        ("unicodedata", "codecs"),
        ("doctest", "pydoc"),
        ("html", "light"),
    ],
)
def test_openwrts_package_of_a_module(module, package):
    assert system_packages(module) == f"libpython3-stdlib (Debian) or python3-{package} (OpenWrt)"


def test_a_platform_without_sockets_is_told_what_there_is(monkeypatch):
    monkeypatch.setattr(sys, "platform", "emscripten")
    with pytest.raises(
        RuntimeError, match=r"'emscripten' has none: answer .* with app\.handle\(\)"
    ):
        make_server(app=print)


@pytest.mark.parametrize("digest", ["sha256", "sha1", "sha512", hashlib.sha256])
@pytest.mark.parametrize("length", [1, 63, 64, 65, 200])
def test_an_hmac_by_hand_is_hmacs(monkeypatch, digest, length):
    key, message = bytes(range(200))[:length], b"message"
    expected = hmac.digest(key, message, digest)
    monkeypatch.setitem(sys.modules, "hmac", None)
    assert find_hmac()(key, message, digest) == expected


@pytest.mark.parametrize(
    ("given", "right"),
    [
        (b"", b""),
        (b"abc", b"abc"),
        (b"abc", b"abd"),
        (b"bbc", b"abc"),
        (b"ab", b"abc"),
        (b"", b"a"),
    ],
)
def test_bytes_are_compared_to_their_end(given, right):
    assert compare_bytes(given, right) is (given == right)
    assert compare_bytes(right, given) is (given == right)


@pytest.mark.parametrize("value", ["a b+c&d=e", "é%20~-_.", b"\xff a", 7, ""])
def test_a_made_up_form_is_encoded_as_urllib_does_it(value):
    made = EnvironBuilder(method="POST", data={"a b": value}).get_environ()["wsgi.input"].read()
    assert made == urlencode({"a b": value}).encode()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://h:80/a%20b?c=d%20#e", ("h:80", "/a b", "c=d%20")),
        ("HTTPS://[::1]/?", ("[::1]", "/", "")),
        ("/a?b=http://c/d", ("localhost", "/a", "b=http://c/d")),
        ("//a//b", ("localhost", "//a//b", "")),
        ("http://h", ("h", "/", "")),
        ("é?é", ("localhost", "/é", "%C3%A9")),
    ],
)
def test_a_made_up_request_goes_where_its_url_says(url, expected):
    environ = EnvironBuilder(url).get_environ()
    path = environ["PATH_INFO"].encode("latin-1").decode()
    assert (environ["HTTP_HOST"], path, environ["QUERY_STRING"]) == expected
    assert environ["wsgi.url_scheme"] == ("https" if url.startswith("HTTPS") else "http")


def test_passwords_and_tokens_without_hmac_are_those_with_it(monkeypatch):
    hashed = generate_password_hash("word", "pbkdf2:sha256:3")
    token = URLSafeTimedSerializer("key").dumps([1])
    monkeypatch.setitem(sys.modules, "hmac", None)
    monkeypatch.setitem(sys.modules, "_hashlib", None)
    assert check_password_hash(hashed, "word") and not check_password_hash(hashed, "wort")
    assert URLSafeTimedSerializer("key").loads(token, max_age=60) == [1]
    with pytest.raises(BadSignature):
        URLSafeTimedSerializer("other").loads(token)


def test_a_long_token_without_zlib_is_not_compressed(monkeypatch):
    monkeypatch.setitem(sys.modules, "zlib", None)
    token = URLSafeSerializer("key").dumps("a" * 1000)
    assert len(token) > 1300 and URLSafeSerializer("key").loads(token) == "a" * 1000


def test_a_forged_timestamp_without_datetime_is_a_bad_signature(monkeypatch):
    token = URLSafeTimedSerializer("key").dumps(1)
    monkeypatch.setitem(sys.modules, "datetime", None)
    with pytest.raises(BadSignature) as caught:
        URLSafeTimedSerializer("other").loads(token)
    assert caught.value.date_signed is None


def test_a_large_upload_without_tempfile_is_kept_in_memory(monkeypatch):
    monkeypatch.setitem(sys.modules, "tempfile", None)
    assert isinstance(default_stream_factory(None, None, None), io.BytesIO)


def test_without_json_an_error_page_is_html_and_a_debug_page_text(monkeypatch):
    environ = {"HTTP_ACCEPT": "application/json"}
    assert NotFound().get_response(environ).mimetype == "application/json"
    monkeypatch.setitem(sys.modules, "json", None)
    response = NotFound().get_response(environ)
    assert response.mimetype == "text/html" and "<h1>Not Found</h1>" in response.get_data(True)
    headers, body = TeachingPage().answer("application/json")
    assert dict(headers)["Content-Type"] == "text/plain; charset=utf-8" and body


def test_without_difflib_nothing_is_suggested(monkeypatch):
    assert near_names("retrun", ["return"]) == ["return"]
    monkeypatch.setitem(sys.modules, "difflib", None)
    assert near_names("retrun", ["return"]) == []


def test_the_logger_without_logging_writes_where_errors_go(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "logging", None)
    app = Microweb("small")
    logger = create_logger(app)
    logger.debug("not seen")
    logger.info("not seen")
    logger.warning("%s of %d", "one", 3)
    logger.error("100%", extra={"a": 1}, stacklevel=2)
    app.debug = True
    logger.debug("seen")
    logger.info("seen")
    lines = capsys.readouterr().err.splitlines()
    assert [re.sub(r"^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] ", "", line) for line in lines] == [
        "WARNING in small: one of 3",
        "ERROR in small: 100%",
        "DEBUG in small: seen",
        "INFO in small: seen",
    ]


def test_the_logger_without_logging_writes_tracebacks(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "logging", None)
    logger = create_logger(Microweb("small"))
    try:
        raise ValueError("first")
    except ValueError as error:
        logger.exception("handled")
        logger.critical("told", exc_info=error)
        logger.error("told so", exc_info=sys.exc_info())
        logger.exception("alone", exc_info=False)
    text = capsys.readouterr().err
    assert (
        text.count("Traceback (most recent call last):") == text.count("ValueError: first\n") == 3
    )
    assert text.endswith("ERROR in small: alone\n")


def test_an_error_is_logged_where_python_cannot_format_it(monkeypatch, caplog):
    def fail(*args):
        raise ImportError("unicodedata")

    monkeypatch.setattr("traceback.format_exception", fail)
    assert format_logged_error(ValueError("no such thing")) == "ValueError: no such thing"
    formatter = find_default_handler().formatter
    assert formatter.formatException((ValueError, ValueError("x"), None)) == "ValueError: x"


CONTEXT_VARIABLE = """
import sys, threading
sys.path.insert(0, sys.argv[1])
sys.modules["contextvars"] = sys.modules["_contextvars"] = None
from microweb.globals import ContextVar
variable = ContextVar("name")
def state():
    try:
        return variable.get()
    except LookupError:
        return "unset"
print(state(), variable.get(None))
first = variable.set(1)
second = variable.set(None)
print(state(), variable.get("default"), first.old_value, second.old_value)
thread = threading.Thread(target=lambda: print(state(), variable.set(5).old_value, state()))
thread.start()
thread.join()
variable.reset(second)
print(state())
variable.reset(first)
print(state())
"""


def test_the_stand_in_for_context_variables_is_one_value_per_thread():
    command = [sys.executable, "-c", CONTEXT_VARIABLE, str(FOLDER)]
    output = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert output.stderr == ""
    assert output.stdout.splitlines() == [
        "unset None",
        "None None None 1",
        "unset None 5",
        "1",
        "unset",
    ]
