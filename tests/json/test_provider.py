"""JSON: how values are written, and the provider that apps can change."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import io
import uuid

import pytest

from microweb import Response, jsonify
from microweb.json import dump, dumps, load, loads
from microweb.json.provider import DefaultJSONProvider, JSONProvider

from ..support import checked_client, make_app


@dataclasses.dataclass
class Point:
    x: int
    y: int


class Html:
    def __html__(self):
        return "<b>"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime.date(2026, 1, 2), '"Fri, 02 Jan 2026 00:00:00 GMT"'),
        (
            datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc),
            '"Fri, 02 Jan 2026 03:04:05 GMT"',
        ),
        (decimal.Decimal("1.10"), '"1.10"'),
        (uuid.UUID(int=7), '"00000000-0000-0000-0000-000000000007"'),
        (Point(1, 2), '{"x": 1, "y": 2}'),
        (Html(), '"<b>"'),
        ({"b": "ü", "a": 1}, '{"a": 1, "b": "\\u00fc"}'),
    ],
)
def test_types_that_json_does_not_know(value, text):
    assert dumps(value) == text


def test_an_unknown_type_says_what_to_do():
    with pytest.raises(TypeError, match="'object' cannot be written as JSON"):
        dumps(object())


def test_files():
    file = io.StringIO()
    dump({"a": [1]}, file)
    file.seek(0)
    assert load(file) == loads(b'{"a": [1]}') == {"a": [1]}


@pytest.mark.parametrize(
    ("args", "kwargs", "body"),
    [
        (([1],), {}, b"[1]\n"),
        ((1, 2), {}, b"[1,2]\n"),
        ((), {"a": 1}, b'{"a":1}\n'),
        ((), {}, b"null\n"),
        (("x",), {}, b'"x"\n'),
    ],
)
def test_jsonify(args, kwargs, body):
    with make_app().app_context():
        response = jsonify(*args, **kwargs)
    assert (response.data, response.mimetype) == (body, "application/json")


def test_jsonify_takes_one_kind_of_arguments():
    with pytest.raises(TypeError, match="not both"):
        jsonify(1, a=2)


def test_debugging_indents_and_compact_decides():
    app = make_app()
    app.get("/")(lambda: {"a": 1})
    client = checked_client(app)
    assert client.get("/").data == b'{"a":1}\n'
    app.debug = True
    assert client.get("/").data == b'{\n  "a": 1\n}\n'
    app.json.compact = True
    assert client.get("/").data == b'{"a":1}\n'


@pytest.mark.parametrize("provider_class", [DefaultJSONProvider, JSONProvider])
def test_answers_are_of_the_apps_response_class(provider_class):
    class Provider(provider_class):
        def dumps(self, obj, **kwargs):
            return "{}"

    class Marked(Response):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.headers["X-Marked"] = "yes"

    app = make_app()
    app.response_class = Marked
    app.json = Provider(app)
    app.get("/dict", endpoint="dict")(lambda: {"a": 1})
    app.get("/list", endpoint="list")(lambda: [1])
    app.get("/jsonify", endpoint="jsonify")(lambda: jsonify(1))
    client = checked_client(app)
    for path in ("/dict", "/list", "/jsonify"):
        assert client.get(path).headers["X-Marked"] == "yes", path
    assert type(Provider(None).response(1)) is Response


def test_options_set_after_a_request_hold_for_the_next():
    app = make_app()
    app.get("/")(lambda: {"b": 1, "a": "ü"})
    client = checked_client(app)
    assert client.get("/").mimetype == "application/json"
    app.json.mimetype = "application/vnd.api+json"
    app.json.sort_keys = app.json.ensure_ascii = False
    response = client.get("/")
    assert response.mimetype == "application/vnd.api+json"
    assert response.data == '{"b":1,"a":"ü"}\n'.encode()


def test_another_provider_writes_and_reads():
    class Upper(JSONProvider):
        def dumps(self, obj, **kwargs):
            return repr(obj).upper()

        def loads(self, s, **kwargs):
            return {"read": s if isinstance(s, str) else s.decode()}

    from microweb import request

    app = make_app()
    app.json = Upper(app)
    app.get("/", endpoint="get")(lambda: {"a": 1})
    app.post("/", endpoint="post")(lambda: request.get_json()["read"])
    client = checked_client(app)
    assert client.get("/").text == "{'A': 1}"
    assert client.post("/", data=b"raw", content_type="application/json").text == "raw"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [{"a": -float("inf")}]])
def test_hd_13_numbers_that_json_lacks_are_an_error_and_no_half_a_body(value):
    for write in (dumps, jsonify):
        with pytest.raises(ValueError, match="JSON has no NaN or Infinity"):
            write(value)
    assert dumps(float("nan"), allow_nan=True) == "NaN"
    app = make_app()
    app.get("/")(lambda: [value])
    response = checked_client(app).get("/")
    assert (response.status_code, b"NaN" in response.data) == (500, False)


def test_a_cyclic_value_is_refused():
    value = []
    value.append(value)
    with pytest.raises((ValueError, RecursionError)):
        DefaultJSONProvider(None).dumps(value)


def test_the_options_of_a_provider_hold_for_dumps():
    provider = DefaultJSONProvider(None)
    provider.ensure_ascii = False
    provider.sort_keys = False
    assert provider.dumps({"b": "ü", "a": 1}) == '{"b": "ü", "a": 1}'
