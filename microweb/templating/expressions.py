"""From tokens to the Python source of expressions: the lower half of the compiler.

Each method reads one piece of the language and returns Python for it. Binary operators are read by
one loop over a table of binding powers, everything tighter by descent.

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

_OR, _AND, _NOT, _COMPARE, _ADD, _CONCAT, _MULTIPLY, _POWER = range(1, 9)
_BINDING_POWERS = {
    "or": _OR,
    "and": _AND,
    **dict.fromkeys(("not", "in", "==", "!=", "<", "<=", ">", ">="), _COMPARE),
    **dict.fromkeys(("+", "-"), _ADD),
    "~": _CONCAT,
    **dict.fromkeys(("*", "/", "//", "%"), _MULTIPLY),
    "**": _POWER,
}
_OPERATOR_FUNCTIONS = {"*": "multiply_values", "%": "format_or_divide", "**": "raise_to_power"}
LITERAL_WORDS = {text: text.title() for text in "true false none True False None".split()}
_LOOP_ATTRIBUTES = frozenset(
    "index index0 revindex revindex0 first last length depth depth0 previtem nextitem cycle"
    " changed".split()
)
# What ``loop`` answers without a `LoopContext`, as Python for the number of the round.
COUNTED_ATTRIBUTES = {"index": "({} + 1)", "index0": "{}", "first": "({} == 0)"}
_NO_TEST_ARGUMENT = frozenset(("else", "or", "and", "is", "if", "in", "not", "recursive"))
_EXPRESSION_ENDS = frozenset(("variable_end", "block_end", "eof", ")"))
_LINK_LIMIT = 1000

# What the source calls to put out a value, to return captured output, for ``~``, and the
# `EvalContext` that it hands on.
EscapingNames = namedtuple("EscapingNames", "escape markup concatenate eval_context")
ESCAPED = EscapingNames("escape", "Markup", "concatenate_markup", "escaping")
UNESCAPED = EscapingNames("str", "str", "concatenate_text", "not_escaping")


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
    ``{% set %}`` does it; ``starts`` lists those that may stay unassigned, which must start with
    the outer value; with ``looks_up`` that is the context's. What is assigned *branch* levels of
    ``if`` deep is assigned for certain.
    """

    def __init__(self, parent: CompilerScope | None, branch: int, prefix: str) -> None:
        self.parent, self.branch, self.prefix = parent, branch, prefix
        self.names: dict[str, str] = {}
        self.stores: dict[str, bool] = {}
        self.starts: list[str] = []
        self.looks_up = False

    def find(self, name: str) -> str | None:
        """Return the Python name of *name* if this scope has it."""
        return self.names.get(name)


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
        self.environment, self.name, self.filename = environment, name, filename
        self.tokens, self.index = tokens, 0
        self.default_escaping = self.escaping = ESCAPED if autoescape else UNESCAPED
        self.branch = self.counter = self.links = 0
        self.scope = self.root_scope = CompilerScope(None, 0, "l")
        self.block: str | None = None
        self.heads: dict[str, str] = {}
        self.imports: dict[str, str] = {}
        self.last_call = ("", "", "")
        self.unknown: list[TemplateAssertionError] = []

    def fail(self, message: str, lineno: int | None = None) -> NoReturn:
        """Raise TemplateSyntaxError at *lineno*, or at the next token."""
        line = self.tokens[self.index][2] if lineno is None else lineno
        raise TemplateSyntaxError(message, line, self.name, self.filename)

    @property
    def next(self) -> str:
        """The kind of the next token."""
        return self.tokens[self.index][0]

    def expect(self, kind: str, wanted: str = "") -> Any:
        """Take the next token, which must be of *kind*, and return its value."""
        found, value, _ = self.tokens[self.index]
        if found != kind:
            got = repr(value)[:60]
            if found.endswith("_end"):
                got = f"the end of the tag ({value!r})"
            elif found in ("eof", "text"):
                got = "text" if found == "text" else "the end of the template"
            self.fail(f"expected {wanted or repr(kind)}, got {got}")
        self.index += 1
        return value

    def skip(self, word: str) -> bool:
        """Take the next token if it is the operator or name *word*; say whether it was."""
        kind, value, _ = self.tokens[self.index]
        found = value == word and (kind == word or kind == "name")
        self.index += found
        return found

    def until(self, end: str) -> Iterator[None]:
        """Go round once for each of some things separated by commas, and take the bracket *end*."""
        while not self.skip(end):
            yield
            if not self.skip(","):
                self.expect(end, f"',' or {end!r}")
                return

    def link(self) -> None:
        """Count an operator, call, filter or the like; one tag may have 1,000 of them."""
        self.links += 1
        if self.links > _LINK_LIMIT:
            self.fail("too deeply nested: write it in several steps")

    def number(self) -> int:
        """Return a number not used before in this module."""
        self.counter += 1
        return self.counter

    def rare(self, name: str) -> str:
        """Return *name*, which the module takes from `extra.objects`."""
        self.imports[f"rare({name!r})"] = name
        return name

    def load(self, name: str) -> str:
        """Return the Python name in which the template's *name* is found."""
        scope: CompilerScope | None = self.scope
        while scope is not None:
            python = scope.find(name)
            if python is not None:
                return python
            scope = scope.parent
        python = self.root_scope.names[name] = template_python_name("l", name)
        self.heads[python] = self.start_value(name)
        return python

    def start_value(self, name: str) -> str:
        """Return the source that gives *name* its value at the head of a function."""
        escapes = self.default_escaping is ESCAPED
        if name == "self":
            return f"{self.rare('TemplateReference')}(context, {escapes})"
        if name == "super" and self.block is not None:
            function = template_python_name("block", self.block)
            return f"context.parent_block({self.block!r}, {function}, {escapes})"
        return f"context.resolve({name!r})"

    def store(self, name: str, by_set: bool = False) -> str:
        """Return the Python name to which the current scope assigns *name*."""
        scope = self.scope
        if name not in scope.stores:
            if name not in scope.names and self.branch != scope.branch:
                scope.starts.append(name)
            scope.names[name] = template_python_name(scope.prefix, name)
        scope.stores[name] = by_set or scope.stores.get(name, False)
        return scope.names[name]

    def local_source(self, only_set: bool = False) -> str:
        """Return the source of a dict of the local names, if there are any; *only_set* leaves out
        ``loop`` and the targets of loops."""
        names: dict[str, str] = {}
        scope: CompilerScope | None = self.scope
        while scope is not None:
            for name, python in scope.names.items():
                by_set = scope.stores.get(name)  # None for what is only read, and for ``loop``
                if scope is self.root_scope and (by_set is None or self.block is None):
                    continue  # the context has it
                if by_set or not only_set:
                    names.setdefault(name, python)
            scope = scope.parent
        pairs = [f"{name!r}: {python}" for name, python in names.items()]
        return f"{{{', '.join(pairs)}}}" if pairs else ""

    def parse_expression(self, with_condition: bool = True) -> str:
        """Read one expression; *with_condition* says whether ``a if b else c`` is one."""
        unknown = len(self.unknown)
        code = self.parse_binary(_OR)
        while with_condition and self.skip("if"):
            self.link()
            line = self.tokens[self.index][2]
            test = self.parse_binary(_OR)
            # Jinja: plain, whatever class the environment has for undefined values.
            hint = f"the inline if-expression on line {line} is false and has no else part"
            nothing = f"plain_undefined({hint!r})"
            otherwise = self.parse_expression() if self.skip("else") else nothing
            code = f"({code} if {test} else {otherwise})"
            del self.unknown[unknown:]  # They stand in a branch.
        return code

    def parse_tuple(self, with_condition: bool = True, end_word: str = "") -> str:
        """Read expressions separated by commas: one alone is itself, several are a tuple."""
        items = [self.parse_expression(with_condition)]
        if self.next != ",":
            return items[0]
        while self.skip(","):
            kind, value, _ = self.tokens[self.index]
            if kind in _EXPRESSION_ENDS or (kind == "name" and value == end_word):
                break
            items.append(self.parse_expression(with_condition))
        return tuple_source(items)

    def parse_binary(self, minimum: int) -> str:
        """Read operators that bind at least as tightly as *minimum*.

        ``level`` is the power of those in *code* that no brackets surround yet.
        """
        level = 0
        if minimum <= _NOT and self.skip("not"):
            code = f"(not {self.parse_binary(_NOT)})"
        else:
            code = self.parse_unary()
        while True:
            kind, operator, _ = self.tokens[self.index]
            power = _BINDING_POWERS.get(operator, 0) if kind in (operator, "name") else 0
            if power < minimum or not power:
                return f"({code})" if level and level != _CONCAT else code
            self.index += 1
            if power in (_ADD, _MULTIPLY, _POWER):
                self.link()
            if operator == "not":
                self.skip("in") or self.expect("in")
                operator = "not in"
            right = self.parse_binary(power + 1)
            if operator == "~":
                code = code[:-1] if level == _CONCAT else f"{self.escaping.concatenate}({code}"
                code += f", {right})"
            elif operator in _OPERATOR_FUNCTIONS:
                function = _OPERATOR_FUNCTIONS[operator]
                code = f"{self.rare(function) if operator == '**' else function}({code}, {right})"
                power = 0
            else:
                code = f"({code})" if level not in (0, power, _CONCAT) else code
                code = f"{code} {operator} {right}"
            level = power

    def parse_unary(self, with_filters: bool = True) -> str:
        """Read a sign and its operand, or a primary with all that follows it."""
        sign = self.next
        if sign == "-" or sign == "+":
            self.index += 1
            code = f"({sign}{self.parse_unary(with_filters=False)})"
        else:
            code = self.parse_primary()
        code = self.parse_postfix(code)
        return self.parse_filters(code) if with_filters else code

    def parse_primary(self) -> str:
        """Read a name, a literal, or something in brackets."""
        kind, value, _ = self.tokens[self.index]
        if kind not in ("name", "string", "number", "(", "[", "{"):
            self.expect("an expression", "an expression")
        self.index += 1
        if kind == "name":
            return LITERAL_WORDS.get(value) or self.load(value)
        if kind == "(":
            code = "()" if self.next == ")" else self.parse_tuple()
            self.expect(")")
            return code
        if kind == "[":
            return f"[{', '.join([self.parse_expression() for _ in self.until(']')])}]"
        if kind == "{":
            pairs = ""
            for _ in self.until("}"):
                pairs += f"{self.parse_expression()}: "
                self.expect(":")
                pairs += f"{self.parse_expression()}, "
            return f"{{{pairs}}}"
        while kind == "string" and self.next == "string":
            value += self.expect("string")
        return repr(value)

    def parse_postfix(self, code: str) -> str:
        """Read the attributes, items and calls that follow *code*."""
        while self.next in (".", "[", "("):
            self.link()
            if self.next == "(":
                code = self.parse_call(code)
            elif self.skip("["):
                code = f"item({code}, {self.parse_subscript()})"
            else:
                self.index += 1
                key = self.tokens[self.index][1]
                if isinstance(key, int):
                    self.index += 1
                    code = f"item({code}, {key!r})"
                else:
                    self.expect("name", "a name or a whole number after '.'")
                    code = self.attribute(code, key)
        return code

    def attribute(self, code: str, name: str) -> str:
        """Return the source of the attribute *name* of *code*, or of the item."""
        if code.startswith("round_"):
            return COUNTED_ATTRIBUTES[name].format(code)
        if code.startswith("loop_") and "." not in code and name in _LOOP_ATTRIBUTES:
            return f"{code}.{name}"
        guard = "guarded_" if needs_guard(name) else ""
        return f"{guard}attribute({code}, {name!r})"

    def parse_call(self, function: str) -> str:
        """Read the arguments of a call of *function*."""
        arguments = self.parse_arguments()[2:]
        if function != "l_super" and not (function.startswith("loop_") and "." in function):
            local = self.local_source(only_set=True)
            function = f"{self.callee_source()}({function}{local and ', ' + local})"
        self.last_call = (f"{function}({arguments})", function, arguments)
        return self.last_call[0]

    def callee_source(self) -> str:
        """Return what gives a function the first argument that it has asked for."""
        if self.escaping is not self.default_escaping:
            make = self.rare("escaping_context")
            return f"{make}(context, {self.escaping.eval_context}).callee"
        self.heads["callee"] = "context.callee"
        return "callee"

    def parse_subscript(self) -> str:
        """Read what stands in ``[ ]`` after a value, and the closing bracket."""
        if self.next == "]":
            self.fail("expected an index or a slice between '[' and ']'")
        items = [self.parse_slice() for _ in self.until("]")]
        return items[0] if len(items) == 1 else tuple_source(items)

    def parse_slice(self) -> str:
        """Read an expression or ``start:stop:step``."""
        bounds = ["None" if self.next == ":" else self.parse_expression()]
        while len(bounds) < 3 and self.skip(":"):
            bounds.append("None" if self.next in (":", ",", "]") else self.parse_expression())
        return bounds[0] if len(bounds) == 1 else f"slice({', '.join(bounds)})"

    def parse_arguments(self) -> str:
        """Read ``(positional, name=value, *star, **double_star)``.

        The source that is returned has a comma and a space before each argument.
        """
        self.expect("(")
        positional = star = keywords = double_star = ""
        names: list[str] = []
        for _ in self.until(")"):
            name = self.tokens[self.index][1]
            if double_star:
                self.fail("nothing can follow '**' in a call")
            if not star and self.skip("*"):
                star = f", *{self.parse_expression()}"
            elif self.skip("**"):
                double_star = f", **{self.parse_expression()}"
            elif self.next == "name" and self.tokens[self.index + 1][0] == "=":
                self.index += 2
                if name in names:
                    self.fail(f"the argument {name!r} is given twice")
                names.append(name)
                value = self.parse_expression()
                plain = is_argument_name(name)
                keywords += f", {name}={value}" if plain else f", **{{{name!r}: {value}}}"
            elif star or names:
                self.fail("a positional argument cannot follow a named one or '*'")
            else:
                positional += f", {self.parse_expression()}"
        return positional + star + keywords + double_star

    def parse_filters(self, code: str) -> str:
        """Read the filters and tests that follow *code*."""
        plain = code
        while True:
            if self.skip("|"):
                code = self.parse_filter(code)
            elif self.skip("is"):
                code = self.parse_test(code)
            elif code is not plain and self.next == "(":
                code = self.parse_call(code)
            else:
                return code
            self.link()

    def parse_filter(self, code: str) -> str:
        """Read ``name(arguments)`` after ``|`` and apply it to *code*."""
        line = self.tokens[self.index][2]
        name = self.parse_dotted_name("filter")
        arguments = self.parse_arguments() if self.next == "(" else ""
        return self.named_call("filter", name, code + arguments, line)

    def parse_test(self, code: str) -> str:
        """Read ``not name argument`` after ``is``."""
        line = self.tokens[self.index][2]
        negated = self.skip("not")
        name = self.parse_dotted_name("test")
        kind, value, _ = self.tokens[self.index]
        if kind == "(":
            code += self.parse_arguments()
        elif kind == "name" and value == "is":
            self.fail("tests cannot be chained with 'is': join them with 'and'")
        elif kind in ("string", "number", "[", "{") or (
            kind == "name" and value not in _NO_TEST_ARGUMENT
        ):
            code += f", {self.parse_postfix(self.parse_primary())}"
        code = self.named_call("test", name, code, line)
        return f"(not {code})" if negated else code

    def parse_dotted_name(self, what: str) -> str:
        """Read the name of a filter or test, in which dots may stand."""
        name: str = self.expect("name", f"the name of a {what}")
        while self.skip("."):
            name += "." + self.expect("name", f"the name of a {what}")
        return name

    def named_call(self, kind: str, name: str, arguments: str, line: int) -> str:
        """Return the call of a filter or test.

        Its first argument is what it has asked for by a ``pass_`` decorator. One that the
        environment does not know is an error: in a branch when it is called, elsewhere at once.
        """
        table: dict[str, Any] = getattr(self.environment, kind + "s")
        key = f"{kind}s[{name!r}]"
        if name not in table:
            message = f"there is no {kind} called {name!r}.{did_you_mean(name, table)}"
            if not self.branch:
                error = TemplateAssertionError(message, line, self.name, self.filename)
                self.unknown.append(error)
            key = f"{self.rare('UnknownFunction')}({message!r})"
        elif isinstance(table[name], LaterFunction):
            table[name] = table[name].__fetch__()
        if key not in self.imports:
            python = f"{kind}_{name}" if name.isascii() and name.isidentifier() else ""
            self.imports[key] = python or f"{kind}_{self.number()}"
        passing = getattr(table.get(name), "template_pass", None)
        if passing == "eval_context":
            arguments = f"{self.escaping.eval_context}, {arguments}"
        elif passing in ("context", "environment"):
            arguments = f"{passing}, {arguments}"
        return f"{self.imports[key]}({arguments})"


def is_argument_name(name: str) -> bool:
    """Say whether *name* can stand before ``=`` in a call in Python."""
    from keyword import iskeyword

    return name.isascii() and not iskeyword(name) and name != "__debug__"
