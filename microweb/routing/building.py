"""Building: from a rule and values to the path that would match.

The law of this module: all encoding of fixed text is done once, when the rule is added; a build
only writes the values, and says what is wrong with them instead of raising, so that the next rule
can try.
"""

from __future__ import annotations

from .converters import NOT_CONVERTED
from .quoting import quote_path
from .rules import RuleVariable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .rules import Rule, RulePiece


def make_build_steps(
    segments: list[tuple[RulePiece, ...]], bound: Mapping[str, Any]
) -> tuple[Any, ...]:
    """Return (encoded text, name, writer, reader) per variable; the last one has no name.

    *segments*: what ``split_rule`` returned; *bound*: the map's converter for each variable.

    >>> from microweb.routing.rules import parse_rule, split_rule
    >>> make_build_steps(split_rule(parse_rule("/a b/"), True), {})
    (('/a%20b/', None, None, None),)
    """
    steps: list[Any] = []
    text = ""
    for index, segment in enumerate(segments):
        if index:
            text += "/"
        for piece in segment:
            if isinstance(piece, RuleVariable):
                own = bound[piece.name]
                steps.append((text, piece.name, own.write, own.read))
                text = ""
            else:
                text += quote_path(piece)
    if text or not steps:
        steps.append((text, None, None, None))
    return tuple(steps)


def build_path(rule: Rule, values: Mapping[str, Any]) -> tuple[str | None, str]:
    """Return the encoded path of *rule* for *values*; else ``None`` and what is wrong with them.

    *rule*: a rule that was added to a map; *values*: by variable; a ``None`` counts as not given.

    >>> from microweb.routing import Map, Rule
    >>> rule = Rule("/u/<name>", endpoint="u")
    >>> Map([rule]).build("u", {"name": "x"}), build_path(rule, {})
    ('/u/x', (None, "needs a value for 'name'"))
    """
    defaults = rule.defaults
    if defaults:
        for name, default in defaults.items():
            given = values.get(name)
            if given is not None and given != default and name not in rule.names:
                return None, f"stands for {name}={default!r} only, not {given!r}"
    url = ""
    for text, name, write, read in rule.build_steps:
        if name is None:
            return url + text, ""
        value = values.get(name)
        if value is None:
            value = defaults.get(name)
            if value is None:
                missing = [name for name in rule.names if values.get(name) is None]
                return None, f"needs a value for {', '.join(map(repr, missing))}"
        try:
            part = write(value)
        except (ValueError, TypeError, OverflowError) as error:
            return None, f"cannot take {name}={value!r}: {error}"
        if not part and read("") is NOT_CONVERTED:
            return None, f"cannot take {name}={value!r}: it would be empty"
        url += text + part
    return url, ""
