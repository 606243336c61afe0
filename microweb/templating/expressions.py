"""From tokens to the nodes of expressions: the lower half of the parser.

Binary operators are read by one loop over a table of binding powers, everything tighter by
descent. Nesting and chains have ceilings here, so that hostile text ends in a sentence and not in
the interpreter's recursion limit. Binding powers follow Jinja's: ``~`` binds tighter than ``+``,
a sign tighter than ``**``, filters and tests tighter than any operator.
"""

from __future__ import annotations

from .exceptions import TemplateSyntaxError
from .nodes import TemplateNode, TemplateScope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, NoReturn

    from .lexer import TemplateToken

_NESTING_LIMIT = 40
_CHAIN_LIMIT = 80
_OR, _AND, _NOT, _COMPARE, _ADD, _CONCAT, _MULTIPLY, _POWER = range(1, 9)
_BINDING_POWERS = {
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), _COMPARE),
    **dict.fromkeys(("+", "-"), _ADD),
    **dict.fromkeys(("*", "/", "//", "%"), _MULTIPLY),
    "~": _CONCAT,
    "**": _POWER,
}
_WORD_BINDING_POWERS = {"or": _OR, "and": _AND, "in": _COMPARE, "not": _COMPARE}
LITERAL_WORDS = {
    "true": True,
    "false": False,
    "none": None,
    "True": True,
    "False": False,
    "None": None,
}
# What ``loop`` answers without a `LoopContext`, as Python for the number of the round.
COUNTED_ATTRIBUTES = {"index": "({} + 1)", "index0": "{}", "first": "({} == 0)"}
_NO_TEST_ARGUMENT = frozenset(("else", "or", "and", "is", "if", "in", "not", "recursive"))
_EXPRESSION_ENDS = frozenset(("variable_end", "block_end", "eof", ")"))


def describe_template_token(token: TemplateToken) -> str:
    """Say what a token is, as a message shows it."""
    if token[0] == "eof":
        return "the end of the template"
    if token[0] == "text":
        return "text"
    if token[0] in ("block_end", "variable_end"):
        return f"the end of the tag ({token[1]!r})"
    return repr(token[1])[:60]


class ExpressionParser:
    """Reads expressions from a list of tokens; ``index`` is the next one to read."""

    def __init__(
        self, tokens: list[TemplateToken], name: str | None = None, filename: str | None = None
    ) -> None:
        self.tokens = tokens
        self.index = 0
        self.name = name
        self.filename = filename
        self.depth = 0
        self.scopes: list[TemplateScope] = [TemplateScope()]

    def fail(self, message: str, lineno: int | None = None) -> NoReturn:
        """Raise TemplateSyntaxError at *lineno*, or at the next token."""
        line = self.tokens[self.index][2] if lineno is None else lineno
        raise TemplateSyntaxError(message, line, self.name, self.filename)

    def expect(self, kind: str, wanted: str = "") -> Any:
        """Take the next token, which must be of *kind*, and return its value."""
        token = self.tokens[self.index]
        if token[0] != kind:
            self.fail(f"expected {wanted or repr(kind)}, got {describe_template_token(token)}")
        self.index += 1
        return token[1]

    def skip(self, kind: str) -> bool:
        """Take the next token if it is of *kind*; say whether it was."""
        if self.tokens[self.index][0] == kind:
            self.index += 1
            return True
        return False

    def skip_word(self, word: str) -> bool:
        """Take the next token if it is the name *word*; say whether it was."""
        token = self.tokens[self.index]
        if token[0] == "name" and token[1] == word:
            self.index += 1
            return True
        return False

    def expect_word(self, word: str) -> None:
        """Take the next token, which must be the name *word*."""
        if not self.skip_word(word):
            got = describe_template_token(self.tokens[self.index])
            self.fail(f"expected {word!r}, got {got}")

    def deeper(self, steps: int, limit: int = _CHAIN_LIMIT) -> None:
        """Refuse the *steps*-th link of a chain, or level of nesting, above *limit*."""
        if steps > limit:
            self.fail(f"too deeply nested: more than {limit} levels in one place")

    def enter(self, limit: int = _NESTING_LIMIT) -> None:
        """Go one level deeper; leaving is ``depth -= 1``."""
        self.depth += 1
        self.deeper(self.depth, limit)

    def until(self, end: str) -> Iterator[None]:
        """Go round once for each of some things separated by commas, and take the bracket *end*."""
        first = True
        while not self.skip(end):
            if not first:
                self.expect(",", f"',' or {end!r}")
                if self.skip(end):
                    return
            first = False
            yield

    def parse_expression(self, with_condition: bool = True) -> TemplateNode:
        """Read one expression; *with_condition* says whether ``a if b else c`` is one."""
        self.enter()
        node = self.parse_binary(_OR)
        links = 0
        while with_condition and self.skip_word("if"):
            links += 1
            self.deeper(links)
            lineno = self.tokens[self.index][2]
            test = self.parse_binary(_OR)
            otherwise = self.parse_expression() if self.skip_word("else") else None
            node = TemplateNode("condition", lineno, test, node, otherwise)
        self.depth -= 1
        return node

    def parse_tuple(self, with_condition: bool = True, end_word: str = "") -> TemplateNode:
        """Read expressions separated by commas: one alone is itself, several are a tuple."""
        lineno = self.tokens[self.index][2]
        items: list[TemplateNode] = []
        comma = False
        while True:
            token = self.tokens[self.index]
            if items and (
                token[0] in _EXPRESSION_ENDS or (token[0] == "name" and token[1] == end_word)
            ):
                break
            items.append(self.parse_expression(with_condition))
            if not self.skip(","):
                break
            comma = True
        return TemplateNode("sequence", lineno, "()", items) if comma else items[0]

    def parse_binary(self, minimum: int) -> TemplateNode:
        """Read operators that bind at least as tightly as *minimum*."""
        tokens = self.tokens
        token = tokens[self.index]
        if minimum <= _NOT and token[0] == "name" and token[1] == "not":
            self.index += 1
            self.enter()
            left = TemplateNode("unary", token[2], "not ", self.parse_binary(_NOT))
            self.depth -= 1
        else:
            left = self.parse_unary()
        links = 0
        while True:
            kind, value, lineno = tokens[self.index]
            power = (
                _WORD_BINDING_POWERS.get(value, 0)
                if kind == "name"
                else _BINDING_POWERS.get(kind, 0)
            )
            if power < minimum or not power:
                return left
            if power == _COMPARE:
                left = self.parse_comparison(left)
                continue
            if power <= _AND or power == _CONCAT:
                left = self.parse_chain(left, value, power)
                continue
            links += 1
            self.deeper(links)
            self.index += 1
            left = TemplateNode("binary", lineno, value, left, self.parse_binary(power + 1))

    def parse_chain(self, first: TemplateNode, operator: str, power: int) -> TemplateNode:
        """Read a run of one operator that associates either way as one flat node."""
        lineno = self.tokens[self.index][2]
        items = [first]
        while self.tokens[self.index][1] == operator and self.tokens[self.index][0] != "string":
            self.index += 1
            items.append(self.parse_binary(power + 1))
        return TemplateNode("chain", lineno, operator, items)

    def parse_comparison(self, first: TemplateNode) -> TemplateNode:
        """Read ``first < second in third`` as one node."""
        lineno = self.tokens[self.index][2]
        rest: list[tuple[str, TemplateNode]] = []
        while True:
            kind, value, _ = self.tokens[self.index]
            if kind == "name" and value == "not":
                self.index += 1
                self.expect_word("in")
                operator = "not in"
            elif (kind == "name" and value == "in") or _BINDING_POWERS.get(kind) == _COMPARE:
                self.index += 1
                operator = value
            else:
                return TemplateNode("compare", lineno, first, rest)
            rest.append((operator, self.parse_binary(_ADD)))

    def parse_unary(self, with_filters: bool = True) -> TemplateNode:
        """Read a sign and its operand, or a primary with all that follows it."""
        kind, _, lineno = self.tokens[self.index]
        if kind == "-" or kind == "+":
            self.index += 1
            self.enter()
            node = TemplateNode("unary", lineno, kind, self.parse_unary(with_filters=False))
            self.depth -= 1
        else:
            node = self.parse_primary()
        node = self.parse_postfix(node)
        if with_filters and self.tokens[self.index][0] in ("|", "name", "("):
            node = self.parse_filters(node)
        return node

    def parse_primary(self) -> TemplateNode:
        """Read a name, a literal, or something in brackets."""
        kind, value, lineno = self.tokens[self.index]
        self.index += 1
        if kind == "name":
            if value in LITERAL_WORDS:
                return TemplateNode("constant", lineno, LITERAL_WORDS[value])
            if value == "loop":
                self.mark_loop()
            return TemplateNode("name", lineno, value)
        if kind == "string":
            parts = [value]
            while self.tokens[self.index][0] == "string":
                parts.append(self.tokens[self.index][1])
                self.index += 1
            return TemplateNode("constant", lineno, "".join(parts))
        if kind == "number":
            return TemplateNode("constant", lineno, value)
        if kind == "(":
            if self.skip(")"):
                return TemplateNode("sequence", lineno, "()", [])
            node = self.parse_tuple()
            self.expect(")")
            return node
        if kind == "[":
            items = [self.parse_expression() for _ in self.until("]")]
            return TemplateNode("sequence", lineno, "[]", items)
        if kind == "{":
            pairs = []
            for _ in self.until("}"):
                key = self.parse_expression()
                self.expect(":")
                pairs.append((key, self.parse_expression()))
            return TemplateNode("dict", lineno, pairs)
        self.index -= 1
        self.fail(f"expected an expression, got {describe_template_token(self.tokens[self.index])}")

    def mark_loop(self) -> None:
        """Note that the innermost loop needs its ``loop`` object, or only to count its rounds."""
        dot, attribute = self.tokens[self.index : self.index + 2]
        only_counts = dot[0] == "." and attribute[1] in COUNTED_ATTRIBUTES
        for scope in reversed(self.scopes):
            if "loop" in scope.stores:
                return
            if scope.is_loop:
                scope.counts = True
                scope.uses_loop = scope.uses_loop or not only_counts
                return

    def parse_postfix(self, node: TemplateNode) -> TemplateNode:
        """Read the attributes, items and calls that follow *node*."""
        links = 0
        while True:
            kind, _, lineno = self.tokens[self.index]
            if kind == ".":
                self.index += 1
                following, value, _ = self.tokens[self.index]
                if following == "name":
                    node = TemplateNode("attribute", lineno, node, value)
                elif following == "number" and isinstance(value, int):
                    key = TemplateNode("constant", lineno, value)
                    node = TemplateNode("item", lineno, node, key)
                else:
                    self.expect("name", "a name or a whole number after '.'")
                self.index += 1
            elif kind == "[":
                self.index += 1
                node = TemplateNode("item", lineno, node, self.parse_subscript())
            elif kind == "(":
                node = TemplateNode("call", lineno, node, self.parse_arguments())
            else:
                return node
            links += 1
            self.deeper(links)

    def parse_subscript(self) -> TemplateNode:
        """Read what stands in ``[ ]`` after a value, and the closing bracket."""
        lineno = self.tokens[self.index][2]
        items: list[TemplateNode] = []
        while not self.skip("]"):
            if items:
                self.expect(",", "',' or ']'")
            items.append(self.parse_slice())
        if not items:
            self.fail("expected an index or a slice between '[' and ']'", lineno)
        return items[0] if len(items) == 1 else TemplateNode("sequence", lineno, "()", items)

    def parse_slice(self) -> TemplateNode:
        """Read an expression or ``start:stop:step``."""
        lineno = self.tokens[self.index][2]
        bounds: list[TemplateNode | None] = [None]
        while True:
            kind = self.tokens[self.index][0]
            if kind == ":" and len(bounds) < 3:
                self.index += 1
                bounds.append(None)
            elif kind in ("]", ",") and len(bounds) > 1:
                bounds += [None] * (3 - len(bounds))
                return TemplateNode("slice", lineno, *bounds)
            elif bounds[-1] is None:
                bounds[-1] = self.parse_expression()
            else:
                if len(bounds) > 1:
                    self.expect("]")
                return bounds[0] or TemplateNode("constant", lineno, None)

    def parse_arguments(self) -> TemplateNode:
        """Read ``(positional, name=value, *star, **double_star)``."""
        lineno = self.tokens[self.index][2]
        self.expect("(")
        positional: list[TemplateNode] = []
        keywords: list[tuple[str, TemplateNode]] = []
        star: TemplateNode | None = None
        double_star: TemplateNode | None = None
        for _ in self.until(")"):
            kind, value, _ = self.tokens[self.index]
            if double_star is not None:
                self.fail("nothing can follow '**' in a call")
            if kind == "*" and star is None:
                self.index += 1
                star = self.parse_expression()
            elif kind == "**":
                self.index += 1
                double_star = self.parse_expression()
            elif kind == "name" and self.tokens[self.index + 1][0] == "=":
                self.index += 2
                if any(value == name for name, _ in keywords):
                    self.fail(f"the argument {value!r} is given twice")
                keywords.append((value, self.parse_expression()))
            elif star is not None or keywords:
                self.fail("a positional argument cannot follow a named one or '*'")
            else:
                positional.append(self.parse_expression())
        return TemplateNode("arguments", lineno, positional, keywords, star, double_star)

    def parse_filters(self, node: TemplateNode) -> TemplateNode:
        """Read the filters and tests that follow *node*."""
        links = 0
        while True:
            kind, value, lineno = self.tokens[self.index]
            if kind == "|":
                node = self.parse_filter(node)
            elif kind == "name" and value == "is":
                self.index += 1
                node = self.parse_test(node)
            elif kind == "(" and links:
                node = TemplateNode("call", lineno, node, self.parse_arguments())
            else:
                return node
            links += 1
            self.deeper(links)

    def parse_filter(self, node: TemplateNode, with_pipe: bool = True) -> TemplateNode:
        """Read ``| name(arguments)`` onto *node*."""
        lineno = self.tokens[self.index][2]
        if with_pipe:
            self.expect("|")
        name = self.parse_dotted_name("filter")
        arguments = self.parse_arguments() if self.tokens[self.index][0] == "(" else None
        return TemplateNode("filter", lineno, node, name, arguments)

    def parse_dotted_name(self, what: str) -> str:
        """Read the name of a filter or test, in which dots may stand."""
        name: str = self.expect("name", f"the name of a {what}")
        while self.skip("."):
            name += "." + self.expect("name", f"the name of a {what}")
        return name

    def parse_test(self, node: TemplateNode) -> TemplateNode:
        """Read ``not name argument`` after ``is``."""
        lineno = self.tokens[self.index][2]
        negated = self.skip_word("not")
        name = self.parse_dotted_name("test")
        kind, value, _ = self.tokens[self.index]
        arguments: TemplateNode | None = None
        if kind == "(":
            arguments = self.parse_arguments()
        elif kind in ("string", "number", "[", "{") or (
            kind == "name" and value not in _NO_TEST_ARGUMENT
        ):
            argument = self.parse_postfix(self.parse_primary())
            arguments = TemplateNode("arguments", lineno, [argument], [], None, None)
        elif kind == "name" and value == "is":
            self.fail("tests cannot be chained with 'is': join them with 'and'")
        return TemplateNode("test", lineno, node, name, arguments, negated)
