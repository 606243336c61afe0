"""urlencoded forms, queries and the limits of all forms."""

from __future__ import annotations

import random
import time
from urllib.parse import parse_qsl, urlencode

import pytest

from microweb.http import RequestEntityTooLarge
from microweb.http.urlencoded import parse_urlencoded

from .support_http import (
    field_part,
    file_part,
    make_request,
    multipart_body,
    post_form,
    post_multipart,
)


def test_ue_01_only_the_ampersand_separates():
    assert make_request(QUERY_STRING="a=1;b=2&c=3").args.to_dict() == {"a": "1;b=2", "c": "3"}
    assert post_form(b"a=1;b=2&c=3").form.to_dict() == {"a": "1;b=2", "c": "3"}


@pytest.mark.parametrize("text", ["a;" * 500_000, "&" * 1_000_000, "%" * 500_000, "=" * 500_000])
def test_ue_02_splitting_is_linear(text):
    started = time.perf_counter()
    parse_urlencoded(text)
    assert time.perf_counter() - started < 3


@pytest.mark.parametrize("body", [b"&".join([b"a=1"] * 1001), b"&" * 1000, b"a=1&" * 200_000])
def test_ue_03_too_many_fields_are_413(body):
    request = post_form(body)
    request.max_form_memory_size = None
    for _ in range(2):
        with pytest.raises(RequestEntityTooLarge):
            request.form  # noqa: B018


def test_ue_03_as_many_as_allowed_pass():
    assert len(post_form(b"&".join(b"f%d=1" % i for i in range(1000))).form) == 1000


def test_ue_04_many_query_fields_are_linear():
    started = time.perf_counter()
    assert len(make_request(QUERY_STRING="a=1&" * 20_000).args.getlist("a")) == 20_000
    assert time.perf_counter() - started < 1


def test_ue_05_a_huge_value_is_413():
    assert len(post_form(b"a=" + b"x" * 499_998).form["a"]) == 499_998
    for environ in ({}, {"CONTENT_LENGTH": None, "wsgi.input_terminated": True}):
        with pytest.raises(RequestEntityTooLarge) as caught:
            post_form(b"a=" + b"x" * 499_999, **environ).form  # noqa: B018
        assert "MAX_FORM_MEMORY_SIZE" in caught.value.detail


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (b"a=%ff%fe", {"a": "��"}),
        (b"a=\xff", {"a": "�"}),
        (b"a=%zz&b=%&c=%4", {"a": "%zz", "b": "%", "c": "%4"}),
        (b"a=%00", {"a": "\0"}),
        (b"%C3%A9=+%2B+", {"é": " + "}),
        ("é=ü".encode(), {"é": "ü"}),
    ],
)
def test_ue_06_bytes_of_any_kind(body, form):
    assert post_form(body).form.to_dict() == form


@pytest.mark.parametrize("charset", ["utf-7", "utf-16", "rubbish"])
def test_ue_07_charset_is_ignored(charset):
    request = post_form(
        b"a=%C3%A9", CONTENT_TYPE=f"application/x-www-form-urlencoded; charset={charset}"
    )
    assert request.form["a"] == "é"


def test_ue_08_blanks_duplicates_and_order():
    args = make_request(QUERY_STRING="a=&b&=c&a=2").args
    assert list(args.items(multi=True)) == [("a", ""), ("a", "2"), ("b", ""), ("", "c")]
    assert (args.get("a"), args.getlist("a")) == ("", ["", "2"])


def test_round_trip_and_agreement_with_the_standard_library():
    random.seed(2)
    for _ in range(300):
        pairs = [
            (
                "".join(random.choice("ab=&%+ é€\n;") for _ in range(4)),
                random.choice(["", "x y", "%41"]),
            )
            for _ in range(4)
        ]
        text = urlencode(pairs)
        assert parse_urlencoded(text) == pairs == parse_qsl(text, keep_blank_values=True)


def test_random_bytes_raise_nothing():
    random.seed(4)
    for _ in range(500):
        body = bytes(random.choice(b"ab=&%+0\xff\xc3\xa9\n;") for _ in range(30))
        assert post_form(body).form is not None


PARTS = [
    [field_part(b"f%d" % i, b"v") for i in range(1001)],
    [file_part(b"f", b"x%d" % i, b"v") for i in range(1001)],
]


@pytest.mark.parametrize("parts", PARTS, ids=["fields", "files"])
def test_mp_01_more_parts_than_allowed_are_413(parts):
    with pytest.raises(RequestEntityTooLarge):
        post_multipart(multipart_body(*parts)).form  # noqa: B018
    request = post_multipart(multipart_body(*parts[:1000]))
    assert sum(1 for _ in request.form.items(multi=True)) + len(request.files.getlist("f")) == 1000


def test_mp_02_the_limit_stops_the_reading():
    request = post_multipart(multipart_body(*[field_part(b"a", b"")] * 100_000))
    with pytest.raises(RequestEntityTooLarge):
        request.form  # noqa: B018
    assert request.environ["wsgi.input"].tell() < 600_000


def test_mp_03_fields_are_limited_and_files_are_not():
    assert (
        len(post_multipart(multipart_body(field_part(b"a", b"x" * 500_000))).form["a"]) == 500_000
    )
    with pytest.raises(RequestEntityTooLarge):
        post_multipart(multipart_body(field_part(b"a", b"x" * 500_001))).form  # noqa: B018
    request = post_multipart(multipart_body(file_part(b"a", b"n", b"x" * 2_000_000)))
    assert len(request.files["a"].read()) == 2_000_000
    request.close()


def test_mp_04_fields_are_limited_together():
    with pytest.raises(RequestEntityTooLarge):
        post_multipart(multipart_body(*[field_part(b"a", b"x" * 400_000)] * 2)).form  # noqa: B018


def test_mp_04_the_whole_body_is_limited_too():
    request = post_multipart(multipart_body(file_part(b"a", b"n", b"x" * 2_000_000)))
    request.max_content_length = 1_000_000
    with pytest.raises(RequestEntityTooLarge):
        request.files  # noqa: B018
