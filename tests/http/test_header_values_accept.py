"""Negotiation (RFC 9110 section 12)."""

from __future__ import annotations

import time

import pytest

from microweb.http import LanguageAccept, MIMEAccept, parse_accept_header
from microweb.http.extra.header_values import Accept


@pytest.mark.parametrize(
    ("value", "quality"),
    # The example of RFC 9110 section 12.5.1.
    [
        ("text/plain;format=flowed", 1),
        ("text/plain", 0.7),
        ("text/html", 0.3),
        ("image/jpeg", 0.5),
        ("text/plain;format=fixed", 0.4),
        ("text/html;level=3", 0.7),
    ],
)
def test_the_narrowest_range_gives_the_quality(value, quality):
    header = (
        "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, text/plain;format=fixed;q=0.4, "
        "*/*;q=0.5"
    )
    if value == "text/html;level=3":
        header += ", text/html;q=0.7"
    assert parse_accept_header(header, MIMEAccept).quality(value) == quality


@pytest.mark.parametrize(
    ("header", "best"),
    [
        ("application/json", "application/json"),
        ("text/html;q=0.1, application/json;q=0.2", "application/json"),
        ("*/*", "text/html"),
        ("*/*, application/json", "application/json"),
        ("*/*;q=1, text/html;q=0", "application/json"),
        ("image/png", None),
        ("", None),
        ("TEXT/HTML", "text/html"),
        ("text/html;q=2, application/json;q=0.1", "application/json"),
    ],
)
def test_best_match(header, best):
    accept = parse_accept_header(header, MIMEAccept)
    assert accept.best_match(["text/html", "application/json"]) == best


def test_properties():
    accept = parse_accept_header("text/html, application/json;q=0.5", MIMEAccept)
    assert (accept.accept_html, accept.accept_json, accept.accept_xhtml) == (True, True, False)
    assert (accept.best, list(accept.values())) == ("text/html", ["text/html", "application/json"])
    assert ("text/html" in accept, "image/png" in accept, accept["application/json"]) == (
        True,
        False,
        0.5,
    )
    assert accept.to_header() == "text/html,application/json;q=0.5"
    assert (accept.find("image/png"), accept.index("text/html"), accept[0]) == (
        -1,
        0,
        ("text/html", 1),
    )
    assert len(accept) == 2


@pytest.mark.parametrize(
    ("header", "offers", "best"),
    [
        ("de-AT", ["de"], "de"),
        ("de", ["de-CH"], "de-CH"),
        ("de-AT, en;q=0.5", ["en", "de-AT"], "de-AT"),
        ("fr;q=0, *", ["fr", "en"], "en"),
        ("zh_Hans", ["zh-hans"], "zh-hans"),
        ("fr", ["en"], None),
        ("en, de-AT", ["en", "de-AT"], "en"),
        ("*, de", ["fr", "de"], "de"),
        ("de-AT;q=0.1, de", ["de-AT", "de-CH"], "de-CH"),
    ],
)
def test_languages(header, offers, best):
    assert parse_accept_header(header, LanguageAccept).best_match(offers) == best


def test_rq_17_long_language_tags_cost_little():
    started = time.perf_counter()
    accept = parse_accept_header("en" + "-en" * 4000, LanguageAccept)
    accept.best_match(["de", "en"])
    assert time.perf_counter() - started < 0.5


def test_encodings():
    accept = parse_accept_header("gzip, br;q=0", Accept)
    assert ("gzip" in accept, "br" in accept, "x" in accept) == (True, False, False)


def test_c7_weights_as_java_writes_them():
    header = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"
    accept = parse_accept_header(header, MIMEAccept)
    assert accept.quality("application/json") == 0.2
    assert accept.best_match(["application/json"]) == "application/json"
    for odd in ("q=.", "q=", "q=.a", "q=-.2"):
        assert parse_accept_header(f"a/b; {odd}", MIMEAccept).quality("a/b") == 0.0


@pytest.mark.parametrize(
    ("offers", "best"), [(["en-US", "en"], "en"), (["en-US"], None), (["en_GB"], "en_GB")]
)
def test_c7_a_region_is_not_another(offers, best):
    assert LanguageAccept([("en-GB", 1)]).best_match(offers) == best


def test_what_is_named_as_it_is_comes_before_what_is_covered():
    accept = parse_accept_header("text/*, text/html", MIMEAccept)
    assert accept.best_match(["text/html; version=1", "text/html"]) == "text/html"
    languages = parse_accept_header("en, de", LanguageAccept)
    assert languages.best_match(["en-US", "de"]) == "de"


def test_a_quoted_parameter_keeps_its_spaces():
    accept = parse_accept_header('a/b; x="1 2"', MIMEAccept)
    assert accept.quality('a/b; x="1 2"') == 1
    assert accept.quality("a/b; x=12") == 0


def test_objects_of_the_same_ranges_are_equal():
    accept = parse_accept_header("en, de;q=0.5", LanguageAccept)
    assert accept == LanguageAccept([("de", 0.5), ("en", 1)])
    assert accept == [("en", 1), ("de", 0.5)]
    assert accept != LanguageAccept([("en", 1)])
    assert hash(accept) == hash(LanguageAccept([("de", 0.5), ("en", 1)]))
