"""Tagged JSON: types that survive, data that looks like a tag, tags of one's own."""

from __future__ import annotations

import datetime
import uuid
from collections import OrderedDict

import pytest

from microweb.json.tag import JSONTag, TaggedJSONSerializer
from microweb.templating import Markup


@pytest.mark.parametrize("text", ["", "{", "[1,]", "nul", '{" t": 5', "[" * 100_000])
def test_malformed_tagged_json_is_a_value_error(text):
    with pytest.raises(ValueError, match=r".*"):
        TaggedJSONSerializer().loads(text)


@pytest.mark.parametrize(
    "value",
    [{" t": [1]}, {" x": 1}, {"a": {" di": 1}}, {" t__": 1}, [(), ((),)], {"a": {" m": "x"}}],
)
def test_tags_in_data_are_data(value):
    serializer = TaggedJSONSerializer()
    assert serializer.loads(serializer.dumps(value)) == value


class TagOrderedDict(JSONTag):
    key = " od"

    def check(self, value):
        return isinstance(value, OrderedDict)

    def to_json(self, value):
        return [[key, self.serializer.tag(item)] for key, item in value.items()]

    def to_python(self, value):
        return OrderedDict(value)


class TagText(JSONTag):
    key = " s"

    def check(self, value):
        return type(value) is str

    def to_json(self, value):
        return value[::-1]

    def to_python(self, value):
        return value[::-1]


MOMENT = datetime.datetime(2024, 2, 29, 12, 30, 5, tzinfo=datetime.timezone.utc)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ((1, (2,)), '{" t":[1,{" t":[2]}]}'),
        (b"\xff", '{" b":"/w=="}'),
        (Markup("<b>"), '{" m":"<b>"}'),
        (uuid.UUID(int=5), '{" u":"00000000000000000000000000000005"}'),
        (MOMENT, '{" d":"Thu, 29 Feb 2024 12:30:05 GMT"}'),
        ({"b": 1, "a": [True, None, 1.5]}, '{"a":[true,null,1.5],"b":1}'),
        ({" t": 1}, '{" di":{" t__":1}}'),
    ],
)
def test_types_come_back_as_they_went(value, text):
    serializer = TaggedJSONSerializer()
    assert serializer.dumps(value) == text
    back = serializer.loads(text)
    assert back == value
    assert type(back) is type(value)


def test_a_tag_registered_first_wins_over_that_of_its_base_class():
    serializer = TaggedJSONSerializer()
    serializer.register(TagOrderedDict, index=0)
    value = {"order": OrderedDict([("z", (1,)), ("a", 2)])}
    back = serializer.loads(serializer.dumps(value))
    assert back == value
    assert type(back["order"]) is OrderedDict
    assert list(back["order"]) == ["z", "a"]


def test_a_tag_may_be_for_text_too():
    serializer = TaggedJSONSerializer()
    serializer.register(TagText, index=0)
    assert serializer.dumps(["ab"]) == '[{" s":"ba"}]'
    assert serializer.loads('[{" s":"ba"}]') == ["ab"]


def test_a_taken_key_is_refused_unless_forced():
    class Other(TagText):
        key = " t"

    serializer = TaggedJSONSerializer()
    with pytest.raises(KeyError, match="taken by TagTuple"):
        serializer.register(Other)
    serializer.register(Other, force=True)
    assert isinstance(serializer.tags[" t"], Other)


def test_tags_of_one_serializer_are_not_anothers():
    TaggedJSONSerializer().register(TagText, index=0)
    assert TaggedJSONSerializer().dumps("ab") == '"ab"'
