"""The form of the pages: what is escaped, masked and cut, in HTML, plain text and JSON."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from microweb.dev.page import (
    CodeBlock,
    FoldBlock,
    SourceBlock,
    TableBlock,
    TeachingPage,
    TextBlock,
    is_secret_name,
    mask_secret_pairs,
    preferred_page_form,
)

EVIL = "</title><script>alert(1)</script>--><img src=x onerror=alert(1)>'\"&</textarea>"


class Elements(HTMLParser):
    """Collects the start tags, with their attributes, and the ids of a page."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.ids = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        self.ids += [value for name, value in attributes if name == "id"]


def evil_page():
    page = TeachingPage(404, EVIL, EVIL)
    page.title = EVIL
    blocks = [TextBlock(f"`{EVIL}`"), CodeBlock(EVIL), TableBlock([(EVIL, EVIL)])]
    blocks += [SourceBlock([EVIL], 1, 1), SourceBlock([EVIL], 1, 1, (3, 12))]
    page.add(EVIL, *blocks, FoldBlock(EVIL, blocks))
    page.add_fix(EVIL, EVIL)
    return page


def headers_and_body(page, accept):
    headers, data = page.answer(accept)
    return dict(headers), data.decode("utf-8")


def test_db_05_html_shows_every_text_and_runs_none():
    headers, html = headers_and_body(evil_page(), "text/html")
    elements = Elements(html)
    assert elements.tags.count("script") == 1 and elements.tags.count("title") == 1
    assert "img" not in elements.tags and "onerror" not in dict(elements.attributes)
    assert html.count("</textarea>") == 1
    nonce = re.search("script-src 'nonce-([0-9a-f]{32})'", headers["Content-Security-Policy"])[1]
    assert html.count(f'<script nonce="{nonce}">') == html.count(f'<style nonce="{nonce}">') == 1


def test_a_page_asks_nothing_of_another_host_and_sends_nothing_back():
    headers, html = headers_and_body(evil_page(), "text/html")
    elements = Elements(html)
    assert not {"form", "a", "link", "iframe", "img"} & set(elements.tags)
    assert not {"src", "href", "action", "style"} & {name for name, _ in elements.attributes}
    script = html[html.index("<script") :]
    assert not re.search("fetch|XMLHttp|WebSocket|sendBeacon|import|eval|location", script)
    policy = headers["Content-Security-Policy"]
    for part in ("default-src 'none'", "form-action 'none'", "frame-ancestors 'none'"):
        assert part in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_each_answer_has_a_nonce_of_its_own():
    answers = {
        headers_and_body(evil_page(), "text/html")[0]["Content-Security-Policy"] for _ in "ab"
    }
    assert len(answers) == 2


def test_the_markup_is_that_of_a_document():
    elements = Elements(headers_and_body(evil_page(), "text/html")[1])
    for tag in ("header", "main", "h1", "h2", "section", "summary", "dl", "mark", "button"):
        assert tag in elements.tags
    assert ("lang", "en") in elements.attributes and ("role", "status") in elements.attributes
    assert [i for i in elements.ids if elements.ids.count(i) > 1] == []
    labels = {value for name, value in elements.attributes if name == "aria-labelledby"}
    assert labels == set(elements.ids)


def test_the_text_area_holds_the_plain_text():
    page = TeachingPage(404, "Not Found", "Nothing < here")
    page.add("More", CodeBlock("\n  a & b"))
    html = page.as_html("0")
    area = re.search("(?s)<textarea[^>]*>\n(.*)</textarea>", html)[1]
    assert area == page.as_text().replace("&", "&amp;").replace("<", "&lt;")


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "text/plain; charset=utf-8"),
        ("*/*", "text/plain; charset=utf-8"),
        ("text/plain", "text/plain; charset=utf-8"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"),
        ("application/json", "application/json"),
        ("application/problem+json", "application/json"),
        ("application/json, text/plain, */*", "application/json"),
        ("text/html;q=0.5, application/json", "application/json"),
        ("text/html;q=0.9, application/json;q=0.2", "text/html; charset=utf-8"),
        ("text/html;q=0", "text/plain; charset=utf-8"),
        ("TEXT/HTML ; Q=1.0", "text/html; charset=utf-8"),
        ("text/html;q=nonsense", "text/html; charset=utf-8"),
        ("," * 100_000, "text/plain; charset=utf-8"),
    ],
)
def test_the_form_is_the_one_that_the_client_names(accept, form):
    assert preferred_page_form(accept) == form
    headers, body = headers_and_body(TeachingPage(404, "Not Found"), accept)
    assert headers["Content-Type"] == form
    assert headers["Content-Length"] == str(len(body.encode()))


def test_json_is_one_object_of_code_name_description_and_details():
    page = TeachingPage(405, "Method Not Allowed", "It takes POST.")
    page.add("The views", TableBlock([("POST", "save")]), TextBlock("one"))
    page.add_fix("Write:", "code")
    assert json.loads(page.as_json()) == {
        "code": 405,
        "name": "Method Not Allowed",
        "description": "It takes POST.",
        "details": {
            "The views": [{"POST": "save"}, "one"],
            "Most likely fix": ["Write:", "    code"],
        },
    }


def test_plain_text_ends_with_the_fix_and_html_begins_with_it():
    page = TeachingPage(404, "Not Found", "Nothing.")
    page.add("More", TextBlock("more"))
    page.add_fix("Do this.")
    assert page.as_text().endswith("Most likely fix\n---------------\nDo this.\n")
    html = page.as_html("0")
    assert html.index("Do this.") < html.index('<h2 id="s1">More')


def test_the_place_in_a_line_is_marked():
    block = SourceBlock(["first\n", "\tx = 1 / 0\n", "last"], 9, 10, (5, 10))
    assert block.text(str) == (
        "       9 | first\n  >   10 | \tx = 1 / 0\n         | \t    ^^^^^\n      11 | last"
    )
    assert "<mark class=line>" in block.html(str) and "<u>1 / 0</u>" in block.html(str)
    assert block.html(str).count("<mark") == 1


def test_a_closed_frame_is_its_summary_in_plain_text():
    inner = [TextBlock("inner")]
    assert FoldBlock("outer", inner, kind="frame").text(str) == "outer"
    assert FoldBlock("outer", inner, True, "frame").text(str) == "outer\ninner"
    assert FoldBlock("outer", inner).text(str) == "outer\ninner"
    assert '<details class="frame">' in FoldBlock("outer", inner, kind="frame").html(str)
    assert " open>" in FoldBlock("outer", inner, True).html(str)


@pytest.mark.parametrize(
    "name",
    ["password", "PASSWD", "SECRET_KEY", "api_key", "apikey", "X-Api-Key", "key", "access_token"]
    + ["Cookie", "Authorization", "db_credentials", "private_pem"],
)
def test_db_07_names_of_secrets(name):
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["user", "keyboard", "monkey", "keys_of", "compass", "title"])
def test_names_that_are_none(name):
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "text",
    [
        "{'password': 's3cret'}",
        '{"api_key": "s3cret"}',
        "User(name='a', password='s3cret')",
        "{b'token': b's3cret'}",
        "Config(SECRET_KEY='it\\'s3cret', x=1)",
        "?token=s3cret&page=1",
        "a=1;auth_token=s3cret",
        "postgres://user:s3cret@host/db",
        "Authorization: s3cret",
        "{'HTTP_COOKIE': 'session=s3cret; theme=s3cret'}",
        "{'password': 's3cret",
    ],
)
def test_db_07_what_stands_behind_a_secret_name_is_masked(text):
    masked = mask_secret_pairs(text)
    assert "s3cret" not in masked and "********" in masked


def test_what_is_no_secret_stays():
    text = "{'user': 'ada', 'keyboard': 'qwerty', 'token': None} http://host:80/a@b"
    assert mask_secret_pairs(text) == text


def test_db_07_a_known_secret_is_masked_in_every_form_and_block():
    page = TeachingPage(secrets=["s3cret<'key", "dev"])
    page.description = page.title = "s3cret<'key"
    text = "s3cret<'key"
    page.add(text, TextBlock(text), CodeBlock(text), TableBlock([(text, text)]))
    page.add(text, SourceBlock([text], 1, 1, (2, 5)), FoldBlock(text, [TextBlock(text)]))
    page.add("short", TextBlock("key = 'dev' in development"))
    for accept in ("text/html", "text/plain", "application/json"):
        body = headers_and_body(page, accept)[1]
        assert "s3cret" not in body and "'dev'" not in body and "&#x27;dev&#x27;" not in body
        assert "development" in body


def test_control_characters_do_not_reach_a_terminal():
    page = TeachingPage(404, "Not Found", "\x1b[31m\x07\ud800")
    assert "\x1b" not in page.as_text() and "\\x1b[31m" in page.as_text()
    page.answer("text/html")


def test_masking_is_linear():
    for text in ("a" * 200_000, "key" * 70_000, "'password': '" + "\\" * 200_000, "://" * 70_000):
        mask_secret_pairs(text)


def test_no_place_is_marked_in_a_line_that_was_masked():
    page = TeachingPage(secrets=["s3cret-key"])
    block = SourceBlock(["key = 's3cret-key' / 0"], 1, 1, (6, 22))
    assert "^" not in block.text(page.clean) and "<u>" not in block.html(page.clean)
