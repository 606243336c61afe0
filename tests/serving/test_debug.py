"""The page for exceptions: who sees it, in which form, and that nothing in it is live."""

from __future__ import annotations

import json

import pytest

from microweb.serving import DebuggedApplication

from .wire import HOST, ask, body_of, serving, status_of


def failing(environ, start_response):
    secret = "the value of a variable"
    raise ValueError(f"</title><script>alert(1)</script>{secret[:0]}")


def late(environ, start_response):
    start_response("200 OK", [("X-First", "1")])
    raise KeyError("late")
    yield b""


def get(app=failing, fields=HOST, accept=b"*/*"):
    with serving(DebuggedApplication(app)) as server:
        head = b"GET / HTTP/1.1\r\nConnection: close\r\nAccept: " + accept + b"\r\n"
        return ask(server, head + fields + b"\r\n")


def test_db_05_a_browser_gets_a_page_with_everything_escaped():
    answer = get(accept=b"text/html,*/*;q=0.8")
    assert status_of(answer) == 500
    page = body_of(answer)
    assert b"text/html" in answer and b"test_debug.py" in page
    assert b"<script" not in page and b"&lt;script&gt;alert(1)" in page
    assert page.count(b"</title>") == 1
    assert b"default-src 'none'" in answer


def test_other_clients_get_plain_text_or_json():
    assert b"Content-Type: text/plain" in get() and b"\nValueError: </title>" in get()
    answer = get(accept=b"application/json")
    assert json.loads(body_of(answer))["error"].startswith("ValueError: </title>")


def test_db_07_values_are_not_shown():
    assert b"the value of a variable" not in body_of(get()).replace(
        b'secret = "the value of a variable"', b""
    )


@pytest.mark.parametrize(
    "fields",
    [
        b"Host: evil.example\r\n",
        b"Host: localhost.evil.example\r\n",
        b"Host: 10.0.0.1\r\n",
        HOST + b"X-Forwarded-For: 10.1.2.3\r\n",
        HOST + b"Forwarded: for=10.1.2.3\r\n",
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


def test_an_exception_while_a_generator_runs_replaces_what_was_not_sent():
    answer = get(late)
    assert status_of(answer) == 500
    assert b"X-First" not in answer and b"KeyError: 'late'" in answer


class Hostile(Exception):
    def __str__(self):
        raise RuntimeError


def recurse():
    return recurse()


@pytest.mark.parametrize("make", [lambda: Hostile(), lambda: ValueError("x" * 10_000_000), recurse])
def test_db_08_a_hostile_exception_has_a_page_of_bounded_size(make):
    def app(environ, start_response):
        raise make()

    answer = get(app, accept=b"text/html")
    assert status_of(answer) == 500 and len(answer) < 1_000_000


def test_what_does_not_fail_passes():
    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return iter([b"fi", b"ne"])

    assert status_of(get(app)) == 200
