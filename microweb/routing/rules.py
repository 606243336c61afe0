"""Rules: the text ``/user/<int:id>`` taken apart, and put together again as a URL.

A rule knows its text, its endpoint and its methods; it knows nothing of views, of other rules or of
how a path is matched. Its syntax is judged when it is made; its converters when it is added to a
map, because the map names them.
"""

from __future__ import annotations

import re
import sys

from ..text.lazy import LaterMember
from ..text.quoting import quote_path
from .converters import NOT_CONVERTED
from .exceptions import RuleSyntaxError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, Union

    RulePiece = Union[str, "RuleVariable"]

# What the trie calls the method of rules for websockets; no request has such a method.
WEBSOCKET = "(websocket)"
RULE_NAME = "[A-Za-z_][A-Za-z0-9_]*"
_RULE_VALUE = r"""(?:"[^"]*"|'[^']*'|[^\s,()"'=<>]+)"""
_RULE_ARGUMENT = rf"\s*(?:{RULE_NAME}\s*=\s*)?{_RULE_VALUE}\s*"
RULE_ARGUMENT_RE = re.compile(rf"\s*(?:({RULE_NAME})\s*=\s*)?({_RULE_VALUE})\s*")
# <name>, <converter:name>, <converter(arguments):name> or <re:pattern:name>.
_RULE_VARIABLE_RE = re.compile(
    rf"<(?:re:(.+?):|(?:(?!re:)({RULE_NAME})"
    rf"(?:\(((?:{_RULE_ARGUMENT}(?:,{_RULE_ARGUMENT})*)?)\))?:)?)({RULE_NAME})>",
    re.DOTALL,
)
_RULE_NUMBER_RE = re.compile(r"-?[0-9]{1,300}(\.[0-9]{1,300})?")
_RULE_CONSTANTS = {"None": None, "True": True, "False": False}


class RuleVariable:
    """One ``<converter(arguments):name>`` of a rule, as written.

    ``pattern`` is the text it stands in and ``position`` the index of its ``<`` there; ``bound`` is
    the map's own converter for it, set when the rule is added.
    """

    __slots__ = ("arguments", "bound", "converter", "keywords", "name", "pattern", "position")

    def __init__(self, found: re.Match[str]) -> None:
        self.pattern = found.string
        self.position = found.start()
        regex, converter, arguments, self.name = found.groups()
        self.converter = "re" if regex else converter or "default"
        self.arguments: tuple[Any, ...] = (regex,) if regex else ()
        self.keywords: dict[str, Any] = {}
        self.bound: Any = None
        for name, text in RULE_ARGUMENT_RE.findall(arguments) if arguments else ():
            if name in self.keywords or (self.keywords and not name):
                raise _make_syntax_error(self.pattern)
            if name:
                self.keywords[name] = _read_argument(text)
            else:
                self.arguments += (_read_argument(text),)

    def __repr__(self) -> str:
        return f"<RuleVariable {self.name!r} of {self.spec()}>"

    def spec(self) -> str:
        """Return the converter with its arguments, the way it is written in a rule."""
        if not (self.arguments or self.keywords):
            return self.converter
        given = [repr(value) for value in self.arguments]
        given += [f"{name}={value!r}" for name, value in self.keywords.items()]
        return f"{self.converter}({', '.join(given)})"


def parse_rule(rule: str) -> list[RulePiece]:
    """Return the pieces of *rule*: ``str`` for what stands as it is, ``RuleVariable`` for the rest.

    Between two variables stands at least one character. Raises RuleSyntaxError: quotes the rule and
    points at the character.

    >>> parse_rule("/<int(min=1):id>")
    ['/', <RuleVariable 'id' of int(min=1)>]
    """
    pieces: list[RulePiece] = []
    names: set[str] = set()
    end = 0
    for found in _RULE_VARIABLE_RE.finditer(rule):
        literal = rule[end : found.start()]
        if found[4] in names or (names and not literal) or "<" in literal or ">" in literal:
            raise _make_syntax_error(rule)
        pieces += [literal, RuleVariable(found)] if literal else [RuleVariable(found)]
        names.add(found[4])
        end = found.end()
    if "<" in rule[end:] or ">" in rule[end:]:
        raise _make_syntax_error(rule)
    return [*pieces, rule[end:]] if rule[end:] else pieces


def _make_syntax_error(rule: str) -> RuleSyntaxError:
    """Return the error that says what is wrong in *rule*, and where."""
    try:
        from .extra.syntax import find_syntax_error
    except ImportError:
        return RuleSyntaxError(rule, 0, "write variables as '<name>' or '<converter:name>'")
    return find_syntax_error(rule)


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


def _load_rare_rule() -> type:
    from .extra.rules import RareRule

    return RareRule


class Rule(RuleFactory):
    """One URL pattern and the endpoint it leads to.

    The parameters are Werkzeug's.

    *string*: the pattern. ``<name>`` takes one segment, ``<converter(arguments):name>`` what the
    converter takes; *defaults*: values for arguments, also in place of what a variable took;
    *methods*: those it answers, or ``None`` for all; ``GET`` brings ``HEAD``; *build_only*: it
    builds URLs and is never matched; *endpoint*: what a match returns and what URLs are built from;
    *strict_slashes*, *merge_slashes*: as for the map, which ``None`` asks; *subdomain*, *host*:
    where it answers, a pattern as well; ``None`` for the map's default, or for every host;
    *redirect_to*: a path with ``<name>`` in it, or a callable ``(adapter, **arguments)`` that
    returns one: where a match is redirected; *alias*: a match is redirected to the other rule of
    the endpoint; *websocket*: no request is matched, as WSGI carries no websockets. Raises
    RuleSyntaxError: if the pattern cannot be understood.

    >>> rule = Rule("/user/<int:id>", methods=["get"], endpoint="user")
    >>> sorted(rule.methods), sorted(rule.arguments), rule.is_leaf
    (['GET', 'HEAD'], ['id'], True)
    """

    empty = LaterMember(_load_rare_rule)
    get_empty_kwargs = LaterMember(_load_rare_rule)
    _converters = LaterMember(_load_rare_rule)
    _trace = LaterMember(_load_rare_rule)
    origin = LaterMember(_load_rare_rule)

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
        # What `origin` tells: a text, a function that returns one, or a place in a code object.
        frame = sys._getframe(1)
        self.registered_by: Any = (frame.f_code, frame.f_lasti)
        # For ``build_path``, which makes them: (encoded text, name, writer, reader) per variable.
        self.build_steps: list[tuple[str, Any, Any, Any]] = []
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

    def method_keys(self) -> Iterable[str | None]:
        """Return the methods that it answers: ``None`` for every one, or the websockets'."""
        return (WEBSOCKET,) if self.websocket else (None,) if self.methods is None else self.methods

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
        try:
            where = f" ({self.origin})" if self.origin else ""
        except ImportError:
            where = ""
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


def build_path(rule: Rule, values: Mapping[str, Any]) -> tuple[str | None, str]:
    """Return the encoded path of *rule* for *values*; else ``None`` and what is wrong with them.

    *rule*: a rule that was added to a map; *values*: by variable; a ``None`` counts as not given.

    >>> from microweb.routing import Map
    >>> rule = Rule("/u/<name>", endpoint="u")
    >>> Map([rule]).build("u", {"name": "x"}), build_path(rule, {})
    ('/u/x', (None, "needs a value for 'name'"))
    """
    defaults = rule.defaults
    if defaults:
        for name, default in defaults.items():
            given = values.get(name)
            if given is not None and given != default:
                return None, f"stands for {name}={default!r} only, not {given!r}"
    url = ""
    for text, name, write, read in rule.build_steps or _make_build_steps(rule):
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


def _make_build_steps(rule: Rule) -> list[tuple[str, Any, Any, Any]]:
    """Encode the fixed texts of *rule*, once; what stands behind the last variable has no name."""
    text = ""
    for piece in rule.pieces:
        if isinstance(piece, str):
            text = quote_path(piece)
        else:
            rule.build_steps.append((text, piece.name, piece.bound.write, piece.bound.read))
            text = ""
    if text:
        rule.build_steps.append((text, None, None, None))
    return rule.build_steps
