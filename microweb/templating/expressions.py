"""From tokens to the Python source of expressions: the lower half of the compiler.

Each method reads one piece of the language and returns Python for it. Binary operators are read by
one loop over a table of binding powers, everything tighter by descent: ``~`` binds tighter than
``+``, a sign tighter than ``**``, filters and tests tighter than any operator. Nesting and chains
have ceilings, so that hostile text ends in a sentence and not in the interpreter's recursion limit.

Template variables become Python locals: a name that nothing assigns is looked up once at the head
of its function, a name that a scope assigns is a local of its own, so that Python's closures give
the template language's scoping. Text from a template enters the source only through ``repr()``.
"""

from __future__ import annotations

from collections import namedtuple

from ..text.nearest import did_you_mean
from .exceptions import TemplateAssertionError, TemplateSyntaxError
from .runtime import LaterFunction
from .undefined import needs_guard

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
_GUARDED_OPERATORS = {"*": "multiply_values", "%": "format_or_divide"}
LITERAL_WORDS = {
    **{"true": "True", "false": "False", "none": "None"},
    **{"True": "True", "False": "False", "None": "None"},
}
_LOOP_ATTRIBUTES = frozenset(
    "index index0 revindex revindex0 first last length depth depth0 previtem nextitem cycle"
    " changed".split()
)
# What ``loop`` answers without a `LoopContext`, as Python for the number of the round.
COUNTED_ATTRIBUTES = {"index": "({} + 1)", "index0": "{}", "first": "({} == 0)"}
_NO_TEST_ARGUMENT = frozenset(("else", "or", "and", "is", "if", "in", "not", "recursive"))
_EXPRESSION_ENDS = frozenset(("variable_end", "block_end", "eof", ")"))

# What the source calls to put out a value, to return captured output, for ``~``, and the
# `EvalContext` that it hands on.
EscapingNames = namedtuple("EscapingNames", "escape markup concatenate eval_context")
ESCAPED = EscapingNames("escape", "Markup", "concatenate_markup", "escaping")
UNESCAPED = EscapingNames("str", "str", "concatenate_text", "not_escaping")


def describe_template_token(token: TemplateToken) -> str:
    """Say what a token is, as a message shows it."""
    if token[0] == "eof":
        return "the end of the template"
    if token[0] == "text":
        return "text"
    if token[0] in ("block_end", "variable_end"):
        return f"the end of the tag ({token[1]!r})"
    return repr(token[1])[:60]


def template_python_name(prefix: str, name: str) -> str:
    """Return the identifier for *name*; letters beyond ASCII are written as hexadecimal."""
    if name.isascii():
        return f"{prefix}_{name}"
    return f"{prefix}u_{name.encode('utf-8', 'surrogatepass').hex()}"


def tuple_source(items: list[str]) -> str:
    """Return the source of a tuple of *items*."""
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"


class CompilerScope:
    """Where the compiler finds the Python name of a template name.

    ``names`` maps the names of this scope; ``stores`` has those it assigns, with whether
    ``{% set %}`` does it; ``definite`` those certain to be assigned by now, and ``needs_start``
    those read before that, which must start with the outer value. In the body of a loop ``loop`` is
    the Python name of its object; ``loop_use`` is 1 where counting the rounds is enough for what
    the body asks of it, 2 where not; ``shares_loop`` says whether it goes to another template.
    """

    def __init__(self, parent: CompilerScope | None, branch: int, prefix: str) -> None:
        self.parent = parent
        self.branch = branch
        self.prefix = prefix
        self.names: dict[str, str] = {}
        self.stores: dict[str, bool] = {}
        self.definite: set[str] = set()
        self.needs_start: dict[str, bool] = {}
        self.loop = ""
        self.loop_use = 0
        self.shares_loop = False

    def find(self, name: str) -> str | None:
        """Return the Python name of *name* if this scope has it."""
        python = self.names.get(name)
        if python is not None and name not in self.definite:
            self.needs_start[name] = True
        return python


class ExpressionCompiler:
    """Reads expressions from a list of tokens; ``index`` is the next one to read.

    *environment* is asked for filters, tests and settings, *name* and *filename* are those of the
    template, *autoescape* is whether ``{{ }}`` escapes.
    """

    def __init__(
        self,
        environment: Any,
        tokens: list[TemplateToken],
        name: str | None = None,
        filename: str | None = None,
        autoescape: bool = False,
    ) -> None:
        self.environment = environment
        self.tokens = tokens
        self.index = 0
        self.name, self.filename = name, filename
        self.own_autoescape = autoescape
        self.escaping = ESCAPED if autoescape else UNESCAPED
        self.depth = self.branch = self.counter = 0
        self.scope = self.root_scope = CompilerScope(None, 0, "l")
        self.loops: dict[str, CompilerScope] = {}
        self.block: str | None = None
        self.heads: dict[str, str] = {}
        self.imports: dict[str, str] = {}
        self.last_call = ("", "", "")

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

    def enter(self) -> None:
        """Go one level deeper; leaving is ``depth -= 1``."""
        self.depth += 1
        self.deeper(self.depth, _NESTING_LIMIT)

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

    def number(self) -> int:
        """Return a number not used before in this module."""
        self.counter += 1
        return self.counter

    def load(self, name: str) -> str:
        """Return the Python name in which the template's *name* is found."""
        scope: CompilerScope | None = self.scope
        while scope is not None:
            python = scope.find(name)
            if python is not None:
                return python
            scope = scope.parent
        python = self.root_scope.names[name] = template_python_name("l", name)
        self.root_scope.definite.add(name)
        self.heads[python] = self.start_value(name)
        return python

    def start_value(self, name: str) -> str:
        """Return the source that gives *name* its value at the head of a function."""
        if name == "self":
            return f"{self.rare('TemplateReference')}(context, {self.own_autoescape})"
        if name == "super" and self.block is not None:
            function = template_python_name("block", self.block)
            return f"context.parent_block({self.block!r}, {function}, {self.own_autoescape})"
        return f"context.resolve({name!r})"

    def store(self, name: str, by_set: bool = False) -> str:
        """Return the Python name to which the current scope assigns *name*."""
        scope = self.scope
        if name not in scope.names or name not in scope.stores:
            scope.names[name] = template_python_name(scope.prefix, name)
        scope.stores[name] = by_set or scope.stores.get(name, False)
        if self.branch == scope.branch:
            scope.definite.add(name)
        return scope.names[name]

    def rare(self, name: str) -> str:
        """Return *name*, which the module takes from `extra.objects`."""
        self.imports[f"rare({name!r})"] = name
        return name

    def local_source(self, only_set: bool = False) -> str:
        """Return the source of a dict of the local names, if there are any; *only_set* leaves out
        ``loop``, the targets of loops and what need not be assigned by now."""
        names: dict[str, bool] = {}
        loops = ""
        scope: CompilerScope | None = self.scope
        while scope is not None:
            known = list(scope.names)
            if scope is self.root_scope:
                known = list(scope.stores) if self.block is not None else []
            if only_set:
                known = [n for n in known if scope.stores.get(n) and n in scope.definite]
            elif scope.loop:
                scope.shares_loop = True
                loops = f"\0{scope.loop}\0{loops}"
            names.update(dict.fromkeys(known))
            scope = scope.parent
        pairs = [f"{n!r}: {self.load(n)}" for n in names if self.load(n) not in self.loops]
        return f"{{{loops}{', '.join(pairs)}}}" if pairs or loops else ""

    def parse_expression(self, with_condition: bool = True) -> str:
        """Read one expression; *with_condition* says whether ``a if b else c`` is one."""
        self.enter()
        code = self.parse_binary(_OR)
        links = 0
        while with_condition and self.skip_word("if"):
            links += 1
            self.deeper(links)
            line = self.tokens[self.index][2]
            test = self.parse_binary(_OR)
            if self.skip_word("else"):
                otherwise = self.parse_expression()
            else:
                hint = f"the inline if-expression on line {line} is false and has no else part"
                otherwise = f"undefined({hint!r})"
            code = f"({code} if {test} else {otherwise})"
        self.depth -= 1
        return code

    def parse_tuple(self, with_condition: bool = True, end_word: str = "") -> str:
        """Read expressions separated by commas: one alone is itself, several are a tuple."""
        items: list[str] = []
        while True:
            token = self.tokens[self.index]
            at_end = token[0] in _EXPRESSION_ENDS or (token[0] == "name" and token[1] == end_word)
            if items and at_end:
                return tuple_source(items)
            items.append(self.parse_expression(with_condition))
            if not self.skip(","):
                return items[0] if len(items) == 1 else tuple_source(items)

    def parse_binary(self, minimum: int) -> str:
        """Read operators that bind at least as tightly as *minimum*."""
        if minimum <= _NOT and self.skip_word("not"):
            self.enter()
            left = f"(not {self.parse_binary(_NOT)})"
            self.depth -= 1
        else:
            left = self.parse_unary()
        links = 0
        while True:
            kind, value, _ = self.tokens[self.index]
            powers = _WORD_BINDING_POWERS if kind == "name" else _BINDING_POWERS
            power = powers.get(value if kind == "name" else kind, 0)
            if power < minimum or not power:
                return left
            if power == _COMPARE:
                left = self.parse_comparison(left)
            elif power <= _AND or power == _CONCAT:
                left = self.parse_chain(left, value, power)
            else:
                links += 1
                self.deeper(links)
                self.index += 1
                right = self.parse_binary(power + 1)
                function = _GUARDED_OPERATORS.get(value)
                if value == "**":
                    function = self.rare("raise_to_power")
                left = f"{function}({left}, {right})" if function else f"({left} {value} {right})"

    def parse_chain(self, first: str, operator: str, power: int) -> str:
        """Read a run of one operator that associates either way as one flat piece."""
        items = [first]
        while self.tokens[self.index][1] == operator and self.tokens[self.index][0] != "string":
            self.index += 1
            items.append(self.parse_binary(power + 1))
        if operator == "~":
            return f"{self.escaping.concatenate}({', '.join(items)})"
        return f"({f' {operator} '.join(items)})"

    def parse_comparison(self, code: str) -> str:
        """Read ``first < second in third`` as one piece."""
        while True:
            kind, value, _ = self.tokens[self.index]
            if self.skip_word("not"):
                self.expect_word("in")
                value = "not in"
            elif (kind == "name" and value == "in") or _BINDING_POWERS.get(kind) == _COMPARE:
                self.index += 1
            else:
                return f"({code})"
            code += f" {value} {self.parse_binary(_ADD)}"

    def parse_unary(self, with_filters: bool = True) -> str:
        """Read a sign and its operand, or a primary with all that follows it."""
        kind = self.tokens[self.index][0]
        if kind == "-" or kind == "+":
            self.index += 1
            self.enter()
            code = f"({kind}{self.parse_unary(with_filters=False)})"
            self.depth -= 1
        else:
            code = self.parse_primary()
        code = self.parse_postfix(code)
        return self.parse_filters(code) if with_filters else code

    def parse_primary(self) -> str:
        """Read a name, a literal, or something in brackets."""
        kind, value, _ = self.tokens[self.index]
        self.index += 1
        if kind == "name":
            if value in LITERAL_WORDS:
                return LITERAL_WORDS[value]
            code = self.load(value)
            return self.parse_loop_attribute(code) if code in self.loops else code
        if kind == "string":
            while self.tokens[self.index][0] == "string":
                value += self.expect("string")
            return repr(value)
        if kind == "number":
            return repr(value)
        if kind == "(":
            code = "()" if self.tokens[self.index][0] == ")" else self.parse_tuple()
            self.expect(")")
            return code
        if kind == "[":
            return f"[{', '.join([self.parse_expression() for _ in self.until(']')])}]"
        if kind == "{":
            pairs = []
            for _ in self.until("}"):
                key = self.parse_expression()
                self.expect(":")
                pairs.append(f"{key}: {self.parse_expression()}")
            return f"{{{', '.join(pairs)}}}"
        self.index -= 1
        self.fail(f"expected an expression, got {describe_template_token(self.tokens[self.index])}")

    def parse_loop_attribute(self, loop: str) -> str:
        """Read what follows the name ``loop``, and note what is asked of it.

        What counting can answer is marked by null characters until the loop has been read.
        """
        scope = self.loops[loop]
        dot, (_, attribute, _) = self.tokens[self.index : self.index + 2]
        if dot[0] != "." or attribute not in _LOOP_ATTRIBUTES:
            scope.loop_use = 2
            return loop
        self.index += 2
        if attribute in COUNTED_ATTRIBUTES:
            scope.loop_use = scope.loop_use or 1
            return f"\0{loop}.{attribute}\0"
        scope.loop_use = 2
        return f"{loop}.{attribute}"

    def parse_postfix(self, code: str) -> str:
        """Read the attributes, items and calls that follow *code*."""
        links = 0
        while True:
            kind = self.tokens[self.index][0]
            if kind == ".":
                self.index += 1
                following, name, _ = self.tokens[self.index]
                if following == "name":
                    guard = "guarded_" if needs_guard(name) else ""
                    code = f"{guard}attribute({code}, {name!r})"
                elif following == "number" and isinstance(name, int):
                    code = f"item({code}, {name!r})"
                else:
                    self.expect("name", "a name or a whole number after '.'")
                self.index += 1
            elif kind == "[":
                self.index += 1
                code = f"item({code}, {self.parse_subscript()})"
            elif kind == "(":
                code = self.parse_call(code)
            else:
                return code
            links += 1
            self.deeper(links)

    def parse_call(self, function: str) -> str:
        """Read the arguments of a call of *function*."""
        arguments = self.parse_arguments()[2:]
        if function != "l_super" and not (function.startswith("loop_") and "." in function):
            self.heads["callee"] = "context.callee"
            local = self.local_source(only_set=True)
            function = f"callee({function}{local and ', ' + local})"
        code = f"{function}({arguments})"
        self.last_call = (code, function, arguments)
        return code

    def parse_subscript(self) -> str:
        """Read what stands in ``[ ]`` after a value, and the closing bracket."""
        line = self.tokens[self.index][2]
        items: list[str] = []
        while not self.skip("]"):
            if items:
                self.expect(",", "',' or ']'")
            items.append(self.parse_slice())
        if not items:
            self.fail("expected an index or a slice between '[' and ']'", line)
        return items[0] if len(items) == 1 else tuple_source(items)

    def parse_slice(self) -> str:
        """Read an expression or ``start:stop:step``."""
        bounds = [""]
        while True:
            kind = self.tokens[self.index][0]
            if kind == ":" and len(bounds) < 3:
                self.index += 1
                bounds.append("")
            elif kind in ("]", ",") and len(bounds) > 1:
                bounds += [""] * (3 - len(bounds))
                return f"slice({', '.join([bound or 'None' for bound in bounds])})"
            elif not bounds[-1]:
                bounds[-1] = self.parse_expression()
            else:
                if len(bounds) > 1:
                    self.expect("]")
                return bounds[0]

    def parse_arguments(self) -> str:
        """Read ``(positional, name=value, *star, **double_star)``.

        The source that is returned has a comma and a space before each argument.
        """
        self.expect("(")
        positional = star = keywords = odd = double_star = ""
        names: list[str] = []
        for _ in self.until(")"):
            kind, value, _ = self.tokens[self.index]
            if double_star:
                self.fail("nothing can follow '**' in a call")
            if kind == "*" and not star:
                self.index += 1
                star = f", *{self.parse_expression()}"
            elif kind == "**":
                self.index += 1
                double_star = f", **{self.parse_expression()}"
            elif kind == "name" and self.tokens[self.index + 1][0] == "=":
                self.index += 2
                if value in names:
                    self.fail(f"the argument {value!r} is given twice")
                names.append(value)
                if value.isascii() and not is_python_word(value):
                    keywords += f", {value}={self.parse_expression()}"
                else:
                    odd += f"{value!r}: {self.parse_expression()}, "
            elif star or names:
                self.fail("a positional argument cannot follow a named one or '*'")
            else:
                positional += f", {self.parse_expression()}"
        odd = odd and f", **{{{odd}}}"
        return positional + star + keywords + odd + double_star

    def parse_filters(self, code: str) -> str:
        """Read the filters and tests that follow *code*."""
        links = 0
        while True:
            if self.skip("|"):
                code = self.parse_filter(code)
            elif self.skip_word("is"):
                code = self.parse_test(code)
            elif links and self.tokens[self.index][0] == "(":
                code = self.parse_call(code)
            else:
                return code
            links += 1
            self.deeper(links)

    def parse_filter(self, code: str) -> str:
        """Read ``name(arguments)`` after ``|`` and apply it to *code*."""
        line = self.tokens[self.index][2]
        name = self.parse_dotted_name("filter")
        arguments = self.parse_arguments() if self.tokens[self.index][0] == "(" else ""
        return self.named_call("filter", name, code + arguments, line)

    def parse_dotted_name(self, what: str) -> str:
        """Read the name of a filter or test, in which dots may stand."""
        name: str = self.expect("name", f"the name of a {what}")
        while self.skip("."):
            name += "." + self.expect("name", f"the name of a {what}")
        return name

    def parse_test(self, code: str) -> str:
        """Read ``not name argument`` after ``is``."""
        line = self.tokens[self.index][2]
        negated = self.skip_word("not")
        name = self.parse_dotted_name("test")
        kind, value, _ = self.tokens[self.index]
        if kind == "(":
            code += self.parse_arguments()
        elif kind in ("string", "number", "[", "{") or (
            kind == "name" and value not in _NO_TEST_ARGUMENT
        ):
            code += f", {self.parse_postfix(self.parse_primary())}"
        elif kind == "name" and value == "is":
            self.fail("tests cannot be chained with 'is': join them with 'and'")
        code = self.named_call("test", name, code, line)
        return f"(not {code})" if negated else code

    def named_call(self, kind: str, name: str, arguments: str, line: int) -> str:
        """Return the call of a filter or test, which must be known to the environment.

        Its first argument is what it has asked for by a ``pass_`` decorator.
        """
        table: dict[str, Any] = getattr(self.environment, kind + "s")
        if name not in table:
            message = f"there is no {kind} called {name!r}.{did_you_mean(name, table)}"
            raise TemplateAssertionError(message, line, self.name, self.filename)
        if isinstance(table[name], LaterFunction):
            table[name] = table[name].fetch()
        key = f"{kind}s[{name!r}]"
        if key not in self.imports:
            plain = name.replace(".", "_")
            python = f"{kind}_{plain if plain.isascii() and plain.isidentifier() else 'named'}"
            if python in self.imports.values():
                python += f"_{self.number()}"
            self.imports[key] = python
        passing = getattr(table[name], "template_pass", None)
        if passing == "eval_context":
            arguments = f"{self.escaping.eval_context}, {arguments}"
        elif passing in ("context", "environment"):
            arguments = f"{passing}, {arguments}"
        return f"{self.imports[key]}({arguments})"


def is_python_word(name: str) -> bool:
    """Say whether Python keeps *name* for itself, so that it can name no argument."""
    from keyword import iskeyword

    return iskeyword(name) or name == "__debug__"
