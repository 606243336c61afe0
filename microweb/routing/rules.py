"""Rules: the text ``/user/<int:id>`` taken apart, and what a rule answers for.

The law of this module: a rule knows its text, its endpoint and its methods; it knows nothing of
views, of other rules or of how a path is matched. Its syntax is judged when it is made, by
``parse_rule``; its converters when it is added to a map, because the map names them.
"""

from __future__ import annotations

import re

from .exceptions import RuleSyntaxError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, Union

    RulePiece = Union[str, "RuleVariable"]

_RULE_NAME_RE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RULE_ARGUMENT_RE = re.compile(
    r"""\s*(?:([A-Za-z_][A-Za-z0-9_]*)\s*=\s*)?("[^"]*"|'[^']*'|[^\s,()"'=<>]+)\s*([,)])"""
)
_RULE_NUMBER_RE = re.compile(r"-?[0-9]{1,300}(\.[0-9]{1,300})?")
_RULE_CONSTANTS = {"None": None, "True": True, "False": False}


class RuleVariable:
    """One ``<converter(arguments):name>`` of a rule, as written.

    ``position`` is the index of its ``<`` in the rule.

    >>> parse_rule("/<int(min=1):id>")[1].keywords
    (('min', 1),)
    """

    __slots__ = ("arguments", "converter", "keywords", "name", "position")

    def __init__(
        self,
        name: str,
        converter: str,
        arguments: tuple[Any, ...],
        keywords: tuple[tuple[str, Any], ...],
        position: int,
    ) -> None:
        self.name = name
        self.converter = converter
        self.arguments = arguments
        self.keywords = keywords
        self.position = position

    def __repr__(self) -> str:
        return f"<RuleVariable {self.name!r} of {self.spec()}>"

    def spec(self) -> str:
        """Return the converter with its arguments, the way it is written in a rule."""
        given = [repr(value) for value in self.arguments]
        given += [f"{name}={value!r}" for name, value in self.keywords]
        return f"{self.converter}({', '.join(given)})" if given else self.converter


def parse_rule(rule: str) -> list[RulePiece]:
    """Return the pieces of *rule*: ``str`` for what stands as it is, ``RuleVariable`` for the rest.

    *rule*: begins with a slash. Between two variables stands at least one character. Raises
    RuleSyntaxError: quotes the rule and points at the character.

    >>> parse_rule("/user/<int:id>")
    ['/user/', <RuleVariable 'id' of int>]
    """
    if not isinstance(rule, str):
        raise TypeError(f"a rule is a str such as '/about', not {rule!r}")
    if rule[:1] != "/":
        raise RuleSyntaxError(rule, 0, f"a rule begins with a slash; write {'/' + rule!r}")
    pieces: list[RulePiece] = []
    names = set()
    position = 0
    while True:
        opening = rule.find("<", position)
        literal = rule[position:opening] if opening >= 0 else rule[position:]
        stray = literal.find(">")
        if stray >= 0:
            raise RuleSyntaxError(
                rule, position + stray, "this '>' closes nothing; a variable is written '<name>'"
            )
        if literal:
            pieces.append(literal)
        if opening < 0:
            return pieces
        if not literal:
            raise RuleSyntaxError(
                rule, opening, "two variables touch; put a character between them, as in '<a>-<b>'"
            )
        variable, position = _parse_rule_variable(rule, opening)
        if variable.name in names:
            raise RuleSyntaxError(
                rule, opening, f"the variable {variable.name!r} is used twice; rename one of them"
            )
        names.add(variable.name)
        pieces.append(variable)


def _parse_rule_variable(rule: str, opening: int) -> tuple[RuleVariable, int]:
    """Return the variable whose ``<`` is at *opening*, and the index behind its ``>``."""
    if rule.startswith("<re:", opening):
        return _parse_regex_variable(rule, opening)
    name = _RULE_NAME_RE.match(rule, opening + 1)
    if name is None:
        raise RuleSyntaxError(
            rule,
            opening + 1,
            "a name is expected here: an ASCII letter or '_', then letters, digits and '_', "
            "as in '<name>' or '<int:name>'",
        )
    end = name.end()
    following = rule[end : end + 1]
    if following == ">":
        return RuleVariable(name[0], "default", (), (), opening), end + 1
    converter = name[0]
    arguments: list[Any] = []
    keywords: list[tuple[str, Any]] = []
    if following == "(":
        end = _parse_converter_arguments(rule, end + 1, arguments, keywords)
        following = rule[end : end + 1]
    name = _RULE_NAME_RE.match(rule, end + 1) if following == ":" else None
    if name is None or rule[name.end() : name.end() + 1] != ">":
        if rule.find(">", end) < 0:
            problem = "this '<' is never closed; write '<name>' or '<converter:name>'"
            raise RuleSyntaxError(rule, opening, problem)
        problem = "this cannot follow here; a variable is '<name>' or '<converter(arguments):name>'"
        raise RuleSyntaxError(rule, name.end() if name is not None else end, problem)
    variable = RuleVariable(name[0], converter, tuple(arguments), tuple(keywords), opening)
    return variable, name.end() + 1


def _parse_regex_variable(rule: str, opening: int) -> tuple[RuleVariable, int]:
    """Parse ``<re:pattern:name>``: the pattern ends before the first ``:name>``."""
    closing = re.compile(r":([A-Za-z_][A-Za-z0-9_]*)>").search(rule, opening + 4)
    if closing is None or closing.start() == opening + 4:
        raise RuleSyntaxError(
            rule,
            opening,
            "a regular expression is written '<re:pattern:name>', as in '<re:[a-z]+:x>'",
        )
    pattern = rule[opening + 4 : closing.start()]
    return RuleVariable(closing[1], "re", (pattern,), (), opening), closing.end()


def _parse_converter_arguments(
    rule: str, position: int, arguments: list[Any], keywords: list[tuple[str, Any]]
) -> int:
    """Read from behind ``(`` into *arguments* and *keywords*; return the index behind ``)``."""
    if rule[position : position + 1] == ")":
        return position + 1
    while True:
        found = _RULE_ARGUMENT_RE.match(rule, position)
        if found is None:
            raise RuleSyntaxError(
                rule,
                position,
                "arguments are expected here and then ')', as in 'int(min=1)' or 'any(en, de)'",
            )
        name, text, separator = found.groups()
        value = _read_argument(text)
        if name is not None:
            if any(name == known for known, _ in keywords):
                raise RuleSyntaxError(rule, position, f"the argument {name!r} is given twice")
            keywords.append((name, value))
        elif keywords:
            raise RuleSyntaxError(rule, position, "an argument without a name follows a named one")
        else:
            arguments.append(value)
        position = found.end()
        if separator == ")":
            return position


def _read_argument(text: str) -> Any:
    """Return the Python value of an argument: a constant, a number, quoted or bare text."""
    if text[0] in "\"'":
        return text[1:-1]
    if text in _RULE_CONSTANTS:
        return _RULE_CONSTANTS[text]
    number = _RULE_NUMBER_RE.fullmatch(text)
    if number is None:
        return text
    return int(text) if number[1] is None else float(text)


def split_rule(pieces: list[RulePiece], merge_slashes: bool) -> list[tuple[RulePiece, ...]]:
    """Return the segments of a parsed rule, each a tuple of what stands between two slashes.

    It cuts a rule the way ``str.split("/")`` cuts a path: the first segment is empty, and so is the
    last one if the rule ends with a slash.

    *pieces*: what ``parse_rule`` returned; *merge_slashes*: whether several slashes in a row count
    as one.

    >>> split_rule(parse_rule("/a/<b>/"), True)
    [(), ('a',), (<RuleVariable 'b' of default>,), ()]
    """
    segments: list[tuple[RulePiece, ...]] = []
    current: list[RulePiece] = []
    for piece in pieces:
        if not isinstance(piece, str):
            current.append(piece)
            continue
        first, *others = piece.split("/")
        if first:
            current.append(first)
        for text in others:
            if current or not merge_slashes or not segments:
                segments.append(tuple(current))
            current = [text] if text else []
    segments.append(tuple(current))
    return segments


class Rule:
    """One URL pattern and the endpoint it leads to.

    The parameters are Werkzeug's.

    *string*: the pattern. ``<name>`` takes one segment, ``<converter(arguments):name>`` what the
    converter takes; a slash at the end makes it a branch (see ``strict_slashes``); *defaults*:
    values for arguments that this rule does not hold; *subdomain*: not available; use ``Map.find``
    on one map per host; *methods*: the methods it answers, or ``None`` for all; ``GET`` brings
    ``HEAD``; *build_only*: it builds URLs and is never matched; *endpoint*: what a match returns
    and what URLs are built from; *strict_slashes*: ``/x`` for the rule ``/x/`` is redirected
    (``True``) or matched (``False``); ``None`` asks the map; *merge_slashes*: ``//x`` for the rule
    ``/x`` is redirected; ``None`` asks the map; *redirect_to*: a path with ``<name>`` in it, or a
    callable ``(adapter, **arguments)`` that returns one: where a match is redirected; *alias*:
    another rule of the endpoint is the canonical one; matches are redirected there; *host*: not
    available, like *subdomain*; *websocket*: not available: WSGI carries no websockets. Raises
    RuleSyntaxError: if the pattern cannot be understood.

    >>> rule = Rule("/user/<int:id>", methods=["get"], endpoint="user")
    >>> sorted(rule.methods), rule.arguments
    (['GET', 'HEAD'], {'id'})
    """

    def __init__(
        self,
        string: str,
        defaults: Mapping[str, Any] | None = None,
        subdomain: str | None = None,
        methods: Iterable[str] | None = None,
        build_only: bool = False,
        endpoint: Any = None,
        strict_slashes: bool | None = None,
        merge_slashes: bool | None = None,
        redirect_to: str | Callable[..., str] | None = None,
        alias: bool = False,
        host: str | None = None,
        websocket: bool = False,
    ) -> None:
        self.pieces = parse_rule(string)
        if subdomain or host:
            raise NotImplementedError(
                f"rule {string!r}: rules by host or subdomain are not available; make one app per "
                "host and choose by the Host header"
            )
        if websocket:
            raise NotImplementedError(f"rule {string!r}: WSGI carries no websockets; use polling")
        self.rule = string
        self.defaults: dict[str, Any] = dict(defaults or ())
        self.subdomain = subdomain
        self.host = host
        self.websocket = websocket
        self.methods = _normalize_methods(string, methods)
        self.build_only = build_only
        self.endpoint = endpoint
        self.strict_slashes = strict_slashes
        self.merge_slashes = merge_slashes
        self.redirect_to = redirect_to
        self.alias = alias
        # Who registered it ("app.py:12"), set by the layer that knows; shown in warnings.
        self.origin: str | None = None
        # Whether the layer above answers OPTIONS for this rule, as Flask's rules tell; set by it.
        self.provide_automatic_options = False
        self.map: Any = None
        self.variables = tuple(piece for piece in self.pieces if isinstance(piece, RuleVariable))
        # The names of the variables, in the order in which the trie delivers their values.
        self.names = tuple(variable.name for variable in self.variables)
        self.arguments: set[str] = {*self.names, *self.defaults}
        # Whether a match is just this rule and its values: no defaults, redirect or alias.
        self.plain = not (self.defaults or redirect_to or alias)
        # Encoded text and (name, to_url) in turn, filled when the rule is added to a map.
        self.build_steps: tuple[Any, ...] = ()

    @property
    def is_leaf(self) -> bool:
        """Whether the rule does not end with a slash."""
        return not self.rule.endswith("/")

    def __str__(self) -> str:
        return self.rule

    def __repr__(self) -> str:
        methods = f" ({', '.join(sorted(self.methods))})" if self.methods is not None else ""
        return f"<Rule {self.rule!r}{methods} -> {self.endpoint}>"

    def told(self) -> str:
        """Return the rule with its endpoint and, if known, its origin, for a message."""
        where = f" ({self.origin})" if self.origin else ""
        return f"{self.rule!r} to {self.endpoint!r}{where}"


def _normalize_methods(rule: str, methods: Iterable[str] | None) -> set[str] | None:
    """Return *methods* in capitals and with HEAD beside GET (RFC 9110 §9.3.2)."""
    if methods is None:
        return None
    if isinstance(methods, str):
        raise TypeError(f"rule {rule!r}: methods is a list; write methods=[{methods!r}]")
    known = {method.upper() for method in methods}
    if "GET" in known:
        known.add("HEAD")
    return known
