"""From the tags of a template to Python statements: the upper half of the compiler.

Output goes to ``out``, the list of the whole page, or to another list while the output of a macro
or of ``{% set %}`` is collected.
"""

from __future__ import annotations

from .compiler import (
    ESCAPED,
    UNESCAPED,
    CompilerScope,
    EscapingNames,
    ModuleWriter,
    template_python_name,
)
from .exceptions import TemplateSyntaxError
from .nodes import TemplateNode, TemplateScope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_FLUSH_AT = 500
_OUTPUT_KINDS = frozenset(("output", "filter_block", "block", "include", "call_block"))
_MACRO_SPECIALS = {
    "caller": "undefined('the macro was called without a caller')",
    "varargs": "()",
    "kwargs": "{}",
}


_MACRO_FLAGS = {
    "varargs": ", catch_varargs=True",
    "kwargs": ", catch_kwargs=True",
    "caller": ", caller=True",
}


class ChangedSettings:
    """``with ChangedSettings(compiler, name=value)``: attributes for the time of the block."""

    def __init__(self, compiler: Any, **changes: Any) -> None:
        self.compiler = compiler
        self.before = [(name, getattr(compiler, name)) for name in changes]
        for name, value in changes.items():
            setattr(compiler, name, value)

    def __enter__(self) -> None:
        """Nothing is left to do."""

    def __exit__(self, *error: object) -> None:
        for name, value in self.before:
            setattr(self.compiler, name, value)


class TemplateCompiler(ModuleWriter):
    """Writes the module for one template.

    ``top_level`` holds where assignments are seen by blocks and imports, ``checks_parent`` where
    output is dropped once the template extends another; ``extends`` is 0 before that, 1 where only
    running will tell, 2 from then on.
    """

    def compile_root(self, root: TemplateNode) -> tuple[str, list[int]]:
        """Return the module's source and, for each of its lines, the template's line."""
        functions = self.write_function("root", root, is_root=True)
        for name, block in root.blocks.items():
            self.block = block
            functions += [(0, "", block.lineno)]
            functions += self.write_function(template_python_name("block", name), block)
        pairs = ", ".join(
            f"{name!r}: {template_python_name('block', name)}" for name in root.blocks
        )
        functions += [(0, "", 1), (0, f"blocks = {{{pairs}}}", 1)]
        head = [(0, f"{python} = {key}", 1) for key, python in self.imports.items()]
        lines = [*head, (0, "", 1), *functions] if head else functions
        texts: list[str] = []
        shown = 0
        for indent, code, lineno in lines:
            if lineno != shown and indent:
                shown = lineno
                code += f"  # line {lineno}"
            texts.append("    " * indent + code if code else "")
        return "\n".join(texts) + "\n", [lineno for _, _, lineno in lines]

    def write_function(
        self, python: str, node: TemplateNode, is_root: bool = False
    ) -> list[tuple[int, str, int]]:
        """Return the lines of the function for the template itself or for one block."""
        lineno = node.lineno
        self.lines, self.heads, self.indent, self.branch = [], {}, 1, 0
        self.scope = self.root_scope = CompilerScope(None, 0, node.scope.stores, "l")
        self.top_level = self.checks_parent = is_root
        self.extends = 0
        has_extends = is_root and _mentions_extends(node.body)
        self.write_body(node.body)
        if self.streaming:
            self.write("yield ''.join(out)", lineno)
        if has_extends:
            streamed = "yield from parent.stream_function(context)"
            call = streamed if self.streaming else "parent.root_function(context, out)"
            if self.extends == 2:
                self.write(call, lineno)
            else:
                self.write("if parent is not None:", lineno)
                self.write_suite(lineno, self.write, call, lineno)
        for name in self.scope.needs_start:
            self.heads[self.scope.names[name]] = self.start_value(name)
        settings = {"out": "[]"} if self.streaming else {}
        if has_extends:
            settings["parent"] = "None"
        settings.update(self.heads)
        head = [(1, f"{target} = {code}", lineno) for target, code in settings.items()]
        arguments = "context" if self.streaming else "context, out"
        lines = head + self.lines or [(1, "pass", lineno)]
        return [(0, f"def {python}({arguments}):", lineno), *lines]

    def write_body(self, body: list[TemplateNode]) -> None:
        """Write the statements of *body*, each by the method named after its kind."""
        for node in body:
            write = getattr(self, node.kind + "_statement")
            if node.kind in _OUTPUT_KINDS:
                self.write_unless_extended(node.lineno, write, node)
            else:
                write(node)

    def write_unless_extended(self, lineno: int, write: Callable[..., None], *args: Any) -> None:
        """Write what puts something out, which is dropped if the template extends another."""
        if not self.checks_parent or not self.extends:
            write(*args)
        elif self.extends == 1:
            self.write("if parent is None:", lineno)
            self.write_suite(lineno, write, *args)

    def write_scoped(
        self, lineno: int, scope: TemplateScope, write: Callable[..., None], *args: Any
    ) -> None:
        """Call ``write(*args)`` in a scope of its own."""
        with ChangedSettings(self, top_level=False):
            start = self.open_scope(scope)
            write(*args)
            self.close_scope(start, lineno)

    def output_statement(self, node: TemplateNode) -> None:
        self.write_output(node.parts, node.lineno)

    def if_statement(self, node: TemplateNode) -> None:
        word = "if"
        self.branch += 1
        for test, body in node.branches:
            self.write(f"{word} {self.expression(test)}:", test.lineno)
            self.write_suite(test.lineno, self.write_body, body)
            word = "elif"
        if node.otherwise:
            self.write("else:", node.lineno)
            self.write_suite(node.lineno, self.write_body, node.otherwise)
        self.branch -= 1

    def target_source(self, node: TemplateNode) -> str:
        """Return the source of what a loop or ``with`` assigns to."""
        if node.kind == "sequence":
            return self.tuple_source([self.target_source(item) for item in node.items])
        return self.store(node.name)

    def for_statement(self, node: TemplateNode) -> None:
        iterable = self.expression(node.iterable)
        with ChangedSettings(self, top_level=False):
            if node.recursive:
                self.recursive_loop(node, iterable)
            else:
                self.plain_loop(node, iterable)

    def recursive_loop(self, node: TemplateNode, iterable: str) -> None:
        """Write the loop as a function that ``loop()`` can call, and its first call."""
        lineno = node.lineno
        function = f"recurse_{self.number()}"
        self.write(f"def {function}(iterable, depth=0):", lineno)

        def write_function() -> None:
            self.write("out_recursion = []", lineno)
            self.plain_loop(node, "iterable", f", {function}, depth")
            joined = "''.join(out_recursion)"
            self.write(f"return {self.escaping.markup}({joined})", lineno)

        with ChangedSettings(self, out="out_recursion", checks_parent=False):
            self.write_suite(lineno, write_function)
        call = [f"{function}({iterable})"]
        self.write_unless_extended(lineno, self.write_pieces, call, lineno)

    def plain_loop(self, node: TemplateNode, iterable: str, recursion: str = "") -> None:
        """Write a loop; *recursion* is what makes its ``loop`` object recursive."""
        lineno = node.lineno
        empty = f"empty_{self.number()}" if node.otherwise else ""
        if empty:
            self.write(f"{empty} = True", lineno)
        self.open_scope(node.scope)
        target = self.target_source(node.target)
        if node.test is not None:
            names = self.scope.names
            self.scope.names = {name: names[name] for name in self.scope.definite}
            iterable = f"({target} for {target} in {iterable} if {self.expression(node.test)})"
            self.scope.names = names
        scope = node.scope
        if scope.uses_loop or recursion or (scope.counts and scope.shares):
            loop = self.scope.names["loop"] = f"loop_{self.number()}"
            self.scope.definite.add("loop")
            self.write(f"{loop} = LoopContext({iterable}, undefined{recursion})", lineno)
            iterable = loop
        elif scope.counts:
            self.scope.definite.add("loop")
            self.scope.names["loop"] = f"round_{self.number()}"
            target, iterable = f"{self.scope.names['loop']}, {target}", f"enumerate({iterable})"
        elif self.is_simple_loop(node):
            self.write_simple_loop(node, target, iterable)
            return
        self.write(f"for {target} in {iterable}:", lineno)
        self.write_suite(lineno, self.write_loop_body, node, empty)
        if empty:
            self.write(f"if {empty}:", lineno)
            body = (self.write_body, node.otherwise)
            self.write_suite(lineno, self.write_scoped, lineno, node.other, *body)

    def is_simple_loop(self, node: TemplateNode) -> bool:
        """Say whether a loop does no more than to put out one escaped value and constant text."""
        if self.escaping is not ESCAPED or self.environment.finalize or node.otherwise:
            return False
        if self.streaming and self.out == "out":
            return False
        if len(node.body) != 1 or node.body[0].kind != "output":
            return False
        return [self.constant_output(part) for part in node.body[0].parts].count(None) == 1

    def write_simple_loop(self, node: TemplateNode, target: str, iterable: str) -> None:
        """Write a loop as a list of values that are escaped together."""
        texts = [self.constant_output(part) for part in node.body[0].parts]
        place = texts.index(None)
        before, after = ("".join(map(str, part)) for part in (texts[:place], texts[place + 1 :]))
        value = node.body[0].parts[place]
        code = self.expression(value)
        self.close_scope(len(self.lines), node.lineno)
        self.write(f"{self.out}.append(escape_each({before!r},", value.lineno)
        self.indent += 1
        if code == target:
            self.write(f"list({iterable}),", node.lineno)
        else:
            self.write(f"[{code}", value.lineno)
            self.write(f"for {target} in iter({iterable})],", node.lineno)
        self.indent -= 1
        self.write(f"{after!r}))", value.lineno)

    def write_loop_body(self, node: TemplateNode, empty: str) -> None:
        """Write what is done in each round, and close the scope of the loop."""
        if empty:
            self.write(f"{empty} = False", node.lineno)
        start = len(self.lines)
        self.write_body(node.body)
        if self.streaming and self.out == "out":
            self.write(f"if len(out) > {_FLUSH_AT}:", node.lineno)
            self.write_suite(node.lineno, self.flush, node.lineno)
        self.close_scope(start, node.lineno)

    def flush(self, lineno: int) -> None:
        """Hand out what a streamed page has so far."""
        self.write("yield ''.join(out)", lineno)
        self.write("out.clear()", lineno)

    def break_statement(self, node: TemplateNode) -> None:
        self.write(node.word, node.lineno)

    def do_statement(self, node: TemplateNode) -> None:
        self.write(self.expression(node.expression), node.lineno)

    def set_statement(self, node: TemplateNode) -> None:
        self.assign(node.target, self.expression(node.value))

    def assign(self, target: TemplateNode, code: str) -> None:
        """Write ``target = code`` for a target of ``set``."""
        lineno = target.lineno
        if target.kind == "namespace_target":
            namespace = self.load(target.name)
            self.write(f"assign_in_namespace({namespace}, {target.attribute!r}, {code})", lineno)
        elif target.kind == "sequence":
            parts = [f"part_{self.number()}" for _ in target.items]
            self.write(f"{self.tuple_source(parts)} = {code}", lineno)
            for item, part in zip(target.items, parts):
                self.assign(item, part)
        else:
            self.assign_name(target.name, code, lineno)

    def assign_name(self, name: str, code: str, lineno: int) -> None:
        """Write ``name = code``, at the top level also into what the template exports."""
        python = self.store(name)
        if self.top_level:
            self.heads["exports"] = "context.vars"
            python = f"exports[{name!r}] = {python}"
        self.write(f"{python} = {code}", lineno)

    def capture(self, node: TemplateNode) -> str:
        """Write the body of *node* into a list of its own; return the source of the result."""
        out = f"out_{self.number()}"
        self.write(f"{out} = []", node.lineno)
        with ChangedSettings(self, out=out, checks_parent=False):
            self.write_scoped(node.lineno, node.scope, self.write_body, node.body)
        joined = f"''.join({out})"
        self.captured = f"{self.escaping.markup}({joined})"
        return self.expression(node.filtered)

    def set_block_statement(self, node: TemplateNode) -> None:
        self.assign(node.target, self.capture(node))

    def filter_block_statement(self, node: TemplateNode) -> None:
        code = self.capture(node)
        self.write_pieces([f"{self.escaping.escape}({code})"], node.lineno)

    def with_statement(self, node: TemplateNode) -> None:
        values = [self.expression(value) for value in node.values]
        if len(values) > 1:
            temporary = [f"value_{self.number()}" for _ in values]
            self.write(f"{', '.join(temporary)} = {', '.join(values)}", node.lineno)
            values = temporary

        def write_with() -> None:
            for target, value in zip(node.targets, values):
                self.write(f"{self.target_source(target)} = {value}", target.lineno)
            self.write_body(node.body)

        self.write_scoped(node.lineno, node.scope, write_with)

    def autoescape_statement(self, node: TemplateNode) -> None:
        if node.value.kind == "constant":
            escaping = ESCAPED if node.value.value else UNESCAPED
        else:
            key = self.number()
            escaping = EscapingNames(*[f"{name}_by_{key}" for name in EscapingNames._fields])
            choice = f"choose_escaping({self.expression(node.value)})"
            self.write(f"{', '.join(escaping)} = {choice}", node.lineno)
        with ChangedSettings(self, escaping=escaping):
            self.write_scoped(node.lineno, node.scope, self.write_body, node.body)

    def block_statement(self, node: TemplateNode) -> None:
        if node.required:
            self.write(f"require_block(context, {node.name!r})", node.lineno)
        context = self.context_source() if node.scoped else "context"
        function = f"context.blocks[{node.name!r}][0]"
        if not self.streaming:
            self.write(f"{function}({context}, {self.out})", node.lineno)
        elif self.out == "out":
            self.flush(node.lineno)
            self.write(f"yield from {function}({context})", node.lineno)
        else:
            self.write(f"{self.out} += {function}({context})", node.lineno)

    def extends_statement(self, node: TemplateNode) -> None:
        if not self.top_level:
            message = (
                "{% extends %} must stand at the top level, not inside a block, a loop or a scope"
            )
            raise TemplateSyntaxError(message, node.lineno, self.name, self.filename)
        code = self.expression(node.template)
        self.write(f"parent = extend(context, {code}, parent, {self.streaming})", node.lineno)
        self.extends = max(self.extends, 1 if self.branch else 2)

    def linked_source(self, node: TemplateNode) -> str:
        """Return the source of a template to load and of the context it is given."""
        context = self.context_source() if node.with_context else "None"
        return f"{self.expression(node.template)}, {context}"

    def include_statement(self, node: TemplateNode) -> None:
        arguments = f"{self.linked_source(node)}, {node.ignore_missing}"
        if self.streaming and self.out == "out":
            self.flush(node.lineno)
            self.write(f"yield from stream_include({arguments})", node.lineno)
        else:
            self.write(f"include({arguments}, {self.out})", node.lineno)

    def import_statement(self, node: TemplateNode) -> None:
        self.assign_name(node.target, f"import_template({self.linked_source(node)})", node.lineno)

    def from_import_statement(self, node: TemplateNode) -> None:
        module = f"module_{self.number()}"
        self.write(f"{module} = import_template({self.linked_source(node)})", node.lineno)
        for name, alias in node.names:
            self.assign_name(alias, f"import_name({module}, {name!r})", node.lineno)

    def macro_source(self, node: TemplateNode, inherits_caller: bool = False) -> str:
        """Write the function of a macro and return the source of the `Macro` around it."""
        lineno = node.lineno
        function = template_python_name(f"macro{self.number()}", node.name)
        at = len(self.lines)
        inside = {"out": "out_macro", "top_level": False, "checks_parent": False}
        with ChangedSettings(self, branch=0, indent=self.indent + 1, **inside):
            start = self.open_scope(node.scope, is_macro=True)
            scope = self.scope
            scope.inherits_caller = inherits_caller
            scope.definite.update(node.parameters)
            self.write_defaults(node)
            self.write("out_macro = []", lineno)
            self.write_body(node.body)
            joined = "''.join(out_macro)"
            self.write(f"return {self.escaping.markup}({joined})", lineno)
            signature = [f"{scope.names[name]}=MISSING" for name in node.parameters]
            for name, missing in _MACRO_SPECIALS.items():
                if name in scope.specials:
                    signature.append(f"{name}=MISSING")
                    code = f"{scope.specials[name]} = {missing} if {name} is MISSING else {name}"
                    self.lines.insert(start, (self.indent, code, lineno))
            self.close_scope(start, lineno)
        self.lines.insert(at, (self.indent, f"def {function}({', '.join(signature)}):", lineno))
        flags = [flag for name, flag in _MACRO_FLAGS.items() if name in scope.specials]
        return f"Macro({function}, {node.name!r}, {tuple(node.parameters)!r}{''.join(flags)})"

    def write_defaults(self, node: TemplateNode) -> None:
        """Write what each parameter is when the caller leaves it out."""
        first_default = len(node.parameters) - len(node.defaults)
        for index, parameter in enumerate(node.parameters):
            if index >= first_default:
                code = self.expression(node.defaults[index - first_default])
            else:
                hint = f"the parameter {parameter!r} was not given"
                code = f"undefined({hint!r}, name={parameter!r})"
            python = self.scope.names[parameter]
            self.write(f"if {python} is MISSING:", node.lineno)
            self.write_suite(node.lineno, self.write, f"{python} = {code}", node.lineno)

    def macro_statement(self, node: TemplateNode) -> None:
        self.assign_name(node.name, self.macro_source(node), node.lineno)

    def call_block_statement(self, node: TemplateNode) -> None:
        scope: CompilerScope | None = self.scope
        while scope is not None and not scope.is_macro:
            scope = scope.parent
        caller = self.macro_source(node.macro, inherits_caller=scope is not None)
        code = self.call_source(node.call, f", caller={caller}")
        self.write_pieces([f"{self.escaping.escape}({code})"], node.lineno)


def _mentions_extends(body: list[TemplateNode]) -> bool:
    for node in body:
        if node.kind == "extends":
            return True
        if node.kind == "if":
            bodies = [branch for _, branch in node.branches] + [node.otherwise]
            if any(_mentions_extends(branch) for branch in bodies):
                return True
    return False
