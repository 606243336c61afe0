"""Rules: the text ``/user/<int:id>`` taken apart, and what a rule answers for.

A rule knows its text, its endpoint and its methods; it knows nothing of views, of other rules or of
how a path is matched. Its syntax is judged when it is made, by ``parse_rule``; its converters when
it is added to a map, because the map names them.
"""

from __future__ import annotations

import re
import sys

from ..text.lazy import LaterMember
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
_REGEX_NAME_RE = re.compile(r":([A-Za-z_][A-Za-z0-9_]*)>")
_RULE_SLASHES_RE = re.compile("//+")


class RuleVariable:
    """One ``<converter(arguments):name>`` of a rule, as written.

    ``pattern`` is the text it stands in and ``position`` the index of its ``<`` there; ``bound`` is
    the map's own converter for it, set when the rule is added.
    """

    __slots__ = ("arguments", "bound", "converter", "keywords", "name", "pattern", "position")

    def __init__(self, pattern: str, position: int) -> None:
        self.pattern = pattern
        self.position = position
        self.name = ""
        self.converter = "default"
        self.arguments: tuple[Any, ...] = ()
        self.keywords: dict[str, Any] = {}
        self.bound: Any = None

    def __repr__(self) -> str:
        return f"<RuleVariable {self.name!r} of {self.spec()}>"

    def spec(self) -> str:
        """Return the converter with its arguments, the way it is written in a rule."""
        given = [repr(value) for value in self.arguments]
        given += [f"{name}={value!r}" for name, value in self.keywords.items()]
        return f"{self.converter}({', '.join(given)})" if given else self.converter


def parse_rule(rule: str) -> list[RulePiece]:
    """Return the pieces of *rule*: ``str`` for what stands as it is, ``RuleVariable`` for the rest.

    Between two variables stands at least one character. Raises RuleSyntaxError: quotes the rule and
    points at the character.

    >>> parse_rule("/<int(min=1):id>")
    ['/', <RuleVariable 'id' of int(min=1)>]
    """
    pieces: list[RulePiece] = []
    names = set()
    position = 0
    while True:
        opening = rule.find("<", position)
        literal = rule[position:opening] if opening >= 0 else rule[position:]
        if ">" in literal:
            problem = "this '>' closes nothing; a variable is written '<name>'"
            raise RuleSyntaxError(rule, position + literal.index(">"), problem)
        if literal:
            pieces.append(literal)
        if opening < 0:
            return pieces
        if not literal and pieces:
            problem = "two variables touch; put a character between them, as in '<a>-<b>'"
            raise RuleSyntaxError(rule, opening, problem)
        variable = RuleVariable(rule, opening)
        parse = _parse_regex if rule.startswith("<re:", opening) else _parse_variable
        position = parse(rule, variable)
        if variable.name in names:
            problem = f"the variable {variable.name!r} is used twice; rename one of them"
            raise RuleSyntaxError(rule, opening, problem)
        names.add(variable.name)
        pieces.append(variable)


def _parse_variable(rule: str, variable: RuleVariable) -> int:
    """Fill in *variable* from behind its ``<``; return the index behind its ``>``."""
    opening = variable.position
    name = _RULE_NAME_RE.match(rule, opening + 1)
    if name is None:
        problem = (
            "a name is expected here: an ASCII letter or '_', then letters, digits and '_', "
            "as in '<name>' or '<int:name>'"
        )
        raise RuleSyntaxError(rule, opening + 1, problem)
    end = name.end()
    if rule[end : end + 1] != ">":
        variable.converter = name[0]
        if rule[end : end + 1] == "(":
            end = _parse_converter_arguments(rule, end + 1, variable)
        name = _RULE_NAME_RE.match(rule, end + 1) if rule[end : end + 1] == ":" else None
    if name is None or rule[name.end() : name.end() + 1] != ">":
        if rule.find(">", end) < 0:
            problem = "this '<' is never closed; write '<name>' or '<converter:name>'"
            raise RuleSyntaxError(rule, opening, problem)
        problem = "this cannot follow here; a variable is '<name>' or '<converter(arguments):name>'"
        raise RuleSyntaxError(rule, name.end() if name is not None else end, problem)
    variable.name = name[0]
    return name.end() + 1


def _parse_regex(rule: str, variable: RuleVariable) -> int:
    """Do as ``_parse_variable`` for ``<re:pattern:name>``: it ends at the first ``:name>``."""
    start = variable.position + 4
    closing = _REGEX_NAME_RE.search(rule, start)
    if closing is None or closing.start() == start:
        problem = "a regular expression is written '<re:pattern:name>', as in '<re:[a-z]+:x>'"
        raise RuleSyntaxError(rule, variable.position, problem)
    variable.name, variable.converter = closing[1], "re"
    variable.arguments = (rule[start : closing.start()],)
    return closing.end()


def _parse_converter_arguments(rule: str, position: int, variable: RuleVariable) -> int:
    """Read the arguments of *variable* from behind ``(``; return the index behind ``)``."""
    arguments: list[Any] = []
    separator = ")" if rule[position : position + 1] == ")" else ","
    position += separator == ")"
    while separator == ",":
        found = _RULE_ARGUMENT_RE.match(rule, position)
        if found is None:
            problem = (
                "arguments are expected here and then ')', as in 'int(min=1)' or 'any(en, de)'"
            )
            raise RuleSyntaxError(rule, position, problem)
        name, text, separator = found.groups()
        if name in variable.keywords:
            raise RuleSyntaxError(rule, position, f"the argument {name!r} is given twice")
        if name is not None:
            variable.keywords[name] = _read_argument(text)
        elif variable.keywords:
            raise RuleSyntaxError(rule, position, "an argument without a name follows a named one")
        else:
            arguments.append(_read_argument(text))
        position = found.end()
    variable.arguments = tuple(arguments)
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


def merge_rule_slashes(pieces: list[RulePiece]) -> list[RulePiece]:
    """Return *pieces* with one slash where several stand in a row.

    >>> merge_rule_slashes(parse_rule("/a//<b>"))
    ['/a/', <RuleVariable 'b' of default>]
    """
    return [_RULE_SLASHES_RE.sub("/", p) if isinstance(p, str) else p for p in pieces]


def split_rule(pieces: list[RulePiece]) -> list[tuple[RulePiece, ...]]:
    """Return the segments of a parsed rule, each a tuple of what stands between two slashes.

    It cuts a rule the way ``str.split("/")`` cuts a path: the first segment is empty, and so is the
    last one if the rule ends with a slash.

    >>> split_rule(parse_rule("/a/<b>/"))
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
            segments.append(tuple(current))
            current = [text] if text else []
    return [*segments, tuple(current)]


class RuleFactory:
    """What a map takes as well as rules: something that makes rules, by its ``get_rules``."""

    def get_rules(self, map: Any) -> Iterable[Rule]:
        """Return the rules; *map* is the one they are for."""
        raise NotImplementedError(f"{type(self).__name__} does not override get_rules(map)")


def _load_rule_copying() -> type:
    from .extra.factories import CopiedRule

    return CopiedRule


class Rule(RuleFactory):
    """One URL pattern and the endpoint it leads to.

    The parameters are Werkzeug's.

    *string*: the pattern. ``<name>`` takes one segment, ``<converter(arguments):name>`` what the
    converter takes; a slash at the end makes it a branch (see ``strict_slashes``); *defaults*:
    values for arguments that this rule does not hold; *subdomain*: the subdomain it answers on, a
    pattern like *string* without slashes; ``None`` for the map's default; *methods*: the methods it
    answers, or ``None`` for all; ``GET`` brings ``HEAD``; *build_only*: it builds URLs and is never
    matched; *endpoint*: what a match returns and what URLs are built from; *strict_slashes*: ``/x``
    for the rule ``/x/`` is redirected (``True``) or matched (``False``); ``None`` asks the map;
    *merge_slashes*: ``//x`` for the rule ``/x`` is redirected; ``None`` asks the map;
    *redirect_to*: a path with ``<name>`` in it, or a callable ``(adapter, **arguments)`` that
    returns one: where a match is redirected; *alias*: another rule of the endpoint is the canonical
    one; matches are redirected there; *host*: the host it answers on, if the map matches hosts, a
    pattern as well; ``None`` for every host; *websocket*: not available: WSGI carries no
    websockets. Raises RuleSyntaxError: if the pattern cannot be understood.

    >>> rule = Rule("/user/<int:id>", methods=["get"], endpoint="user")
    >>> sorted(rule.methods), sorted(rule.arguments), rule.is_leaf
    (['GET', 'HEAD'], ['id'], True)
    """

    empty = LaterMember(_load_rule_copying)
    get_empty_kwargs = LaterMember(_load_rule_copying)

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
        # Whether the layer above answers OPTIONS for this rule, as Flask's rules tell; set by it.
        self.provide_automatic_options = False
        self.map: Any = None
        # What the map has it answer on: a host, a subdomain, or ``None`` for any; and its pieces.
        self.domain: str | None = None
        self.domain_pieces: tuple[RulePiece, ...] = ()
        # Whether a match is just this rule and its values, and whether it may be redirected.
        self.plain = True
        self.redirects = False
        frame = sys._getframe(1)
        self._origin: Any = (frame.f_code, frame.f_lasti)
        # Made when the first URL is built, by ``build_path``.
        self.build_steps: tuple[Any, ...] = ()
        self.read_pattern()

    def read_pattern(self) -> None:
        """Take the pattern apart: when the rule is made, and again if it was changed since."""
        if not isinstance(self.rule, str):
            raise TypeError(f"a rule is a str such as '/about', not {self.rule!r}")
        if self.rule[:1] != "/":
            problem = f"a rule begins with a slash; write {'/' + self.rule!r}"
            raise RuleSyntaxError(self.rule, 0, problem)
        self.parsed = self.rule
        self.pieces = parse_rule(self.rule)
        self.take_names()

    def take_names(self) -> None:
        """Collect the names of the variables, in the order in which the trie gives their values."""
        self.names = tuple([variable.name for variable in self.variables()])
        self.arguments = frozenset([*self.names, *self.defaults])

    def variables(self) -> list[RuleVariable]:
        """Return the variables of the rule, those of its host first."""
        pieces = [*self.domain_pieces, *self.pieces] if self.domain_pieces else self.pieces
        return [piece for piece in pieces if isinstance(piece, RuleVariable)]

    def get_rules(self, map: Any) -> Iterable[Rule]:
        """Return the rule itself, as the one rule that this factory makes."""
        return (self,)

    @property
    def origin(self) -> str | None:
        """Who registered it, such as ``app.py:12``; shown in warnings, worked out when asked for.

        The layer that knows better sets a text, or a function that returns one.
        """
        if callable(self._origin):
            self._origin = self._origin()
        elif isinstance(self._origin, tuple):
            from dis import findlinestarts

            code, offset = self._origin
            lines = [line for start, line in findlinestarts(code) if start <= offset and line]
            self._origin = f"{code.co_filename}:{lines[-1] if lines else code.co_firstlineno}"
        origin: str | None = self._origin
        return origin

    @origin.setter
    def origin(self, origin: str | Callable[[], str] | None) -> None:
        self._origin = origin

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


def _normalize_methods(rule: str, methods: Iterable[str] | None) -> frozenset[str] | None:
    """Return *methods* in capitals and with HEAD beside GET (RFC 9110 §9.3.2)."""
    if methods is None:
        return None
    if isinstance(methods, str):
        raise TypeError(f"rule {rule!r}: methods is a list; write methods=[{methods!r}]")
    known = {method.upper() for method in methods}
    if "GET" in known:
        known.add("HEAD")
    return frozenset(known)
