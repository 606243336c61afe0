"""From the tags of a template to Python statements: the upper half of the compiler.

Output goes to ``append``, the ``append`` method of a list: that of the whole page, or that of a
capture while a block's, macro's or ``{% set %}``'s output is collected.
"""

from __future__ import annotations

from .compiler import CompilerScope, ModuleWriter
from .exceptions import TemplateSyntaxError
from .nodes import (
    AutoescapeNode,
    BlockNode,
    BreakNode,
    CallBlockNode,
    ConstantNode,
    DoNode,
    ExtendsNode,
    FilterBlockNode,
    ForNode,
    FromImportNode,
    IfNode,
    ImportNode,
    IncludeNode,
    MacroNode,
    NameNode,
    NamespaceTargetNode,
    OutputNode,
    RootNode,
    SequenceNode,
    SetBlockNode,
    SetNode,
    TemplateNode,
    TemplateScope,
    WithNode,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_FLUSH_AT = 500


class TemplateCompiler(ModuleWriter):
    """Writes the module for one template.

    ``top_level`` holds where assignments are seen by blocks and imports, ``checks_parent`` where
    output is dropped once the template extends another; ``extends`` is 0 before that, 1 where only
    running will tell, 2 from then on.
    """

    top_level = True
    checks_parent = True
    extends = 0
    has_extends = False

    def compile_root(self, root: RootNode) -> tuple[str, list[int]]:
        """Return the module's source and, for each of its lines, the template's line."""
        self.has_extends = self._mentions_extends(root.body)
        functions = self.write_function("root", 1, root.scope, root.body, is_root=True)
        self.has_extends, self.extends = False, 0
        for name, block in root.blocks.items():
            self.block, self.block_stores = name, list(block.scope.stores)
            python = self.python_name("block", name)
            functions += [(0, "", block.lineno)]
            functions += self.write_function(python, block.lineno, block.scope, block.body)
        pairs = ", ".join(f"{name!r}: {self.python_name('block', name)}" for name in root.blocks)
        functions += [(0, "", 1), (0, f"blocks = {{{pairs}}}", 1)]
        head = [(0, f"{python} = {key}", 1) for key, python in self.imports.items()]
        if head:
            head.append((0, "", 1))
        return self.join_lines(head + functions)

    def _mentions_extends(self, body: list[TemplateNode]) -> bool:
        for node in body:
            if isinstance(node, IfNode):
                bodies = [branch for _, branch in node.branches] + [node.otherwise]
                if any(self._mentions_extends(branch) for branch in bodies):
                    return True
            elif isinstance(node, ExtendsNode):
                return True
        return False

    @staticmethod
    def join_lines(lines: list[tuple[int, str, int]]) -> tuple[str, list[int]]:
        """Join the lines to a module, with a comment wherever the template's line changes."""
        texts: list[str] = []
        numbers: list[int] = []
        shown = 0
        for indent, code, lineno in lines:
            if lineno != shown and indent:
                shown = lineno
                texts.append(f"{'    ' * indent}{code}  # line {lineno}")
            else:
                texts.append("    " * indent + code if code else "")
            numbers.append(lineno)
        return "\n".join(texts) + "\n", numbers

    def write_function(
        self,
        python: str,
        lineno: int,
        stores: TemplateScope,
        body: list[TemplateNode],
        is_root: bool = False,
    ) -> list[tuple[int, str, int]]:
        """Return the lines of the function for the template itself or for one block."""
        self.lines, self.heads, self.indent, self.branch = [], {}, 1, 0
        self.scope = self.root_scope = CompilerScope(None, 0)
        self.scope.names = {name: self.python_name("l", name) for name in stores.stores}
        self.top_level = self.checks_parent = is_root
        self.write_body(body)
        if self.has_extends:
            self.finish_extends(lineno)
        elif self.streaming:
            self.write("yield ''.join(out)", lineno)
        head: list[tuple[int, str, int]] = []
        if self.streaming:
            head = [(0, f"def {python}(context):", lineno), (1, "out = []", lineno)]
            head.append((1, "append = out.append", lineno))
        else:
            head = [(0, f"def {python}(context, append):", lineno)]
        if self.has_extends:
            head.append((1, "parent = None", lineno))
        for name in self.scope.needs_start:
            self.heads[self.scope.names[name]] = self.start_value(name)
        head += [(1, f"{target} = {code}", lineno) for target, code in self.heads.items()]
        if not self.lines and len(head) == 1:
            head.append((1, "pass", lineno))
        return head + self.lines

    def finish_extends(self, lineno: int) -> None:
        if self.streaming:
            self.write("yield ''.join(out)", lineno)
        if self.extends < 2:
            self.write("if parent is not None:", lineno)
            self.indent += 1
        if self.streaming:
            self.write("yield from parent.stream_function(context)", lineno)
        else:
            self.write("parent.root_function(context, append)", lineno)
        if self.extends < 2:
            self.indent -= 1

    def write_body(self, body: list[TemplateNode]) -> None:
        """Write the statements of *body*."""
        for node in body:
            self.STATEMENTS[node.__class__](self, node)

    def write_suite(self, body: list[TemplateNode], lineno: int) -> None:
        """Write *body* indented, ``pass`` if it comes to nothing."""
        self.indent += 1
        before = len(self.lines)
        self.write_body(body)
        if len(self.lines) == before:
            self.write("pass", lineno)
        self.indent -= 1

    @property
    def output_is_dropped(self) -> bool:
        """Whether output goes nowhere, as the template extends another for certain."""
        return self.checks_parent and self.extends == 2

    def open_parent_guard(self, lineno: int) -> bool:
        """Begin ``if parent is None:`` where only running will tell whether output counts."""
        if self.checks_parent and self.extends == 1:
            self.write("if parent is None:", lineno)
            self.indent += 1
            return True
        return False

    def output_statement(self, node: OutputNode) -> None:
        if self.output_is_dropped:
            return
        guarded = self.open_parent_guard(node.lineno)
        before = len(self.lines)
        self.write_output(node.parts, node.lineno)
        if guarded and len(self.lines) == before:
            self.write("pass", node.lineno)
        self.indent -= guarded

    def if_statement(self, node: IfNode) -> None:
        word = "if"
        self.branch += 1
        depth = self.indent
        for test, body in node.branches:
            code = self.expression(test)
            self.write(f"{word} {code}:", test.lineno)
            self.write_suite(body, test.lineno)
            word = "elif"
        if node.otherwise:
            self.write("else:", node.lineno)
            self.write_suite(node.otherwise, node.lineno)
        self.indent = depth
        self.branch -= 1

    def target_source(self, node: TemplateNode) -> str:
        """Return the source of what a loop or ``with`` assigns to."""
        if isinstance(node, SequenceNode):
            inside = ", ".join([self.target_source(item) for item in node.items])
            return f"({inside},)" if len(node.items) == 1 else f"({inside})"
        if isinstance(node, NameNode):
            return self.store(node.name)
        raise TemplateSyntaxError(
            "only a name can be assigned to here", node.lineno, self.name, self.filename
        )

    def for_statement(self, node: ForNode) -> None:
        iterable = self.expression(node.iterable)
        top_level, self.top_level = self.top_level, False
        if node.recursive:
            self.recursive_loop(node, iterable)
        else:
            self.plain_loop(node, iterable, "", "")
        self.top_level = top_level

    def recursive_loop(self, node: ForNode, iterable: str) -> None:
        """Write the loop as a function that ``loop()`` can call, and its first call."""
        function = f"recurse_{self.number()}"
        self.write(f"def {function}(iterable, depth=0):", node.lineno)
        append, self.append = self.append, "append_recursion"
        checks_parent, self.checks_parent = self.checks_parent, False
        self.indent += 1
        self.write("out_recursion = []", node.lineno)
        self.write("append_recursion = out_recursion.append", node.lineno)
        self.plain_loop(node, "iterable", function, "depth")
        self.write(
            f"return {self.markup_source(chr(39) * 2 + '.join(out_recursion)')}", node.lineno
        )
        self.indent -= 1
        self.append, self.checks_parent = append, checks_parent
        if not self.output_is_dropped:
            guarded = self.open_parent_guard(node.lineno)
            self.write(f"{append}({function}({iterable}))", node.lineno)
            self.indent -= guarded

    def plain_loop(self, node: ForNode, iterable: str, recurse: str, depth: str) -> None:
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
        if node.scope.uses_loop or recurse:
            loop = self.scope.names["loop"] = f"loop_{self.number()}"
            self.scope.definite.add("loop")
            extra = f", {recurse}, {depth}" if recurse else ""
            self.write(f"{loop} = LoopContext({iterable}, undefined{extra})", lineno)
            iterable = loop
        self.write(f"for {target} in {iterable}:", lineno)
        self.indent += 1
        if empty:
            self.write(f"{empty} = False", lineno)
        start = len(self.lines)
        self.write_body(node.body)
        if len(self.lines) == start:
            self.write("pass", lineno)
        if self.streaming and self.append == "append" and not recurse:
            self.write(f"if len(out) > {_FLUSH_AT}:", lineno)
            self.indent += 1
            self.flush(lineno)
            self.indent -= 1
        self.close_scope(start, lineno)
        self.indent -= 1
        if empty:
            self.write(f"if {empty}:", lineno)
            self.indent += 1
            start = self.open_scope(node.other)
            self.write_body(node.otherwise)
            if len(self.lines) == start:
                self.write("pass", lineno)
            self.close_scope(start, lineno)
            self.indent -= 1

    def flush(self, lineno: int) -> None:
        """Hand out what a streamed page has so far."""
        self.write("yield ''.join(out)", lineno)
        self.write("out.clear()", lineno)

    def break_statement(self, node: BreakNode) -> None:
        self.write(node.word, node.lineno)

    def do_statement(self, node: DoNode) -> None:
        self.write(self.expression(node.expression), node.lineno)

    def assign(self, target: TemplateNode, code: str) -> None:
        """Write ``target = code`` for a target of ``set``."""
        lineno = target.lineno
        if isinstance(target, NamespaceTargetNode):
            namespace = self.load(target.name)
            self.write(f"assign_in_namespace({namespace}, {target.attribute!r}, {code})", lineno)
            return
        if isinstance(target, SequenceNode):
            parts = [f"part_{self.number()}" for _ in target.items]
            self.write(f"{', '.join(parts)}{',' * (len(parts) == 1)} = {code}", lineno)
            for item, part in zip(target.items, parts):
                self.assign(item, part)
            return
        python = self.target_source(target)
        exported = ""
        if self.top_level and isinstance(target, NameNode):
            self.heads["exports"] = "context.vars"
            exported = f"exports[{target.name!r}] = "
        self.write(f"{exported}{python} = {code}", lineno)

    def set_statement(self, node: SetNode) -> None:
        self.assign(node.target, self.expression(node.value))

    def capture(self, lineno: int, scope: TemplateScope, body: list[TemplateNode]) -> str:
        """Write *body* into a list of its own and return the source of the captured text."""
        number = self.number()
        self.write(f"out_{number} = []", lineno)
        self.write(f"append_{number} = out_{number}.append", lineno)
        append, self.append = self.append, f"append_{number}"
        checks_parent, self.checks_parent = self.checks_parent, False
        self.write_scoped(lineno, scope, body)
        self.append, self.checks_parent = append, checks_parent
        return self.markup_source(f"''.join(out_{number})")

    def write_scoped(self, lineno: int, scope: TemplateScope, body: list[TemplateNode]) -> None:
        """Write *body* in a scope of its own."""
        top_level, self.top_level = self.top_level, False
        start = self.open_scope(scope)
        self.write_body(body)
        self.close_scope(start, lineno)
        self.top_level = top_level

    def set_block_statement(self, node: SetBlockNode) -> None:
        self.body_source = self.capture(node.lineno, node.scope, node.body)
        self.assign(node.target, self.expression(node.filtered))

    def filter_block_statement(self, node: FilterBlockNode) -> None:
        if self.output_is_dropped:
            return
        guarded = self.open_parent_guard(node.lineno)
        self.body_source = self.capture(node.lineno, node.scope, node.body)
        code = self.escape_source(self.expression(node.filtered))
        self.write(f"{self.append}({code})", node.lineno)
        self.indent -= guarded

    def with_statement(self, node: WithNode) -> None:
        values = [self.expression(value) for value in node.values]
        temporary = [f"value_{self.number()}" for _ in values] if len(values) > 1 else values
        if len(values) > 1:
            self.write(f"{', '.join(temporary)} = {', '.join(values)}", node.lineno)
        top_level, self.top_level = self.top_level, False
        start = self.open_scope(node.scope)
        for target, value in zip(node.targets, temporary):
            self.write(f"{self.target_source(target)} = {value}", target.lineno)
        self.write_body(node.body)
        self.close_scope(start, node.lineno)
        self.top_level = top_level

    def autoescape_statement(self, node: AutoescapeNode) -> None:
        outer = self.autoescape
        if isinstance(node.value, ConstantNode):
            self.autoescape = bool(node.value.value)
        else:
            key = f"by_{self.number()}"
            self.write(
                f"escape_{key}, markup_{key}, concatenate_{key}, eval_{key} = "
                f"choose_escaping({self.expression(node.value)})",
                node.lineno,
            )
            self.autoescape = key
        self.write_scoped(node.lineno, node.scope, node.body)
        self.autoescape = outer

    def block_statement(self, node: BlockNode) -> None:
        if self.output_is_dropped:
            return
        guarded = self.open_parent_guard(node.lineno)
        if node.required:
            self.write(f"require_block(context, {node.name!r})", node.lineno)
        context = self.context_source() if node.scoped else "context"
        function = f"context.blocks[{node.name!r}][0]"
        if self.streaming and self.append == "append":
            self.flush(node.lineno)
            self.write(f"yield from {function}({context})", node.lineno)
        elif self.streaming:
            self.write(f"{self.append}(''.join({function}({context})))", node.lineno)
        else:
            self.write(f"{function}({context}, {self.append})", node.lineno)
        self.indent -= guarded

    def extends_statement(self, node: ExtendsNode) -> None:
        if not self.top_level:
            raise TemplateSyntaxError(
                "{% extends %} must stand at the top level, not inside a block, a loop or a scope",
                node.lineno,
                self.name,
                self.filename,
            )
        code = self.expression(node.template)
        self.write(f"parent = extend(context, {code}, parent, {self.streaming})", node.lineno)
        self.extends = max(self.extends, 1 if self.branch else 2)

    def include_statement(self, node: IncludeNode) -> None:
        if self.output_is_dropped:
            return
        guarded = self.open_parent_guard(node.lineno)
        template = self.expression(node.template)
        context = self.context_source() if node.with_context else "None"
        arguments = f"{template}, {context}, {node.ignore_missing}"
        if self.streaming and self.append == "append":
            self.flush(node.lineno)
            self.write(f"yield from stream_include({arguments})", node.lineno)
        else:
            self.write(f"include({arguments}, {self.append})", node.lineno)
        self.indent -= guarded

    def import_source(self, node: Any) -> str:
        context = self.context_source() if node.with_context else "None"
        return f"import_template({self.expression(node.template)}, {context})"

    def import_statement(self, node: ImportNode) -> None:
        code = self.import_source(node)
        self.assign(NameNode(node.lineno, node.target), code)

    def from_import_statement(self, node: FromImportNode) -> None:
        module = f"module_{self.number()}"
        self.write(f"{module} = {self.import_source(node)}", node.lineno)
        for name, alias in node.names:
            self.assign(NameNode(node.lineno, alias), f"import_name({module}, {name!r})")

    def macro_source(self, node: MacroNode, inherits_caller: bool = False) -> str:
        """Write the function of a macro and return the source of the `Macro` around it."""
        lineno = node.lineno
        function = self.python_name(f"macro{self.number()}", node.name)
        at = len(self.lines)
        append, self.append = self.append, "append_macro"
        top_level, self.top_level = self.top_level, False
        checks_parent, self.checks_parent = self.checks_parent, False
        branch, self.branch = self.branch, 0
        self.indent += 1
        start = self.open_scope(node.scope, is_macro=True)
        scope = self.scope
        scope.inherits_caller = inherits_caller
        scope.definite.update(node.parameters)
        first_default = len(node.parameters) - len(node.defaults)
        for index, parameter in enumerate(node.parameters):
            self.write_default(node, parameter, index - first_default)
        self.write("out_macro = []", lineno)
        self.write("append_macro = out_macro.append", lineno)
        self.write_body(node.body)
        self.write(f"return {self.markup_source(chr(39) * 2 + '.join(out_macro)')}", lineno)
        signature = [f"{scope.names[name]}=MISSING" for name in node.parameters]
        specials = (
            ("caller", "MISSING", "undefined('the macro was called without a caller')"),
            ("varargs", "()", "()"),
            ("kwargs", "MISSING", "{}"),
        )
        for name, default, missing in specials:
            if name in scope.specials:
                signature.append(f"{name}={default}")
                code = f"{scope.specials[name]} = {missing} if {name} is MISSING else {name}"
                self.lines.insert(start, (self.indent, code, lineno))
        self.close_scope(start, lineno)
        self.indent -= 1
        self.lines.insert(at, (self.indent, f"def {function}({', '.join(signature)}):", lineno))
        self.append, self.top_level, self.branch = append, top_level, branch
        self.checks_parent = checks_parent
        flags = ", ".join(str(name in scope.specials) for name in ("varargs", "kwargs", "caller"))
        return f"Macro({function}, {node.name!r}, {tuple(node.parameters)!r}, {flags})"

    def write_default(self, node: MacroNode, parameter: str, default: int) -> None:
        """Write what a parameter is when the caller leaves it out."""
        python = self.scope.names[parameter]
        if default >= 0:
            code = self.expression(node.defaults[default])
        else:
            hint = f"the parameter {parameter!r} was not given"
            code = f"undefined({hint!r}, name={parameter!r})"
        self.write(f"if {python} is MISSING:", node.lineno)
        self.indent += 1
        self.write(f"{python} = {code}", node.lineno)
        self.indent -= 1

    def macro_statement(self, node: MacroNode) -> None:
        code = self.macro_source(node)
        self.assign(NameNode(node.lineno, node.name), code)

    def call_block_statement(self, node: CallBlockNode) -> None:
        if self.output_is_dropped:
            return
        guarded = self.open_parent_guard(node.lineno)
        scope: CompilerScope | None = self.scope
        while scope is not None and not scope.is_macro:
            scope = scope.parent
        caller = self.macro_source(node.macro, inherits_caller=scope is not None)
        code = self.call_source(node.call, f", caller={caller}")
        self.write(f"{self.append}({self.escape_source(code)})", node.lineno)
        self.indent -= guarded

    STATEMENTS: dict[type[TemplateNode], Callable[[TemplateCompiler, Any], None]] = {
        OutputNode: output_statement,
        IfNode: if_statement,
        ForNode: for_statement,
        BreakNode: break_statement,
        SetNode: set_statement,
        SetBlockNode: set_block_statement,
        FilterBlockNode: filter_block_statement,
        WithNode: with_statement,
        AutoescapeNode: autoescape_statement,
        BlockNode: block_statement,
        ExtendsNode: extends_statement,
        IncludeNode: include_statement,
        ImportNode: import_statement,
        FromImportNode: from_import_statement,
        MacroNode: macro_statement,
        CallBlockNode: call_block_statement,
        DoNode: do_statement,
    }
