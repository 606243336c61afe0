"""Rules: the text ``/user/<int:id>`` taken apart, and what a rule answers for.

A rule knows its text, its endpoint and its methods; it knows nothing of views, of other rules or of
how a path is matched. Its syntax is judged when it is made, by ``parse_rule``; its converters when
it is added to a map, because the map names them.
"""

from __future__ import annotations

import re
import sys

from .exceptions import RuleSyntaxError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import CodeType
    from typing import Any, Union

    RulePiece = Union[str, "RuleVariable"]

_RULE_NAME_RE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RULE_ARGUMENT_RE = re.compile(
    r"""\s*(?:([A-Za-z_][A-Za-z0-9_]*)\s*=\s*)?("[^"]*"|'[^']*'|[^\s,()"'=<>]+)\s*([,)])"""
)
_RULE_NUMBER_RE = re.compile(r"-?[0-9]{1,300}(\.[0-9]{1,300})?")
_RULE_CONSTANTS = {"None": None, "True": True, "False": False}
HOST_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:[]"


class RuleVariable:
    """One ``<converter(arguments):name>`` of a rule, as written.

    ``position`` is the index of its ``<`` in the rule, ``bound`` the map's own converter for it,
    set when the rule is added.

    >>> parse_rule("/<int(min=1):id>")[1].keywords
    (('min', 1),)
    """

    __slots__ = ("arguments", "bound", "converter", "keywords", "name", "position")

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
        self.bound: Any = None

    def __repr__(self) -> str:
        return f"<RuleVariable {self.name!r} of {self.spec()}>"

    def spec(self) -> str:
        """Return the converter with its arguments, the way it is written in a rule."""
        given = [repr(value) for value in self.arguments]
        given += [f"{name}={value!r}" for name, value in self.keywords]
        return f"{self.converter}({', '.join(given)})" if given else self.converter


def parse_rule(rule: str, is_host: bool = False) -> list[RulePiece]:
    """Return the pieces of *rule*: ``str`` for what stands as it is, ``RuleVariable`` for the rest.

    *rule*: begins with a slash; between two variables stands at least one character; *is_host*:
    whether it is a host or a subdomain instead, which holds no slash. Raises RuleSyntaxError:
    quotes the rule and points at the character.

    >>> parse_rule("/user/<int:id>")
    ['/user/', <RuleVariable 'id' of int>]
    >>> parse_rule("<user>.Example.org", is_host=True)
    [<RuleVariable 'user' of default>, '.example.org']
    """
    if not isinstance(rule, str):
        raise TypeError(f"a rule is a str such as '/about', not {rule!r}")
    if not is_host and rule[:1] != "/":
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
            if is_host:
                literal = _check_host_text(rule, position, literal)
            pieces.append(literal)
        if opening < 0:
            return pieces
        if not literal and pieces:
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


def _check_host_text(rule: str, position: int, text: str) -> str:
    """Return the fixed *text* of a host, which stands at *position*, in lower case."""
    odd = text.strip(HOST_CHARACTERS)[:1]
    if odd:
        raise RuleSyntaxError(
            rule,
            position + text.index(odd),
            f"a host has no {odd!r}; write ASCII letters, digits, '-', '.' and a port, and other "
            "scripts as 'xn--...'",
        )
    return text.lower()


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


class RuleFactory:
    """What a map takes as well as rules: something that makes rules.

    To make one of your own, override ``get_rules``.

    >>> class Pages(RuleFactory):
    ...     def get_rules(self, map):
    ...         return [Rule(f"/{name}", endpoint=name) for name in ("about", "help")]
    >>> from microweb.routing import Map
    >>> Map([Pages()])
    <Map of 2 rules>
    """

    def get_rules(self, map: Any) -> Iterable[Rule]:
        """Return the rules; *map* is the one they are for."""
        raise NotImplementedError(f"{type(self).__name__} does not override get_rules(map)")


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
        # What the map has it answer on: a host, a subdomain, or ``None`` for any.
        self.domain: str | None = None
        # Whether a match is just this rule and its values: no defaults, redirect or alias.
        self.plain = True
        frame = sys._getframe(1)
        self._origin: Any = (frame.f_code, frame.f_lasti)
        # Made when the first URL is built: see ``make_build_steps``.
        self.build_steps: tuple[Any, ...] = ()
        self.read_pattern()

    def read_pattern(self, domain: str = "") -> None:
        """Take the pattern apart: when the rule is made, and again when a map adds it.

        *domain*: the host or subdomain the map has it answer on.
        """
        self.parsed = (self.rule, domain)
        self.domain_pieces = tuple(parse_rule(domain, is_host=True)) if domain else ()
        self.pieces = parse_rule(self.rule)
        # The names of the variables, in the order in which the trie delivers their values.
        self.names = tuple([variable.name for variable in self.variables()])
        self.arguments = frozenset([*self.names, *self.defaults])
        if domain and len(set(self.names)) < len(self.names):
            problem = "a variable of the host is used in the path again; rename one of them"
            raise RuleSyntaxError(self.rule, 0, problem)

    def variables(self) -> list[RuleVariable]:
        """Return the variables of the rule, those of its host first."""
        pieces = [*self.domain_pieces, *self.pieces] if self.domain_pieces else self.pieces
        return [piece for piece in pieces if isinstance(piece, RuleVariable)]

    def parsed_text(self, variable: RuleVariable) -> str:
        """Return the pattern that *variable* stands in: the path's, or that of the host."""
        return self.rule if variable in self.pieces else self.parsed[1]

    def get_rules(self, map: Any) -> Iterable[Rule]:
        """Return the rule itself, as the one rule that this factory makes."""
        return (self,)

    def get_empty_kwargs(self) -> dict[str, Any]:
        """Return the keyword arguments that make a copy; a subclass with more of them adds some."""
        names = (
            "defaults subdomain methods build_only endpoint strict_slashes merge_slashes "
            "redirect_to alias host"
        )
        return {name: getattr(self, name) for name in names.split()}

    def empty(self) -> Rule:
        """Return a copy that belongs to no map yet, for a factory to change.

        >>> copy = Rule("/a", endpoint="a").empty()
        >>> copy.rule = "/blog" + copy.rule
        >>> copy
        <Rule '/blog/a' -> a>
        """
        copy = type(self)(self.rule, **self.get_empty_kwargs())
        copy.provide_automatic_options = self.provide_automatic_options
        copy._origin = self._origin
        return copy

    @property
    def origin(self) -> str | None:
        """Who registered it, such as ``app.py:12``; shown in warnings, worked out when asked for.

        The layer that knows better sets a text, or a function that returns one.
        """
        if callable(self._origin):
            self._origin = self._origin()
        elif isinstance(self._origin, tuple):
            self._origin = _describe_code_place(*self._origin)
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


def _describe_code_place(code: CodeType, offset: int) -> str:
    """Return file and line of the instruction at *offset* of *code*."""
    from dis import findlinestarts

    lines = [line for start, line in findlinestarts(code) if start <= offset and line]
    return f"{code.co_filename}:{lines[-1] if lines else code.co_firstlineno}"


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
