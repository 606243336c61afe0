"""Building: from a rule and values to the URL that would match.

All encoding of fixed text is done once, when the first URL of a rule is built; a build only writes
the values, and says what is wrong with them instead of raising, so that the next rule can try.
"""

from __future__ import annotations

import re

from ..text.nearest import nearest_name
from ..text.quoting import local_path, quote_path, quote_segment
from .converters import NOT_CONVERTED
from .exceptions import BuildError
from .rules import RuleVariable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from .rules import Rule, RulePiece

# What a value may put into a host: no port, no user name, no brackets.
_HOST_LABEL_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_"


def make_build_steps(
    pieces: list[RulePiece], quote: Callable[[str], str], merge_slashes: bool
) -> tuple[Any, ...]:
    """Return (encoded text, name, writer, reader) per variable; the last one has no name.

    *pieces*: what ``parse_rule`` returned, its variables bound; *quote*: encodes fixed text.

    >>> make_build_steps(["/a b//"], quote_path, True)
    (('/a%20b/', None, None, None),)
    """
    steps: list[Any] = []
    text = ""
    for piece in pieces:
        if isinstance(piece, RuleVariable):
            steps.append((text, piece.name, piece.bound.write, piece.bound.read))
            text = ""
        else:
            text = quote(re.sub("//+", "/", piece) if merge_slashes else piece)
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
        steps = rule.build_steps = make_build_steps(
            rule.pieces, quote_path, bool(rule.merge_slashes)
        )
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


def build_domain(rule: Rule, values: Mapping[str, Any]) -> tuple[str | None, str]:
    """Return the host or subdomain of *rule* for *values*; else ``None`` and what is wrong.

    *rule*: one that has a domain and whose path has been built from these values.

    >>> from microweb.routing import Map, Rule
    >>> rule = Rule("/", endpoint="home", subdomain="<user>")
    >>> Map([rule]).bind("example.org").build("home", {"user": "ada"})
    'http://ada.example.org/'
    >>> build_domain(rule, {"user": "a@b"})
    (None, "cannot take user='a@b': a host is made of ASCII letters, digits, '-', '_' and '.'")
    """
    domain = ""
    for piece in rule.domain_pieces:
        if not isinstance(piece, RuleVariable):
            domain += piece
            continue
        value = values.get(piece.name, rule.defaults.get(piece.name))
        problem = "a host is made of ASCII letters, digits, '-', '_' and '.'"
        part = ""
        try:
            if value is not None:
                part = piece.bound.write(value).lower()
        except (ValueError, TypeError, OverflowError) as error:
            problem = str(error)
        if not part or part.strip(_HOST_LABEL_CHARACTERS):
            return None, f"cannot take {piece.name}={value!r}: {problem}"
        domain += part
    return domain, ""


def fill_redirect_target(rule: Rule, arguments: Mapping[str, Any], adapter: Any) -> str:
    """Return where ``redirect_to`` leads: a local path, or an absolute URL as written.

    *adapter*: what a callable is called with, in front of *arguments*.

    >>> from microweb.routing import Rule
    >>> rule = Rule("/old/<n>", redirect_to="new/<n>")
    >>> fill_redirect_target(rule, {"n": "a b"}, None)
    '/new/a%20b'
    """
    target = rule.redirect_to
    if callable(target):
        text = str(target(adapter, **arguments))
    else:
        bound = {variable.name: variable.bound for variable in rule.variables()}

        def write_value(found: re.Match[str]) -> str:
            name = found[1]
            if name not in arguments:
                return found[0]
            write: Callable[[Any], str] = getattr(bound.get(name), "write", quote_segment)
            return write(arguments[name])

        text = re.sub("<(?:[^<>:]*:)?([A-Za-z0-9_]+)>", write_value, str(target))
    if re.match("[A-Za-z][A-Za-z0-9+.-]*://", text):
        return text
    # What the author wrote is encoded already; control characters and spaces never pass.
    safe = "".join([c if "!" <= c <= "~" and c != "\\" else quote_segment(c) for c in text])
    return local_path(safe)


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
            problem = build_path(rule, values)[1] or build_domain(rule, values)[1]
        problems.append(f"The rule {rule.rule!r} {problem}.")
    return BuildError(endpoint, values, method, rules[0], " ".join(problems))
