"""Building: from a rule and values to the path that would match.

All encoding of fixed text is done once, when the first URL of a rule is built; a build only writes
the values, and says what is wrong with them instead of raising, so that the next rule can try.
"""

from __future__ import annotations

from ..text.nearest import nearest_name
from ..text.quoting import quote_path
from .converters import NOT_CONVERTED
from .exceptions import BuildError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .rules import Rule, RulePiece


def make_build_steps(pieces: list[RulePiece]) -> tuple[Any, ...]:
    """Return (encoded text, name, writer, reader) per variable; the last one has no name.

    *pieces*: those of a rule that was added to a map.

    >>> make_build_steps(["/a b/"])
    (('/a%20b/', None, None, None),)
    """
    steps: list[Any] = []
    text = ""
    for piece in pieces:
        if isinstance(piece, str):
            text = quote_path(piece)
        else:
            steps.append((text, piece.name, piece.bound.write, piece.bound.read))
            text = ""
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
    steps = rule.build_steps
    if not steps:
        steps = rule.build_steps = make_build_steps(rule.pieces)
    url = ""
    for text, name, write, read in steps:
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


def explain_build_failure(
    by_endpoint: Mapping[Any, list[Rule]],
    endpoint: Any,
    values: Mapping[str, Any],
    method: str | None,
) -> BuildError:
    """Return the error that says why no rule of *endpoint* would do.

    >>> print(explain_build_failure({}, "home", {}, None))
    cannot build a URL for the endpoint 'home'. There is no such endpoint.
    """
    rules = by_endpoint.get(endpoint)
    if not rules:
        near = nearest_name(endpoint, [name for name in by_endpoint if isinstance(name, str)])
        suggested = by_endpoint[near][0] if near is not None else None
        hint = f" Did you mean {near!r}?" if near is not None else ""
        return BuildError(endpoint, values, method, suggested, f"There is no such endpoint.{hint}")
    problems = []
    for rule in rules[:5]:
        if method is not None and rule.methods is not None and method not in rule.methods:
            problem = f"takes the methods {', '.join(sorted(rule.methods))}"
        else:
            problem = build_path(rule, values)[1]
            if not problem:
                from .extra.hosts import build_domain

                problem = build_domain(rule, values)[1]
        problems.append(f"The rule {rule.rule!r} {problem}.")
    return BuildError(endpoint, values, method, rules[0], " ".join(problems))
