"""The page for exceptions: who sees it, what it shows and masks, and that nothing in it is live.

The page has no console: of GAUNTLET's rows about one, DB-02 and DB-06 are tested by showing that
their requests do nothing; DB-03, DB-04 and DB-09 speak of a PIN and its cookie, and there is none.
"""

from __future__ import annotations

import io
import json
import os
import sys

import pytest

from microweb.dev.debug import (
    DebuggedApplication,
    describe_value,
    is_local_request,
    stop_in_debugger,
)

from ..serving.wire import HOST, ask, body_of, serving, status_of


def failing(environ, start_response):
    secret = "the value of a variable"
    raise ValueError(f"</title><script>alert(1)</script>{secret[:0]}")


def late(environ, start_response):
    start_response("200 OK", [("X-First", "1")])
    raise KeyError("late")
    yield b""


def get(app=failing, fields=HOST, accept=b"*/*", target=b"/", method=b"GET"):
    with serving(DebuggedApplication(app)) as server:
        head = method + b" " + target + b" HTTP/1.1\r\nConnection: close\r\nAccept: " + accept
        return ask(server, head + b"\r\n" + fields + b"\r\n")


def page_for(raising, accept="text/plain", **environ):
    """Return the body of the page for what the function *raising* raises, without a server."""

    def app(environ, start_response):
        raising()

    answered = []
    environ = {"REMOTE_ADDR": "127.0.0.1", "REQUEST_METHOD": "GET", "PATH_INFO": "/", **environ}
    environ = {"HTTP_ACCEPT": accept, "wsgi.errors": io.StringIO(), **environ}
    body = b"".join(DebuggedApplication(app)(environ, lambda *args: answered.append(args)))
    assert [args[0] for args in answered] == ["500 Internal Server Error"]
    return body.decode("utf-8")


def without_source(page):
    """Return a page in plain text without the lines of source on it: they are this file's."""
    return "\n".join(line for line in page.split("\n") if " | " not in line)


def test_db_05_a_browser_gets_a_page_with_everything_escaped():
    answer = get(accept=b"text/html,*/*;q=0.8")
    assert status_of(answer) == 500
    page = body_of(answer)
    assert b"text/html" in answer and b"test_debug.py" in page
    assert page.count(b"<script") == 1 and b"&lt;script&gt;alert(1)" in page
    assert page.count(b"</title>") == 1
    assert b"default-src 'none'" in answer


def test_db_05_names_values_and_targets_with_markup_are_escaped():
    names = {"__name__": "evil", "value": "<img src=x>"}
    code = compile("def f():\n    a = value\n    1 / 0\nf()", "<img src=y>.py", "exec")
    page = page_for(lambda: exec(code, names), "text/html", PATH_INFO="/<img src=z>")
    assert "<img" not in page
    for place in "xyz":
        assert f"&lt;img src={place}&gt;" in page


def test_other_clients_get_plain_text_or_json():
    answer = get()
    assert b"Content-Type: text/plain" in answer
    assert body_of(answer).startswith(b"500 Internal Server Error: ValueError: </title>")
    found = json.loads(body_of(get(accept=b"application/json")))
    assert found["code"] == 500 and found["name"] == "Internal Server Error"
    assert found["description"].startswith("ValueError: </title>")
    assert set(found["details"]) == {"Traceback", "The request"}


def test_head_gets_no_body():
    answer = get(method=b"HEAD")
    assert status_of(answer) == 500 and body_of(answer) == b""
    assert b"Content-Length: 0" not in answer


@pytest.mark.parametrize(
    "fields",
    [
        b"Host: evil.example\r\n",
        b"Host: localhost.evil.example\r\n",
        b"Host: 10.0.0.1\r\n",
        HOST + b"X-Forwarded-For: 10.1.2.3\r\n",
        HOST + b"X-Forwarded-Host: example.com\r\n",
        HOST + b"Forwarded: for=10.1.2.3\r\n",
        HOST + b"CF-Connecting-IP: 10.1.2.3\r\n",
        HOST + b"True-Client-IP: 10.1.2.3\r\n",
        HOST + b"X-Client-IP: 10.1.2.3\r\n",
    ],
)
def test_db_01_db_10_others_than_this_machine_get_what_production_gives(fields):
    answer = get(fields=fields)
    assert status_of(answer) == 500
    assert b"ValueError" not in answer


@pytest.mark.parametrize(
    "host", [b"127.0.0.1:5000", b"[::1]:80", b"my-app.localhost", b"LOCALHOST"]
)
def test_db_01_every_name_of_this_machine_counts(host):
    assert b"ValueError" in get(fields=b"Host: " + host + b"\r\n")


@pytest.mark.parametrize(
    ("environ", "local"),
    [
        ({"REMOTE_ADDR": "127.0.0.1"}, True),
        ({"REMOTE_ADDR": "::1"}, True),
        ({"REMOTE_ADDR": "::ffff:127.0.0.1"}, True),
        ({"REMOTE_ADDR": "10.0.0.1"}, False),
        ({"REMOTE_ADDR": "1.127.0.1"}, False),
        ({}, False),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": ""}, False),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1.evil.example"}, False),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_VIA": "1.1 proxy"}, False),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_SEC_FETCH_SITE": "cross-site"}, False),
        (
            {
                "REMOTE_ADDR": "127.0.0.1",
                "HTTP_SEC_FETCH_SITE": "cross-site",
                "HTTP_SEC_FETCH_MODE": "navigate",
            },
            True,
        ),
    ],
)
def test_db_10_who_is_on_this_machine(environ, local):
    assert is_local_request(environ) is local


@pytest.mark.parametrize(
    "target", [b"/console", b"/?__debugger__=yes&cmd=1%2B1&frm=0&s=x", b"/?cmd=resource&f=a.py"]
)
def test_db_02_db_06_there_is_no_console_and_no_resource_to_ask_for(target):
    seen = []

    def app(environ, start_response):
        seen.append(environ["PATH_INFO"])
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"the application's"]

    answer = get(app, target=target)
    assert b"the application's" in body_of(answer)
    assert status_of(answer) == 404 and len(seen) == 1


def test_an_exception_while_a_generator_runs_replaces_what_was_not_sent():
    answer = get(late)
    assert status_of(answer) == 500
    assert b"X-First: 1" not in answer and b"KeyError: 'late'" in answer


def test_what_does_not_fail_passes_and_is_closed():
    class Body:
        closed = False

        def __iter__(self):
            return iter([b"fi", b"ne"])

        def close(self):
            self.closed = True

    body = Body()

    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return body

    assert status_of(get(app)) == 200 and body.closed


# What the page shows.


def divide(number, password):
    title = "a <title>"  # noqa: F841
    return number / 0


def divide_badly():
    divide(7, "s3cret")


def test_a_frame_shows_its_source_and_its_variables():
    page = page_for(divide_badly)
    assert f'File "{__file__}", line ' in page and ", in divide\n" in page
    assert "    return number / 0\n" in page and "  > " in page
    assert "    number = 7\n" in page and "    title = 'a <title>'\n" in page
    assert any(text in page for text in ("the framework", "dev/debug.py", "microweb.py"))
    # The framework's frames are folded: their source is not in the text.
    assert "_run_guarded(self.app" not in page


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python tells no columns before 3.11")
@pytest.mark.skipif(sys.implementation.name != "cpython", reason="PyPy tells no columns")
def test_the_place_in_the_line_is_marked():
    assert "| " + " " * 11 + "^" * 10 + "\n" in page_for(divide_badly)
    assert "return <u>number / 0</u>" in page_for(divide_badly, "text/html")


def test_db_07_variables_headers_and_query_are_masked():
    def raising():
        password = token = "s3cret"
        settings = {"SECRET_KEY": "s3cret", "nested": [{"api_key": "s3cret"}]}
        bearer = {"HTTP_AUTHORIZATION": "Bearer s3cret", "HTTP_COOKIE": "a=s3cret; b=s3cret"}
        url = "postgres://ada:s3cret@localhost/db"
        flag_token = None
        raise ValueError(len((password, token, settings, bearer, url, flag_token)))

    page = page_for(
        raising,
        HTTP_COOKIE="session=c00kie; theme=c00kie; c00kie",
        HTTP_AUTHORIZATION="Basic c00kie",
        HTTP_X_API_KEY="c00kie",
        HTTP_REFERER="http://localhost/?token=c00kie",
        QUERY_STRING="token=c00kie&page=2",
    )
    shown = without_source(page)
    assert "s3cret" not in shown and "c00kie" not in shown
    assert "password = ********" in page and "flag_token = None" in page
    assert "Cookie = session=********; theme=********;********" in page
    assert "Authorization = Basic ********" in page
    assert "GET /?token=********&page=2" in page


def test_db_07_the_environment_of_the_process_is_not_shown(monkeypatch):
    monkeypatch.setenv("SOME_VARIABLE", "some-unusual-value")
    assert "some-unusual-value" in os.environ.values()
    assert "some-unusual-value" not in page_for(divide_badly)


class Hostile(Exception):
    def __str__(self):
        raise RuntimeError

    __repr__ = __str__


class HostileValue:
    def __init__(self, error=RuntimeError):
        self.error = error

    def __repr__(self):
        raise self.error

    def __eq__(self, other):
        raise self.error

    __hash__ = None


class HugeRepr:
    def __repr__(self):
        return "x" * 10_000_000


def recurse():
    return recurse()


def beyond_its_source():
    exec(compile("\n" * 900 + "1 / 0", __file__, "exec"), {"__name__": "evil"})


def without_traceback():
    raise ExceptionWithoutFrames


class ExceptionWithoutFrames(Exception):
    @property
    def __traceback__(self):
        return None


def circular():
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    raise first


def raise_hostile_values():
    secret_token, hostile, exit_on_repr = HostileValue(), HostileValue(), HostileValue(SystemExit)
    huge, text, number = HugeRepr(), "x" * 10_000_000, 1 << 10_000_000
    loop = []
    loop.append(loop)
    many = {key: {"deep": {"deep": {"deep": {}}}} for key in range(100_000)}
    raise ValueError(bool([secret_token, hostile, exit_on_repr, huge, text, number, loop, many]))


@pytest.mark.parametrize(
    "raising",
    [recurse, beyond_its_source, without_traceback, circular, raise_hostile_values]
    + [lambda: (_ for _ in ()).throw(Hostile()), lambda: [].x("x" * 10_000_000)]
    + [lambda: exec("raise SyntaxError('m', ('f', 'no', 'line', 1, 2, 3))")]
    + [lambda: exec("raise SyntaxError('m', ('f', 10 ** 9, 10 ** 9, None))")]
    + [lambda: exec("1 / 0", {"__name__": 7, "__loader__": 8})],
)
@pytest.mark.parametrize("accept", ["text/html", "text/plain", "application/json"])
def test_db_08_a_hostile_exception_has_a_page_of_bounded_size(raising, accept):
    page = page_for(raising, accept)
    assert 100 < len(page) < 1_000_000
    assert "The request" in page


def test_db_08_a_message_of_any_length_is_cut():
    def raising():
        raise ValueError("x" * 10_000_000)

    assert len(page_for(raising)) < 20_000


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "'a'"),
        ([1, (2,), {3}, frozenset()], "[1, (2), set({3}), frozenset({})]"),
        ({"a": {"b": {"c": {"d": 1}}}}, "{'a': {'b': {'c': <dict of 1>}}}"),
        (list(range(100)), f"[{', '.join(map(str, range(20)))}, ... 100 in all]"),
        (HostileValue(), "<HostileValue, whose repr raises RuntimeError>"),
        (HostileValue(SystemExit), "<HostileValue, whose repr raises SystemExit>"),
        ([HostileValue(), 1], "[<HostileValue>, 1]"),
        ("x" * 1000, "'" + "x" * 399 + "... (1000 characters)"),
        (b"x" * 1000, "b'" + "x" * 398 + "... (1000 bytes)"),
        (["x" * 1000], "['" + "x" * 119 + "...]"),
        (1 << 20_000, "<int of 20001 bits>"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_db_08_any_value_is_described(value, text):
    assert describe_value(value) == text


def test_db_07_a_secret_is_masked_before_a_long_value_is_cut():
    def clean(text):
        return text.replace("s3cret-s3cret", "****")

    assert "s3cret" not in describe_value("x" * 393 + "s3cret-s3cret" + "y" * 1000, clean)


def chained(suppress):
    try:
        {}["inner"]
    except KeyError as error:
        if suppress is None:
            raise ValueError("outer")  # noqa: B904
        raise ValueError("outer") from (None if suppress else error)


@pytest.mark.parametrize(
    ("suppress", "heading"),
    [
        (False, "It was caused by: KeyError"),
        (None, "It happened while handling: KeyError"),
        (True, "Hidden by from None: KeyError"),
    ],
)
def test_the_chain_is_told(suppress, heading):
    page = page_for(lambda: chained(suppress))
    assert page.startswith("500 Internal Server Error: ValueError: outer\n")
    assert f"\n{heading}\n" in page and '{}["inner"]' in page


def test_the_applications_frames_are_open_however_far_up_they_are():
    def deep(n):
        return deep(n - 1) if n else 1 / 0

    library = compile("def deep(n): return deep(n - 1) if n else 1 / 0", json.__file__, "exec")
    names = {"__name__": "json"}
    exec(library, names)

    def raising():
        return names["deep"](20)

    page = page_for(raising)
    assert 'return names["deep"](20)' in page
    assert "21 frames of the framework and of libraries, up to: File" in page
    assert page_for(lambda: deep(30)).count("  > ") == 6


def test_notes_are_shown():
    def raising():
        error = ValueError("message")
        error.__notes__ = ["a note", HostileValue()]
        raise error

    assert "Note: a note\n" in page_for(raising)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups came with Python 3.11")
def test_groups_are_told():
    def raising():
        parts = [ValueError("one"), KeyError("two")]
        raise ExceptionGroup("several", parts)  # noqa: F821

    page = page_for(raising)
    assert "Number 1 of its group: ValueError" in page
    assert "Number 2 of its group: KeyError" in page


def test_a_syntax_error_shows_its_line():
    page = page_for(lambda: compile("a = 1\ndef f(:\n", "broken.py", "exec"))
    assert "In `broken.py`, line 2:\n  >    2 | def f(:\n" in page and "^" in page


def template_frame():
    names = {"__loader__": type("L", (), {"get_source": lambda self, name: "one\n{{ 1 / 0 }}\n"})()}
    exec(
        compile("\ndef root():\n l_user = 'ada'; context = 1; 1 / 0\nroot()", "p.html", "exec"),
        names,
    )


def test_the_frame_of_a_template_shows_its_variables_by_their_own_names():
    page = page_for(template_frame)
    assert 'File "p.html", line 3, in the template' in page
    assert "    user = 'ada'\n" in page and "context" not in without_source(page)


def misspelled():
    numbre = 1
    return number + numbre  # noqa: F821


def unbound():
    count += 1  # noqa: F821, F841


def missing_module():
    import microwebb_of_nobody  # noqa: F401


def wrong_attribute():
    "text".uper()


def attribute_of_none():
    None.title()


def wrong_key():
    settings = {"colour": 1}
    return settings["color"]


@pytest.mark.parametrize(
    ("raising", "fix"),
    [
        (misspelled, "Did you mean `numbre`?"),
        (lambda: retrun, "Did you mean `return`?"),  # noqa: F821
        (unbound, "`count` is assigned somewhere in this function"),
        (missing_module, "Check the spelling of `microwebb_of_nobody`."),
        (wrong_key, "The dict `settings` has the key `'colour'`."),
    ]
    + [
        (wrong_attribute, "Did you mean `upper`"),
        (attribute_of_none, "The value is None where one with `title` was expected"),
    ][: 2 if sys.version_info >= (3, 10) and sys.implementation.name == "cpython" else 0],
)
def test_the_likely_fix_ends_the_page(raising, fix):
    assert fix in page_for(raising).split("Most likely fix\n---------------\n")[1]


def test_what_is_not_known_has_no_fix():
    assert "Most likely fix" not in page_for(divide_badly)


def test_the_log_gets_the_traceback():
    log = io.StringIO()
    page_for(divide_badly, **{"wsgi.errors": log})
    assert log.getvalue().endswith("ZeroDivisionError: division by zero\n")


def test_a_page_that_fails_still_shows_the_traceback(monkeypatch):
    monkeypatch.setattr("microweb.dev.debug.describe_exception", lambda *args: 1 / 0)
    page = page_for(lambda: chained(True))
    assert page.startswith("500 Internal Server Error: ValueError") and "in chained" in page


def test_stop_in_debugger_stops_once_and_lets_the_exception_go_on(monkeypatch, capsys):
    stopped = []
    monkeypatch.setattr("pdb.post_mortem", stopped.append)
    with pytest.raises(ValueError, match="title"):
        list(stop_in_debugger(failing)({}, None))
    assert len(stopped) == 1
    names = []
    while stopped[0] is not None:
        names.append(stopped[0].tb_frame.f_code.co_name)
        stopped[0] = stopped[0].tb_next
    assert names[-1] == "failing"
    assert "ValueError" in capsys.readouterr().err
    assert list(stop_in_debugger(lambda environ, start_response: [b"fine"])({}, None)) == [b"fine"]
    assert len(stopped) == 1


def test_head_gets_no_body_from_the_wrapper_itself():
    assert page_for(divide_badly, REQUEST_METHOD="HEAD") == ""


def test_a_body_that_breaks_off_is_left_to_the_server():
    def app(environ, start_response):
        return [environ["wsgi.input"].read()]

    with serving(DebuggedApplication(app)) as server:
        head = b"POST / HTTP/1.1\r\nContent-Length: 9\r\nConnection: close\r\n" + HOST + b"\r\n"
        answer = ask(server, head + b"half", half_close=True)
    assert status_of(answer) == 400 and b"BodyBroken" not in answer


def test_of_many_variables_the_first_are_shown():
    code = "def f():\n" + "".join(f" v{n} = {n}\n" for n in range(60)) + " 1 / 0\nf()"
    page = without_source(page_for(lambda: exec(code, {"__name__": "many"})))
    assert "    v39 = 39\n" in page and "    v40 = " not in page and "... = 20 names more" in page
