"""Each converter: what it takes, what it declines, what it writes."""

from __future__ import annotations

import uuid

import pytest

from microweb.routing import (
    BuildError,
    FloatConverter,
    IntegerConverter,
    Map,
    NoMatch,
    Rule,
    UnicodeConverter,
)

UUID_TEXT = "12345678-1234-5678-1234-56781234ABCD"


def value_of(variable: str, text: str, **options):
    urls = Map([Rule(f"/p/<{variable}:x>", endpoint="e")], **options)
    return urls.find("GET", "/p/" + text)[1]["x"]


READS = [
    ("string", "a b", "a b"),
    ("string(minlength=2)", "ab", "ab"),
    ("string(length=2)", "üü", "üü"),
    ("any(en, de)", "de", "de"),
    ("int", "0", 0),
    ("int", "9" * 700, int("9" * 700)),
    ("int(fixed_digits=3)", "007", 7),
    ("int(signed=True)", "-5", -5),
    ("int(signed=True)", "5", 5),
    ("int(min=1, max=9)", "9", 9),
    ("float", "1.50", 1.5),
    ("float(signed=True)", "-0.5", -0.5),
    ("float(max=2)", "2.0", 2.0),
    ("path", "a/b c/", "a/b c/"),
    ("uuid", UUID_TEXT, uuid.UUID(UUID_TEXT)),
    ("re('[a-z]+')", "abc", "abc"),
]


@pytest.mark.parametrize(("variable", "text", "value"), READS)
def test_converter_reads(variable, text, value):
    read = value_of(variable, text)
    assert read == value and type(read) is type(value)


DECLINES = [
    ("string(minlength=2)", "a"),
    ("string(maxlength=2)", "abc"),
    ("any(en, de)", "EN"),
    ("any(en, de)", "en\n"),
    ("int(fixed_digits=3)", "7"),
    ("int(min=1, max=9)", "0"),
    ("int(min=1, max=9)", "10"),
    ("int(signed=True)", "--5"),
    ("int(signed=True)", "-"),
    ("float", "1"),
    ("float", ".5"),
    ("float", "-1.0"),
    ("float(max=2)", "2.1"),
    ("path", "/a"),
    ("uuid", UUID_TEXT.replace("-", "")),
    ("uuid", UUID_TEXT.replace("A", "G")),
    ("uuid", "1-345678-1234-5678-1234-56781234ABCD"),
    ("re('[a-z]+')", "abc\n"),
    ("re('[a-z]+')", "a1"),
]


@pytest.mark.parametrize(("variable", "text"), DECLINES)
def test_converter_declines(variable, text):
    urls = Map([Rule(f"/p/<{variable}:x>", endpoint="e")], merge_slashes=False)
    with pytest.raises(NoMatch):
        urls.find("GET", f"/p/{text}")


@pytest.mark.parametrize("variable", ["int", "int(min=0)", "int(signed=True)", "float"])
@pytest.mark.parametrize("digits", [4301, 5000, 65000])
def test_rt_03_numbers_too_long_are_no_match(variable, digits):
    with pytest.raises(NoMatch):
        value_of(variable, "9" * digits)


@pytest.mark.parametrize("text", ["٣", "1_0", "+1", "-1", " 1", "1\n", "²", "\uff11"])
@pytest.mark.parametrize("variable", ["int", "int(min=-9)", "int(fixed_digits=2)"])
def test_rt_04_only_ascii_digits_are_an_int(variable, text):
    with pytest.raises(NoMatch):
        value_of(variable, text)


@pytest.mark.parametrize("text", ["nan", "inf", "1e5", "9" * 400 + ".0", "٣.٣", "1_0.0"])
@pytest.mark.parametrize("variable", ["float", "float(signed=True)"])
def test_rt_05_only_plain_finite_numbers_are_a_float(variable, text):
    with pytest.raises(NoMatch):
        value_of(variable, text)


@pytest.mark.parametrize(
    ("variable", "regex"),
    [
        ("string", "[^/]{1,}"),
        ("string(minlength=2)", "[^/]{2,}"),
        ("string(maxlength=5)", "[^/]{1,5}"),
        ("string(minlength=2, maxlength=5)", "[^/]{2,5}"),
        ("string(length=3)", "[^/]{3}"),
        ("any(b, a, 'c.d')", r"(?:b|a|c\.d)"),
        ("int", "[0-9]+"),
        ("path", "[^/].*?"),
    ],
)
def test_converters_tell_their_expression(variable, regex):
    rule = Rule(f"/<{variable}:x>", endpoint="e")
    Map([rule])
    assert rule.variables()[0].bound.converter.regex == regex


def test_subclasses_keep_what_they_override():
    class Negative(IntegerConverter):
        regex = "-[0-9]+"

    class Doubled(IntegerConverter):
        def to_python(self, value):
            return 2 * super().to_python(value)

    class Lower(UnicodeConverter):
        regex = "[a-z]+"

    own = {"neg": Negative, "dbl": Doubled, "low": Lower}
    assert value_of("neg", "-3", converters=own) == -3
    assert value_of("dbl", "4", converters=own) == 8
    assert value_of("low", "abc", converters=own) == "abc"
    with pytest.raises(NoMatch):
        value_of("low", "ABC", converters=own)


@pytest.mark.parametrize(
    ("variable", "value", "text"),
    [
        ("string", "a b/ü\r\n", "a%20b%2F%C3%BC%0D%0A"),
        ("string", 7, "7"),
        ("path", "a b/ü", "a%20b/%C3%BC"),
        ("int", "5", "5"),
        ("int(fixed_digits=4)", 7, "0007"),
        ("float", 1, "1.0"),
        ("float", 1e20, "100000000000000000000.0"),
        ("float", 1.5e-7, "0.00000015"),
        ("float(signed=True)", -1e-300, "-0." + "0" * 299 + "1"),
        ("any(en, de)", "de", "de"),
        ("uuid", uuid.UUID(UUID_TEXT), UUID_TEXT.lower()),
    ],
)
def test_converter_writes(variable, value, text):
    assert Map([Rule(f"/<{variable}:x>", endpoint="e")]).build("e", {"x": value}) == "/" + text


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("string", ""),
        ("path", ""),
        ("int", "../x"),
        ("int", float("inf")),
        ("int", []),
        ("float", float("nan")),
        ("any(en, de)", "fr"),
        ("uuid", "no"),
    ],
)
def test_rt_15_values_of_the_wrong_kind_are_refused(variable, value):
    with pytest.raises(BuildError, match="cannot take x="):
        Map([Rule(f"/<{variable}:x>", endpoint="e")]).build("e", {"x": value})


@pytest.mark.parametrize("number", [0.0, 1e-9, 123456.789, 1e22, 5e-324, 1.7976931348623157e308])
def test_floats_are_read_back_as_they_were_written(number):
    text = FloatConverter(Map()).to_url(number)
    assert FloatConverter(Map()).reader()(text) == number
