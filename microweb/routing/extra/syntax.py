"""What is wrong with a rule that cannot be parsed, and where."""

from __future__ import annotations

import re

from ..exceptions import RuleSyntaxError
from ..rules import RULE_ARGUMENT_RE, RULE_NAME

_VARIABLE_NAME_RE = re.compile(RULE_NAME)
_REGEX_END_RE = re.compile(f":({RULE_NAME})>")


def find_syntax_error(rule: str) -> RuleSyntaxError:
    """Return the error that points at the first character of *rule* that cannot be there.

    >>> find_syntax_error("/<a>/<a>").problem
    "the variable 'a' is used twice; rename one of them"
    """
    names: set[str] = set()
    end = 0
    while True:
        opening = rule.find("<", end)
        literal = rule[end:opening] if opening >= 0 else rule[end:]
        if ">" in literal:
            problem = "this '>' closes nothing; a variable is written '<name>'"
            return RuleSyntaxError(rule, end + literal.index(">"), problem)
        if opening < 0:
            return RuleSyntaxError(rule, 0, "this rule cannot be understood")
        if not literal and names:
            problem = "two variables touch; put a character between them, as in '<a>-<b>'"
            return RuleSyntaxError(rule, opening, problem)
        try:
            name, end = _pass_variable(rule, opening)
        except RuleSyntaxError as error:
            return error
        if name in names:
            problem = f"the variable {name!r} is used twice; rename one of them"
            return RuleSyntaxError(rule, opening, problem)
        names.add(name)


def _pass_variable(rule: str, opening: int) -> tuple[str, int]:
    """Return the name of the variable whose ``<`` is at *opening*, and the index behind its ``>``.

    Raises RuleSyntaxError: there is no variable.
    """
    if rule.startswith("<re:", opening):
        closing = _REGEX_END_RE.search(rule, opening + 5)
        if closing is None:
            problem = "a regular expression is written '<re:pattern:name>', as in '<re:[a-z]+:x>'"
            raise RuleSyntaxError(rule, opening, problem)
        return closing[1], closing.end()
    name = _VARIABLE_NAME_RE.match(rule, opening + 1)
    if name is None:
        problem = (
            "a name is expected here: an ASCII letter or '_', then letters, digits and '_', "
            "as in '<name>' or '<int:name>'"
        )
        raise RuleSyntaxError(rule, opening + 1, problem)
    end = name.end()
    if rule[end : end + 1] != ">":
        if rule[end : end + 1] == "(":
            end = _pass_arguments(rule, end + 1)
        name = _VARIABLE_NAME_RE.match(rule, end + 1) if rule[end : end + 1] == ":" else None
    if name is not None and rule[name.end() : name.end() + 1] == ">":
        return name[0], name.end() + 1
    if rule.find(">", end) < 0:
        problem = "this '<' is never closed; write '<name>' or '<converter:name>'"
        raise RuleSyntaxError(rule, opening, problem)
    problem = "this cannot follow here; a variable is '<name>' or '<converter(arguments):name>'"
    raise RuleSyntaxError(rule, name.end() if name is not None else end, problem)


def _pass_arguments(rule: str, position: int) -> int:
    """Return the index behind the ``)`` of the arguments that begin at *position*."""
    if rule[position : position + 1] == ")":
        return position + 1
    names: set[str] = set()
    while True:
        found = RULE_ARGUMENT_RE.match(rule, position)
        separator = rule[found.end() : found.end() + 1] if found is not None else ""
        if found is None or separator not in (",", ")"):
            problem = (
                "arguments are expected here and then ')', as in 'int(min=1)' or 'any(en, de)'"
            )
            raise RuleSyntaxError(rule, position, problem)
        if found[1] in names:
            raise RuleSyntaxError(rule, position, f"the argument {found[1]!r} is given twice")
        if names and found[1] is None:
            raise RuleSyntaxError(rule, position, "an argument without a name follows a named one")
        if found[1] is not None:
            names.add(found[1])
        position = found.end() + 1
        if separator == ")":
            return position
