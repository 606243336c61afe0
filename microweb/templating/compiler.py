"""From the nodes of a template to the source of a Python module.

The module has one function for the template, ``root(context, out)``, and one for each block, which
put the pieces of the page into the list ``out``;
macros are functions inside these. Template variables become Python locals: a name that nothing
assigns is looked up once at the head of its function, a name that a scope assigns is a local of its
own, so that Python's closures give the template language's scoping. Every text from a template
enters the source through ``repr()``. `ModuleWriter` holds lines, scopes and expressions;
`TemplateCompiler` in `statements` adds the tags.
"""

from __future__ import annotations

from collections import namedtuple

from ..text.nearest import did_you_mean
from .exceptions import TemplateAssertionError
from .expressions import COUNTED_ATTRIBUTES
from .markup import escape_text
from .nodes import TemplateNode, TemplateScope
from .undefined import needs_guard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# To be raised whenever other Python is generated: bytecode caches keep what was generated before.
GENERATED_CODE_VERSION = 1
_LOOP_ATTRIBUTES = frozenset(
    "index index0 revindex revindex0 first last length depth depth0 previtem nextitem cycle"
    " changed".split()
)
_MACRO_NAMES = frozenset(("caller", "varargs", "kwargs"))
_BOUNDED_OPERATORS = {"**": "raise_to_power", "*": "multiply_values", "%": "format_percent"}

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


class CompilerScope:
    """Where the compiler finds the Python name of a template name.

    ``names`` maps the names of this scope; ``stores`` are those it assigns, ``definite`` those
    certain to be assigned by now, and ``needs_start`` those read before that, which must start with
    the outer value; ``specials`` holds what a macro uses of ``caller``, ``varargs``, ``kwargs``. In
    the body of a ``{% call %}`` inside a macro, ``caller`` is that macro's: ``inherits_caller``.
    """

    def __init__(
        self,
        parent: CompilerScope | None,
        branch: int,
        stores: dict[str, bool],
        prefix: str,
        is_macro: bool = False,
    ) -> None:
        self.parent = parent
        self.stores = stores
        self.names = {name: template_python_name(prefix, name) for name in stores}
        self.definite: set[str] = set()
        self.needs_start: dict[str, bool] = {}
        self.branch = branch
        self.is_macro = is_macro
        self.inherits_caller = False
        self.specials: dict[str, str] = {}


class ModuleWriter:
    """Collects the lines of the generated module and translates expressions.

    *environment* is asked for filters, tests and settings, *name* and *filename* are those of the
    template, *autoescape* is whether ``{{ }}`` escapes, *streaming* whether the functions are
    generators that hand out pieces of a page.
    """

    def __init__(
        self,
        environment: Any,
        name: str | None,
        filename: str | None,
        autoescape: bool,
        streaming: bool = False,
    ) -> None:
        self.environment = environment
        self.name = name
        self.filename = filename
        self.streaming = streaming
        self.own_autoescape = autoescape
        self.escaping = ESCAPED if autoescape else UNESCAPED
        self.lines: list[tuple[int, str, int]] = []
        self.indent = 0
        self.out = "out"
        self.branch = 0
        self.counter = 0
        self.scope = self.root_scope = CompilerScope(None, 0, {}, "l")
        self.block: TemplateNode | None = None
        self.heads: dict[str, str] = {}
        self.imports: dict[str, str] = {}
        self.captured = ""

    def write(self, code: str, lineno: int) -> None:
        """Add one line of Python that belongs to line *lineno* of the template."""
        self.lines.append((self.indent, code, lineno))

    def write_suite(self, lineno: int, write: Callable[..., None], *args: Any) -> None:
        """Call ``write(*args)`` one level deeper; ``pass`` stands where that writes nothing."""
        before = len(self.lines)
        self.indent += 1
        write(*args)
        if len(self.lines) == before:
            self.write("pass", lineno)
        self.indent -= 1

    def number(self) -> int:
        """Return a number not used before in this module."""
        self.counter += 1
        return self.counter

    def open_scope(self, stores: TemplateScope, is_macro: bool = False) -> int:
        """Enter a scope that assigns *stores* and return where its first line stands."""
        prefix = f"l{self.number()}" if stores.stores else ""
        self.scope = CompilerScope(self.scope, self.branch, stores.stores, prefix, is_macro)
        return len(self.lines)

    def close_scope(self, start: int, lineno: int) -> None:
        """Leave the scope that began at line index *start*, giving its names their start value."""
        scope = self.scope
        self.scope = scope.parent or self.root_scope
        if scope.needs_start:
            self.lines[start:start] = [
                (self.indent, f"{scope.names[name]} = {self.load(name)}", lineno)
                for name in scope.needs_start
            ]

    def load(self, name: str) -> str:
        """Return the Python name in which the template's *name* is found."""
        scope: CompilerScope | None = self.scope
        while scope is not None:
            python = scope.names.get(name)
            if python is not None:
                if name not in scope.definite:
                    scope.needs_start[name] = True
                return python
            inherited = scope.inherits_caller and name == "caller"
            if scope.is_macro and name in _MACRO_NAMES and not inherited:
                python = scope.names[name] = f"l{self.number()}_{name}"
                scope.definite.add(name)
                scope.specials[name] = python
                return python
            scope = scope.parent
        python = self.root_scope.names[name] = template_python_name("l", name)
        self.root_scope.definite.add(name)
        self.heads[python] = self.start_value(name)
        return python

    def start_value(self, name: str) -> str:
        """Return the source that gives *name* its value at the head of a function."""
        if name == "self":
            return f"TemplateReference(context, {self.own_autoescape})"
        if name == "super" and self.block is not None:
            block = self.block.name
            function = template_python_name("block", block)
            return f"context.parent_block({block!r}, {function}, {self.own_autoescape})"
        return f"context.resolve({name!r})"

    def store(self, name: str) -> str:
        """Return the Python name to which the current scope assigns *name*."""
        if self.branch == self.scope.branch:
            self.scope.definite.add(name)
        return self.scope.names[name]

    def context_source(self) -> str:
        """Return the source of a context that knows the local names too."""
        local = self.local_source()
        return f"context.derived({local})" if local else "context"

    def local_source(self, only_set: bool = False) -> str:
        """Return the source of a dict of the local names, if there are any; *only_set* leaves out
        the targets of loops and what need not be assigned by now."""
        names: list[str] = []
        scope: CompilerScope | None = self.scope
        while scope is not None:
            known = list(scope.names)
            if scope is self.root_scope:
                known = list(scope.stores) if self.block is not None else []
            if only_set:
                known = [n for n in known if scope.stores.get(n) and n in scope.definite]
            names += known
            scope = scope.parent
        pairs = [f"{name!r}: {self.load(name)}" for name in dict.fromkeys(names)]
        return f"{{{', '.join(pairs)}}}" if pairs else ""

    def write_output(self, parts: list[str | TemplateNode], lineno: int) -> None:
        """Write text and expressions, those of one template line as one statement."""
        pieces: list[str] = []
        text, line, has_value = "", lineno, False
        for part in parts:
            constant = self.constant_output(part)
            if constant is not None:
                text += constant
                continue
            if text:
                pieces.append(repr(text))
                text = ""
            node: Any = part
            if has_value and node.lineno != line:
                self.write_pieces(pieces, line)
                pieces = []
            line, has_value = node.lineno, True
            code = self.expression(node)
            if self.environment.finalize:
                code = f"finalize({code})"
            pieces.append(f"{self.escaping.escape}({code})")
        if text:
            pieces.append(repr(text))
        self.write_pieces(pieces, line)

    def constant_output(self, part: str | TemplateNode) -> str | None:
        """Return the output of text, or of a literal that is known now, else None."""
        if isinstance(part, str):
            return part
        known = self.escaping is ESCAPED or self.escaping is UNESCAPED
        if part.kind != "constant" or not known or self.environment.finalize:
            return None
        return escape_text(part.value) if self.escaping is ESCAPED else str(part.value)

    def write_pieces(self, pieces: list[str], lineno: int) -> None:
        """Write the statement that puts *pieces*, Python source of strings, out."""
        if len(pieces) == 1:
            self.write(f"{self.out}.append({pieces[0]})", lineno)
        elif pieces:
            self.write(f"{self.out} += {', '.join(pieces)}", lineno)

    def expression(self, node: TemplateNode) -> str:
        """Return the Python source of an expression, from the method named after its kind."""
        code: str = getattr(self, node.kind + "_source")(node)
        return code

    def name_source(self, node: TemplateNode) -> str:
        return self.load(node.name)

    def constant_source(self, node: TemplateNode) -> str:
        return repr(node.value)

    def captured_source(self, node: TemplateNode) -> str:
        return self.captured

    def sequence_source(self, node: TemplateNode) -> str:
        items = [self.expression(item) for item in node.items]
        return f"[{', '.join(items)}]" if node.brackets == "[]" else self.tuple_source(items)

    def tuple_source(self, items: list[str]) -> str:
        return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"

    def dict_source(self, node: TemplateNode) -> str:
        pairs = [f"{self.expression(key)}: {self.expression(value)}" for key, value in node.pairs]
        return f"{{{', '.join(pairs)}}}"

    def attribute_source(self, node: TemplateNode) -> str:
        name = node.name
        code = self.expression(node.value)
        if name in _LOOP_ATTRIBUTES and node.value.kind == "name" and code.startswith("loop_"):
            return f"{code}.{name}"
        if name in COUNTED_ATTRIBUTES and code.startswith("round_"):
            return COUNTED_ATTRIBUTES[name].format(code)
        if needs_guard(name):
            return f"guarded_attribute({code}, {name!r})"
        return f"attribute({code}, {name!r})"

    def item_source(self, node: TemplateNode) -> str:
        return f"item({self.expression(node.value)}, {self.expression(node.key)})"

    def slice_source(self, node: TemplateNode) -> str:
        bounds = (node.start, node.stop, node.step)
        codes = ["None" if bound is None else self.expression(bound) for bound in bounds]
        return f"slice({', '.join(codes)})"

    def arguments_source(self, node: TemplateNode | None, extra: str = "") -> str:
        """Return the source of arguments, each with a comma and a space in front."""
        if node is None:
            return ""
        code = "".join([", " + self.expression(argument) for argument in node.positional])
        if node.star is not None:
            code += f", *{self.expression(node.star)}"
        odd = ""
        for name, value in node.keywords:
            from keyword import iskeyword

            if name.isascii() and not iskeyword(name) and name != "__debug__":
                code += f", {name}={self.expression(value)}"
            else:
                odd += f"{name!r}: {self.expression(value)}, "
        code += extra
        if odd:
            code += f", **{{{odd}}}"
        if node.double_star is not None:
            code += f", **{self.expression(node.double_star)}"
        return code

    def call_source(self, node: TemplateNode, extra: str = "") -> str:
        function = self.expression(node.function)
        arguments = self.arguments_source(node.arguments, extra)[2:]
        if function == "l_super" or (function.startswith("loop_") and "." in function):
            return f"{function}({arguments})"
        self.heads["callee"] = "context.callee"
        local = self.local_source(only_set=True)
        return f"callee({function}{local and ', ' + local})({arguments})"

    def filter_source(self, node: TemplateNode) -> str:
        return self.named_call_source("filter", self.environment.filters, node)

    def test_source(self, node: TemplateNode) -> str:
        code = self.named_call_source("test", self.environment.tests, node)
        return f"(not {code})" if node.negated else code

    def named_call_source(self, kind: str, table: dict[str, Any], node: TemplateNode) -> str:
        """Return the call of a filter or test, which must be in *table*.

        Its first argument is what it has asked for by a ``pass_`` decorator.
        """
        if node.name not in table:
            message = f"there is no {kind} called {node.name!r}."
            message += did_you_mean(node.name, table)
            raise TemplateAssertionError(message, node.lineno, self.name, self.filename)
        key = f"{kind}s[{node.name!r}]"
        if key not in self.imports:
            plain = node.name.replace(".", "_")
            python = f"{kind}_{plain if plain.isascii() and plain.isidentifier() else 'named'}"
            if python in self.imports.values():
                python += f"_{self.number()}"
            self.imports[key] = python
        passing = getattr(table[node.name], "template_pass", None)
        arguments = self.expression(node.value) + self.arguments_source(node.arguments)
        if passing == "eval_context":
            arguments = f"{self.escaping.eval_context}, {arguments}"
        elif passing in ("context", "environment"):
            arguments = f"{passing}, {arguments}"
        return f"{self.imports[key]}({arguments})"

    def unary_source(self, node: TemplateNode) -> str:
        return f"({node.operator}{self.expression(node.value)})"

    def binary_source(self, node: TemplateNode) -> str:
        left, right = self.expression(node.left), self.expression(node.right)
        if node.operator in _BOUNDED_OPERATORS:
            return f"{_BOUNDED_OPERATORS[node.operator]}({left}, {right})"
        return f"({left} {node.operator} {right})"

    def chain_source(self, node: TemplateNode) -> str:
        items = [self.expression(item) for item in node.items]
        if node.operator == "~":
            return f"{self.escaping.concatenate}({', '.join(items)})"
        return f"({f' {node.operator} '.join(items)})"

    def compare_source(self, node: TemplateNode) -> str:
        rest = [f" {operator} {self.expression(value)}" for operator, value in node.rest]
        return f"({self.expression(node.first)}{''.join(rest)})"

    def condition_source(self, node: TemplateNode) -> str:
        if node.otherwise is None:
            hint = f"the inline if-expression on line {node.lineno} is false and has no else part"
            otherwise = f"undefined({hint!r})"
        else:
            otherwise = self.expression(node.otherwise)
        return f"({self.expression(node.value)} if {self.expression(node.test)} else {otherwise})"
