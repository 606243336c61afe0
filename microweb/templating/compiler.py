"""From the nodes of a template to the source of a Python module.

The module has one function for the template, ``root(context, append)``, and one for each block;
macros are functions inside these. Template variables become Python locals: a name that nothing
assigns is looked up once at the head of its function, a name that a scope assigns is a local of its
own, so that Python's closures give the template language's scoping. Every text from a template
enters the source through ``repr()``. `ModuleWriter` holds lines, scopes and expressions;
`TemplateCompiler` in `statements` adds the tags.
"""

from __future__ import annotations

from .exceptions import TemplateAssertionError, nearest_template_name
from .markup import escape_text
from .nodes import (
    ArgumentsNode,
    AttributeNode,
    BinaryNode,
    BodyNode,
    CallNode,
    ChainNode,
    CompareNode,
    ConditionNode,
    ConstantNode,
    DictNode,
    FilterNode,
    ItemNode,
    NameNode,
    SequenceNode,
    SliceNode,
    TemplateNode,
    TemplateScope,
    TestNode,
    UnaryNode,
)
from .undefined import is_unsafe_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_LOOP_ATTRIBUTES = frozenset(
    (
        *("index", "index0", "revindex", "revindex0", "first", "last", "length", "depth"),
        *("depth0", "previtem", "nextitem", "cycle", "changed"),
    )
)
_MACRO_NAMES = frozenset(("caller", "varargs", "kwargs"))
_POSITIONAL_ONLY_NAMES = frozenset(("self", "function"))


class CompilerScope:
    """Where the compiler finds the Python name of a template name.

    ``names`` maps the names this scope assigns, ``definite`` those certain to be assigned by now,
    and ``needs_start`` those read before that, which must start with the outer value. In the body
    of a ``{% call %}`` inside a macro, ``caller`` is that macro's: ``inherits_caller``.
    """

    __slots__ = (
        "branch",
        "definite",
        "inherits_caller",
        "is_macro",
        "names",
        "needs_start",
        "parent",
        "specials",
    )

    def __init__(self, parent: CompilerScope | None, branch: int, is_macro: bool = False) -> None:
        self.parent = parent
        self.names: dict[str, str] = {}
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
        self.autoescape: bool | str = autoescape
        self.own_autoescape = autoescape
        self.lines: list[tuple[int, str, int]] = []
        self.indent = 0
        self.append = "append"
        self.branch = 0
        self.counter = 0
        self.scope = CompilerScope(None, 0)
        self.root_scope = self.scope
        self.block: str | None = None
        self.block_stores: list[str] = []
        self.heads: dict[str, str] = {}
        self.imports: dict[str, str] = {}
        self.body_source = ""

    def write(self, code: str, lineno: int) -> None:
        """Add one line of Python that belongs to line *lineno* of the template."""
        self.lines.append((self.indent, code, lineno))

    def number(self) -> int:
        """Return a number not used before in this module."""
        self.counter += 1
        return self.counter

    def python_name(self, prefix: str, name: str) -> str:
        """Return the identifier for *name*; letters beyond ASCII are written as hexadecimal."""
        if name.isascii():
            return f"{prefix}_{name}"
        return f"{prefix}u_{name.encode('utf-8', 'surrogatepass').hex()}"

    def open_scope(self, stores: TemplateScope, is_macro: bool = False) -> int:
        """Enter a scope that assigns *stores* and return where its first line stands."""
        self.scope = CompilerScope(self.scope, self.branch, is_macro)
        if stores.stores:
            prefix = f"l{self.number()}"
            self.scope.names = {name: self.python_name(prefix, name) for name in stores.stores}
        return len(self.lines)

    def close_scope(self, start: int, lineno: int) -> None:
        """Leave the scope that began at line index *start*, giving its names their start value."""
        scope = self.scope
        self.scope = scope.parent or self.root_scope
        if scope.needs_start:
            indent = self.indent
            self.lines[start:start] = [
                (indent, f"{scope.names[name]} = {self.load(name)}", lineno)
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
            if (
                scope.is_macro
                and name in _MACRO_NAMES
                and not (scope.inherits_caller and name == "caller")
            ):
                python = scope.names[name] = f"l{self.number()}_{name}"
                scope.definite.add(name)
                scope.specials[name] = python
                return python
            scope = scope.parent
        return self.load_free(name)

    def load_free(self, name: str) -> str:
        """Look *name* up at the head of the function, once."""
        python = self.root_scope.names[name] = self.python_name("l", name)
        self.root_scope.definite.add(name)
        self.heads[python] = self.start_value(name)
        return python

    def start_value(self, name: str) -> str:
        """Return the source that gives *name* its value at the head of a function."""
        if name == "self":
            return f"TemplateReference(context, {self.own_autoescape})"
        if name == "super" and self.block is not None:
            function = self.python_name("block", self.block)
            return f"context.parent_block({self.block!r}, {function}, {self.own_autoescape})"
        return f"context.resolve({name!r})"

    def store(self, name: str) -> str:
        """Return the Python name to which the current scope assigns *name*."""
        scope = self.scope
        if self.branch == scope.branch:
            scope.definite.add(name)
        return scope.names[name]

    def local_names(self) -> dict[str, str]:
        """Return the template names that are local here and their Python names."""
        found: dict[str, str] = {}
        scope: CompilerScope | None = self.scope
        while scope is not None and scope is not self.root_scope:
            for name in scope.names:
                if name not in found:
                    found[name] = self.load(name)
            scope = scope.parent
        if self.block is not None:
            for name in self.block_stores:
                found.setdefault(name, self.load(name))
        return found

    def context_source(self) -> str:
        """Return the source of a context that knows the local names too."""
        names = self.local_names()
        if not names:
            return "context"
        pairs = ", ".join(f"{name!r}: {python}" for name, python in names.items())
        return f"context.derived({{{pairs}}})"

    def escape_source(self, code: str) -> str:
        """Return the source of the text that ``{{ code }}`` puts out."""
        if isinstance(self.autoescape, str):
            return f"escape_{self.autoescape}({code})"
        return f"escape({code})" if self.autoescape else f"str({code})"

    def markup_source(self, code: str) -> str:
        """Return *code*, captured output, marked as HTML if autoescaping is on."""
        if isinstance(self.autoescape, str):
            return f"markup_{self.autoescape}({code})"
        return f"Markup({code})" if self.autoescape else code

    def eval_context_source(self) -> str:
        """Return the source of the `EvalContext` that holds here."""
        if isinstance(self.autoescape, str):
            return f"eval_{self.autoescape}"
        return "escaping" if self.autoescape else "not_escaping"

    def write_output(self, parts: list[str | TemplateNode], lineno: int) -> None:
        """Write text and expressions, those of one template line joined into one f-string."""
        group: list[tuple[bool, str]] = []
        line = lineno
        has_value = False
        for part in parts:
            constant = part if isinstance(part, str) else self.constant_output(part)
            if constant is not None:
                if constant:
                    group.append((False, constant))
                continue
            node: Any = part
            if has_value and node.lineno != line:
                self.write_group(group, line)
                group = []
            has_value, line = True, node.lineno
            code = self.expression(node)
            group.append((True, f"finalize({code})" if self.environment.finalize else code))
        if group:
            self.write_group(group, line)

    def constant_output(self, node: TemplateNode) -> str | None:
        """Return the text of a literal that is known now, else None."""
        if (
            node.__class__ is not ConstantNode
            or isinstance(self.autoescape, str)
            or self.environment.finalize
        ):
            return None
        value: Any = getattr(node, "value", None)
        return escape_text(value) if self.autoescape else str(value)

    def write_group(self, group: list[tuple[bool, str]], lineno: int) -> None:
        """Write one ``append`` for a row of texts and values.

        One f-string costs about half of an append per piece, and testing for ``int`` in place a
        fifth less than a call of ``escape``. Before Python 3.12 neither a backslash nor ``#`` may
        stand in an f-string's expression: then each piece is appended by itself.
        """
        append = self.append
        if len(group) == 1 or any(
            is_value and ("\\" in code or "#" in code or "'''" in code) for is_value, code in group
        ):
            for is_value, code in group:
                self.write(
                    f"{append}({self.escape_source(code) if is_value else repr(code)})", lineno
                )
            return
        pieces: list[str] = []
        for is_value, code in group:
            if not is_value:
                text = repr('"' + code)[2:-1]
                pieces.append(text.replace("{", "{{").replace("}", "}}"))
            elif self.autoescape is True and code.isidentifier():
                pieces.append(f"{{{code} if {code}.__class__ is int else escape({code})}}")
            else:
                pieces.append(f"{{{self.escape_source(code)}}}")
        self.write(f"{append}(f'''{''.join(pieces)}''')", lineno)

    def expression(self, node: TemplateNode) -> str:
        """Return the Python source of an expression."""
        return self.EXPRESSIONS[node.__class__](self, node)

    def name_source(self, node: NameNode) -> str:
        return self.load(node.name)

    def constant_source(self, node: ConstantNode) -> str:
        return repr(node.value)

    def body_node_source(self, node: BodyNode) -> str:
        return self.body_source

    def sequence_source(self, node: SequenceNode) -> str:
        inside = ", ".join([self.expression(item) for item in node.items])
        if node.brackets == "[]":
            return f"[{inside}]"
        return f"({inside},)" if len(node.items) == 1 else f"({inside})"

    def dict_source(self, node: DictNode) -> str:
        pairs = [f"{self.expression(key)}: {self.expression(value)}" for key, value in node.pairs]
        return f"{{{', '.join(pairs)}}}"

    def attribute_source(self, node: AttributeNode) -> str:
        name = node.name
        value = node.value
        code = self.expression(value)
        if name in _LOOP_ATTRIBUTES and value.__class__ is NameNode and code.startswith("loop_"):
            return f"{code}.{name}"
        if name[0] == "_" or is_unsafe_name(name) or name in ("format", "format_map"):
            return f"guarded_attribute({code}, {name!r})"
        return f"attribute({code}, {name!r})"

    def item_source(self, node: ItemNode) -> str:
        return f"item({self.expression(node.value)}, {self.expression(node.key)})"

    def slice_source(self, node: SliceNode) -> str:
        bounds = [
            "None" if bound is None else self.expression(bound)
            for bound in (node.start, node.stop, node.step)
        ]
        return f"slice({', '.join(bounds)})"

    def arguments_source(self, node: ArgumentsNode | None, extra: str = "") -> str:
        """Return the source of arguments, each with a comma and a space in front."""
        code = ""
        if node is not None:
            for argument in node.positional:
                code += ", " + self.expression(argument)
            if node.star is not None:
                code += f", *{self.expression(node.star)}"
            odd = ""
            for name, value in node.keywords:
                source = self.expression(value)
                if name.isascii() and not self.is_python_keyword(name):
                    code += f", {name}={source}"
                else:
                    odd += f"{name!r}: {source}, "
            code += extra
            if odd:
                code += f", **{{{odd}}}"
            if node.double_star is not None:
                code += f", **{self.expression(node.double_star)}"
        return code

    @staticmethod
    def is_python_keyword(name: str) -> bool:
        from keyword import iskeyword

        return iskeyword(name) or name == "__debug__"

    def call_source(self, node: CallNode, extra: str = "") -> str:
        function = self.expression(node.function)
        arguments = self.arguments_source(node.arguments, extra)
        if function.startswith("loop_") and "." in function:
            return f"{function}({arguments[2:]})"
        self.heads["call"] = "context.call"
        return f"call({function}{arguments})"

    def imported(self, kind: str, table: dict[str, Any], node: Any) -> str:
        """Return the module-level name of a filter or test, which must exist."""
        key = f"{kind}s[{node.name!r}]"
        if key not in self.imports:
            if node.name not in table:
                raise TemplateAssertionError(
                    f"there is no {kind} called {node.name!r}."
                    + nearest_template_name(node.name, table),
                    node.lineno,
                    self.name,
                    self.filename,
                )
            plain = node.name.replace(".", "_")
            python = f"{kind}_{plain if plain.isascii() and plain.isidentifier() else 'named'}"
            if python in self.imports.values():
                python += f"_{self.number()}"
            self.imports[key] = python
        return self.imports[key]

    def passed_source(self, function: Any) -> str:
        """Return the first argument that *function* has asked for by a ``pass_`` decorator."""
        passing = getattr(function, "template_pass", None)
        if passing is None:
            return ""
        if passing == "context":
            return "context, "
        return "environment, " if passing == "environment" else self.eval_context_source() + ", "

    def filter_source(self, node: FilterNode) -> str:
        python = self.imported("filter", self.environment.filters, node)
        first = self.passed_source(self.environment.filters[node.name])
        value = self.expression(node.value)
        return f"{python}({first}{value}{self.arguments_source(node.arguments)})"

    def test_source(self, node: TestNode) -> str:
        python = self.imported("test", self.environment.tests, node)
        first = self.passed_source(self.environment.tests[node.name])
        value = self.expression(node.value)
        code = f"{python}({first}{value}{self.arguments_source(node.arguments)})"
        return f"(not {code})" if node.negated else code

    def unary_source(self, node: UnaryNode) -> str:
        return f"({node.operator}{self.expression(node.value)})"

    def binary_source(self, node: BinaryNode) -> str:
        left, right = self.expression(node.left), self.expression(node.right)
        if node.operator == "**":
            return f"raise_to_power({left}, {right})"
        if node.operator == "*":
            return f"multiply_values({left}, {right})"
        if node.operator == "%":
            return f"format_percent({left}, {right})"
        return f"({left} {node.operator} {right})"

    def chain_source(self, node: ChainNode) -> str:
        items = [self.expression(item) for item in node.items]
        if node.operator != "~":
            return f"({f' {node.operator} '.join(items)})"
        if isinstance(self.autoescape, str):
            return f"concatenate_{self.autoescape}({', '.join(items)})"
        kind = "markup" if self.autoescape else "text"
        return f"concatenate_{kind}({', '.join(items)})"

    def compare_source(self, node: CompareNode) -> str:
        code = self.expression(node.first)
        for operator, value in node.rest:
            code += f" {operator} {self.expression(value)}"
        return f"({code})"

    def condition_source(self, node: ConditionNode) -> str:
        if node.otherwise is None:
            hint = f"the inline if-expression on line {node.lineno} is false and has no else part"
            otherwise = f"undefined({hint!r})"
        else:
            otherwise = self.expression(node.otherwise)
        return f"({self.expression(node.value)} if {self.expression(node.test)} else {otherwise})"

    EXPRESSIONS: dict[type[TemplateNode], Callable[[ModuleWriter, Any], str]] = {
        NameNode: name_source,
        ConstantNode: constant_source,
        BodyNode: body_node_source,
        SequenceNode: sequence_source,
        DictNode: dict_source,
        AttributeNode: attribute_source,
        ItemNode: item_source,
        SliceNode: slice_source,
        CallNode: call_source,
        FilterNode: filter_source,
        TestNode: test_source,
        UnaryNode: unary_source,
        BinaryNode: binary_source,
        ChainNode: chain_source,
        CompareNode: compare_source,
        ConditionNode: condition_source,
    }
