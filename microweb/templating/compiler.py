"""From the text of a template to the source of a Python module: the tags.

The module has one function for the template, ``root(context, out)``, and one for each block, which
put the pieces of the page into the list ``out``. Template and module are read and written in one
pass: each tag has one method that reads it and writes its Python. `TEMPLATE_TAGS` is the table of
them, to which `extra.tags` adds the rarer ones when a template first uses one.
"""

from __future__ import annotations

from _ast import AST, PyCF_ONLY_AST  # without all of `ast`

from .expressions import (
    COUNTED_ATTRIBUTES,
    ESCAPED,
    LITERAL_WORDS,
    CompilerScope,
    ExpressionCompiler,
    template_python_name,
    tuple_source,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any, Union

    AssignmentTarget = Union[str, list[Any]]

# To be raised whenever other Python is generated: bytecode caches keep what was generated before.
GENERATED_CODE_VERSION = 3
# CPython's compiler takes no more; others do.
_MAX_LOOP_DEPTH = 20
_LOOP_IS_TAKEN = "'loop' is the loop itself in {% for %} and cannot be assigned to"
_RARE_TAGS = (
    "assign autoescape break call comment continue debug do filter from import macro print trans"
    " while with"
).split()


class ChangedSettings:
    """``with ChangedSettings(compiler, name=value)``: attributes for the time of the block."""

    def __init__(self, compiler: Any, **changes: Any) -> None:
        self.settings, self.changes = vars(compiler), changes

    def __enter__(self) -> None:
        self.before = {name: self.settings[name] for name in self.changes}
        self.settings.update(self.changes)

    def __exit__(self, *error: object) -> None:
        self.settings.update(self.before)


class TemplateCompiler(ExpressionCompiler):
    """Writes the module for one template.

    ``top_level`` holds where assignments are seen by blocks and imports, ``checks_parent`` where
    output is dropped once the template extends another; ``extends`` is 0 before that, 1 where only
    running will tell, 2 from then on. ``out`` is the list to which output goes.
    """

    parameters = "context, out"

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.lines: list[tuple[int, str, int]] = []
        self.functions: list[tuple[int, str, int]] = []
        self.blocks: dict[str, int] = {}
        self.open_tags: list[tuple[str, int, tuple[str, ...]]] = [("", 1, ())]
        self.indent = self.loop_depth = self.extends = 0
        self.out = "out"
        self.top_level = self.checks_parent = True
        self.single_output: tuple[Any, str, str, str] = (None, "", "", "")

    def compile(self) -> tuple[str, list[int]]:
        """Return the module's source and, for each of its lines, the template's line."""
        self.write_function("root", 1, self.parse_body, ())
        for error in self.unknown:
            raise error
        names = [f"{name!r}: {template_python_name('block', name)}" for name in self.blocks]
        head = [(0, f"{python} = {key}", 1) for key, python in self.imports.items()]
        lines = [*head, *self.functions, (0, "", 1), (0, f"blocks = {{{', '.join(names)}}}", 1)]
        texts = ["    " * indent + code for indent, code, _ in lines]
        return "\n".join(texts) + "\n", [lineno for _, _, lineno in lines]

    def write_function(
        self, python: str, lineno: int, parse: Callable[..., None], *args: Any, **changes: Any
    ) -> None:
        """Add the function for the template itself or a block, whose body is read by *parse*."""
        scope = CompilerScope(None, 0, "l")
        changes = {"scope": scope, "root_scope": scope, "lines": [], "heads": {}, **changes}
        with ChangedSettings(self, branch=0, indent=1, extends=0, out="out", **changes):
            parse(*args)
            self.end_function(lineno)
            for name in scope.starts:
                self.heads[scope.names[name]] = self.start_value(name)
            head = [(1, f"{target} = {code}", lineno) for target, code in self.heads.items()]
            lines = head + self.lines or [(1, "pass", lineno)]
        self.functions += [(0, "", 1), (0, f"def {python}({self.parameters}):", lineno), *lines]

    def write(self, code: str, lineno: int) -> None:
        """Add one line of Python that belongs to line *lineno* of the template."""
        self.lines.append((self.indent, code, lineno))

    def write_pieces(self, pieces: list[str], lineno: int) -> None:
        """Write the statement that puts *pieces*, Python source of strings, out."""
        if len(pieces) == 1:
            self.write(f"{self.out}.append({pieces[0]})", lineno)
        elif pieces:
            self.write(f"{self.out} += {', '.join(pieces)}", lineno)

    def write_suite(self, lineno: int, write: Callable[..., None], *args: Any) -> None:
        """Call ``write(*args)`` one level deeper; ``pass`` stands where that writes nothing."""
        start = len(self.lines)
        self.indent += 1
        write(*args)
        if len(self.lines) == start:
            self.write("pass", lineno)
        self.indent -= 1

    def write_unless_extended(self, lineno: int, write: Callable[..., None], *args: Any) -> None:
        """Call ``write(*args)``, whose output is dropped if the template extends another."""
        extends = self.extends if self.checks_parent else 0
        start = len(self.lines)
        self.indent += extends == 1
        write(*args)
        self.indent -= extends == 1
        if extends == 2:
            del self.lines[start:]
        elif extends == 1 and len(self.lines) > start:
            self.lines.insert(start, (self.indent, "if parent is None:", lineno))

    # These are written differently where a page is handed out in pieces (`extra.streaming`), and
    # so is `write_pieces`.

    def end_function(self, lineno: int) -> None:
        """Write what a function does last: hand over to the template that this one extends."""
        if self.extends:
            self.heads["parent"] = "None"
            condition = "if parent is not None: " if self.extends == 1 else ""
            self.write(f"{condition}parent.root_function(context, out)", lineno)

    def call_block(self, function: str, context: str, lineno: int) -> None:
        """Write the call of a block."""
        self.write(f"{function}({context}, {self.out})", lineno)

    def call_include(self, arguments: str, lineno: int) -> None:
        """Write the call that includes another template."""
        self.write(f"include({arguments}, {self.out})", lineno)

    def open_scope(self) -> int:
        """Enter a scope and return where its first line will stand."""
        self.scope = CompilerScope(self.scope, self.branch, f"l{self.number()}")
        return len(self.lines)

    def close_scope(self, start: int, lineno: int) -> None:
        """Leave the scope that began at line index *start*, giving its names their start value."""
        scope = self.scope
        self.scope = scope.parent or self.root_scope
        for name in scope.starts:
            looks_up = scope.looks_up and name not in self.root_scope.names
            outer = self.start_value(name) if looks_up else self.load(name)
            self.lines.insert(start, (self.indent, f"{scope.names[name]} = {outer}", lineno))

    def parse_scoped(self, lineno: int, parse: Callable[..., None], *args: Any) -> None:
        """Call ``parse(*args)`` in a scope of its own."""
        with ChangedSettings(self, top_level=False):
            start = self.open_scope()
            parse(*args)
            self.close_scope(start, lineno)

    def parse_body(self, ends: tuple[str, ...]) -> None:
        """Read up to a tag named in *ends*, whose name is then the next token."""
        while self.next != "eof":
            lineno = self.tokens[self.index][2]
            if self.next != "block_begin":
                self.write_unless_extended(lineno, self.parse_output)
                continue
            self.index += 1
            tag: str = self.expect("name", "the name of a tag")
            if tag in ends:
                self.index -= 1
                return
            self.parse_tag(tag, lineno)
        if ends:
            tag, line, _ = self.open_tags[-1]
            missing = " or ".join([f"{{% {end} %}}" for end in ends])
            opened = f"{{% {tag} %}} from line {line}"
            self.fail(f"the template ends while {opened} is open: {missing} is missing")

    def parse_block_body(self, tag: str, lineno: int, *ends: str) -> None:
        """Read the end of an opening tag and its body; the ending tag's name comes next."""
        self.skip(":")
        self.expect("block_end", f"the end of the {tag!r} tag")
        self.open_tags.append((tag, lineno, ends))
        self.parse_body(ends)
        self.open_tags.pop()

    def parse_output(self) -> None:
        """Read text and ``{{ }}``; those of one template line become one statement."""
        pieces: list[str] = []
        before = text = code = ""
        line, values = self.tokens[self.index][2], 0
        while self.next in ("text", "variable_begin"):
            kind, value, lineno = self.tokens[self.index]
            self.index += 1
            if kind == "text":
                text += value
                pieces.append(repr(value))
                continue
            if values and lineno != line:
                self.write_pieces(pieces, line)
                pieces = []
            before, text, line, values = text, "", lineno, values + 1
            self.links = 0
            code = self.parse_tuple()
            self.expect("variable_end", "the end of the expression")
            shown = self.finalized(code) if self.environment.finalize else code
            pieces.append(f"{self.escaping.escape}({shown})")
        self.write_pieces(pieces, line)
        if values == 1 and self.escaping is ESCAPED and not self.environment.finalize:
            self.single_output = (self.lines[-1], before, code, text)

    def finalized(self, code: str) -> str:
        """Return the call of the environment's ``finalize`` with what it has asked for."""
        passing = getattr(self.environment.finalize, "template_pass", "")
        passed = {"": "", "eval_context": f"{self.escaping.eval_context}, "}
        return f"finalize({passed.get(passing, f'{passing}, ')}{code})"

    def parse_tag(self, tag: str, lineno: int) -> None:
        """Read the tag whose name has just been taken, with all that belongs to it."""
        self.links = 0
        if tag not in TEMPLATE_TAGS and tag in _RARE_TAGS:
            self.rare_tag(tag)
        if tag in TEMPLATE_TAGS:
            TEMPLATE_TAGS[tag](self, lineno)
            self.expect("block_end", "the end of the tag")
            return
        self.index -= 1
        try:
            from .extra.explaining import explain_tag
        except ImportError:
            self.fail(f"unknown tag {tag!r}")
        self.fail(explain_tag(tag, [*TEMPLATE_TAGS, *_RARE_TAGS], self.open_tags[-1]))

    def rare_tag(self, name: str) -> Callable[..., Any]:
        """Return the function of `extra.tags` that compiles a rare tag or form of a tag."""
        from .extra.tags import RARE_FORMS, RARE_TAGS

        TEMPLATE_TAGS.update(RARE_TAGS)
        return RARE_TAGS.get(name) or RARE_FORMS[name]

    def parse_if(self, lineno: int) -> None:
        self.branch += 1
        word = "if"
        while word != "endif":
            line = self.tokens[self.index][2]
            test = "" if word == "else" else f" {self.parse_tuple()}"
            self.write(f"{word}{test}:", line)
            ends = ("endif",) if word == "else" else ("elif", "else", "endif")
            self.write_suite(line, self.parse_block_body, "if", lineno, *ends)
            word = self.expect("name")
        self.branch -= 1

    def parse_for(self, lineno: int) -> None:
        targets = self.parse_target()
        self.skip("in") or self.expect("in")
        iterable = self.parse_tuple(with_condition=False, end_word="recursive")
        self.open_scope()
        target = self.target_source(targets)
        if "loop" in self.scope.stores:
            self.fail(_LOOP_IS_TAKEN, lineno)
        test = f" if {self.parse_expression()}" if self.skip("if") else ""
        if self.skip("recursive"):
            self.rare_tag("recursive for")(self, lineno, target, iterable, test)
        else:
            self.parse_loop(lineno, target, iterable, test)

    def parse_loop(
        self, lineno: int, target: str, iterable: str, test: str, recursion: str = ""
    ) -> None:
        """Read the body of a loop and write the loop; *recursion* makes its object recursive."""
        if self.loop_depth >= _MAX_LOOP_DEPTH:
            self.fail("the template is too deeply nested: put inner loops into another", lineno)
        scope, start = self.scope, len(self.lines)
        key = scope.prefix[1:]
        if test:
            iterable = f"({target} for {target} in {iterable}{test})"
        head, use = f"for {target} in {iterable}:", self.find_loop_use()
        if use == "object" or recursion:
            scope.names.setdefault("loop", f"loop_{key}")
            make = self.rare("LoopContext")
            self.write(f"loop_{key} = {make}({iterable}, undefined{recursion})", lineno)
            head = f"for {target} in loop_{key}:"
        elif use:
            scope.names.setdefault("loop", f"round_{key}")
            head = f"for round_{key}, {target} in enumerate({iterable}):"
        self.write(head, lineno)
        with ChangedSettings(self, top_level=False, loop_depth=self.loop_depth + 1):
            self.write_suite(lineno, self.parse_loop_body, lineno, len(self.lines))
        line, before, code, after = self.single_output
        if self.expect("name") == "else":
            first = self.lines.index((self.indent, head, lineno), start)
            self.lines.insert(first + 1, (self.indent + 1, f"empty_{key} = False", lineno))
            self.lines.insert(first, (self.indent, f"empty_{key} = True", lineno))
            self.write(f"if empty_{key}:", lineno)
            otherwise = (self.parse_block_body, "for", lineno, "endfor")
            self.write_suite(lineno, self.parse_scoped, lineno, *otherwise)
            self.index += 1
        elif self.lines[start:] == [(self.indent, head, lineno), line] and not use:
            # It only puts out one value and constant text: the values are escaped together.
            del self.lines[start:]
            self.write(f"{self.out}.append(escape_each({before!r},", line[2])
            if code == target:
                self.write(f"    list({iterable}),", lineno)
            else:
                self.write(f"    [{code}", line[2])
                self.write(f"    for {target} in iter({iterable})],", lineno)
            self.write(f"{after!r}))", line[2])

    def parse_loop_body(self, lineno: int, start: int) -> None:
        """Read what is done in each round, and close the scope of the loop."""
        self.parse_block_body("for", lineno, "else", "endfor")
        self.close_scope(start, lineno)

    def find_loop_use(self) -> str:
        """Look ahead how the body of a loop uses ``loop``: as an ``"object"``, only as a
        ``"number"`` that counts the rounds, or not at all."""
        depth, use, shared = 1, "", False
        for index in range(self.index, len(self.tokens) - 2):
            kind, word, _ = self.tokens[index]
            if kind == "name" and self.tokens[index - 1][0] == "block_begin":
                depth += (word == "for") - (word == "endfor")
                if not depth:
                    break
                shared = shared or word in ("include", "import", "from")
            elif kind == "name" and word == "loop":
                (dot, _, _), (_, attribute, _) = self.tokens[index + 1 : index + 3]
                use = use or "number"
                shared = shared or dot != "." or attribute not in COUNTED_ATTRIBUTES
            elif kind == "name" and word == "scoped":
                use = "object"
        return "object" if use and shared else use

    def parse_target(self, with_namespace: bool = False) -> AssignmentTarget:
        """Read what is assigned to: a name, ``namespace.name``, or a list of such for a tuple."""
        targets = [self.parse_single_target(with_namespace)]
        if self.next != ",":
            return targets[0]
        while self.skip(","):
            kind, value, _ = self.tokens[self.index]
            if kind not in ("name", "(") or value == "in":
                break
            targets.append(self.parse_single_target(with_namespace))
        return targets

    def parse_single_target(self, with_namespace: bool) -> AssignmentTarget:
        if self.skip("("):
            inner = self.parse_target(with_namespace)
            self.expect(")")
            return inner
        name = self.parse_assigned_name()
        dotted = with_namespace and self.skip(".")
        return f"{name}.{self.expect('name', 'a name')}" if dotted else name

    def parse_assigned_name(self) -> str:
        """Read a name that can be assigned to."""
        name: str = self.expect("name", "a name to assign to")
        if name in LITERAL_WORDS:
            self.index -= 1
            self.fail(f"{name!r} is a literal and cannot be assigned to")
        if name == "loop" and self.loop_depth:
            self.fail(_LOOP_IS_TAKEN)
        return name

    def target_source(self, target: AssignmentTarget) -> str:
        """Return the source of what a loop or ``with`` assigns to."""
        if isinstance(target, list):
            return tuple_source([self.target_source(item) for item in target])
        return self.store(target)

    def assign(self, target: AssignmentTarget, code: str, lineno: int) -> None:
        """Write ``target = code`` for a target of ``set``."""
        if isinstance(target, list):
            parts = [f"part_{self.number()}" for _ in target]
            self.write(f"{tuple_source(parts)} = {code}", lineno)
            for item, part in zip(target, parts):
                self.assign(item, part, lineno)
        elif "." in target:
            name, _, attribute = target.partition(".")
            function = self.rare("assign_in_namespace")
            self.write(f"{function}({self.load(name)}, {attribute!r}, {code})", lineno)
        else:
            python = self.store(target, by_set=True)
            if self.top_level:
                # What a template exports.
                self.heads["exports"] = "context.vars"
                python = f"exports[{target!r}] = {python}"
            self.write(f"{python} = {code}", lineno)

    def parse_set(self, lineno: int) -> None:
        target = self.parse_target(with_namespace=True)
        if self.skip("="):
            self.assign(target, self.parse_tuple(), lineno)
        else:
            self.rare_tag("set block")(self, lineno, target)

    def parse_block(self, lineno: int) -> None:
        name: str = self.expect("name", "the name of the block")
        if name in self.blocks:
            first = self.blocks[name]
            self.fail(f"the block {name!r} is defined twice; the first is on line {first}", lineno)
        check, context = None, "context"
        if self.next != "block_end":
            check, context = self.rare_tag("block options")(self, lineno, name)
        self.blocks[name] = lineno
        changes: dict[str, Any] = {
            "block": name,
            "escaping": self.default_escaping,
            "loop_depth": 0,
        }
        changes.update(top_level=False, checks_parent=False)
        start = self.index
        body = (self.parse_block_body, "block", lineno, "endblock")
        self.write_function(template_python_name("block", name), lineno, *body, **changes)
        if check:
            check(self.tokens[start : self.index])
        self.index += 1
        if self.next == "name" and not self.skip(name):
            found = self.expect("name")
            self.index -= 1
            self.fail(f"{{% endblock {found} %}} closes the block {name!r}")
        function = f"context.blocks[{name!r}][0]"
        self.write_unless_extended(lineno, self.call_block, function, context, lineno)

    def parse_extends(self, lineno: int) -> None:
        if not self.top_level:
            message = (
                "{% extends %} must stand at the top level, not inside a block, a loop or a scope"
            )
            self.fail(message, lineno)
        self.write(f"parent = extend(context, {self.parse_expression()}, parent)", lineno)
        self.extends = max(self.extends, 1 if self.branch else 2)

    def parse_include(self, lineno: int) -> None:
        template = self.parse_expression()
        if self.next == "block_end":
            arguments = f"{template}, {self.context_source()}"
        else:
            arguments = self.rare_tag("include options")(self, template)
        self.write_unless_extended(lineno, self.call_include, arguments, lineno)

    def context_source(self) -> str:
        """Return the source of a context that knows the local names too."""
        local = self.local_source()
        return f"context.derived({local})" if local else "context"


TEMPLATE_TAGS: dict[str, Callable[[Any, int], None]] = {
    "if": TemplateCompiler.parse_if,
    "for": TemplateCompiler.parse_for,
    "set": TemplateCompiler.parse_set,
    "block": TemplateCompiler.parse_block,
    "extends": TemplateCompiler.parse_extends,
    "include": TemplateCompiler.parse_include,
}


def compile_with_lines(source: str, lines: list[int], filename: str) -> CodeType:
    """Compile the module *source*; its line *n* becomes line ``lines[n - 1]`` of *filename*.

    Each node of the syntax tree is given its line of the template, so that tracebacks, debuggers
    and ``frame.f_lineno`` name the template's lines with no help.
    """
    tree: Any = compile(source, filename, "exec", PyCF_ONLY_AST, True)
    pending = [tree]
    while pending:
        node = pending.pop()
        if "lineno" in node._attributes:
            node.lineno = node.end_lineno = lines[node.lineno - 1]
            node.col_offset = node.end_col_offset = 0
        for field in node._fields:
            part = getattr(node, field)
            if part.__class__ is list:
                pending += [each for each in part if isinstance(each, AST)]
            elif isinstance(part, AST) and part._fields:
                pending.append(part)
    code: CodeType = compile(tree, filename, "exec", 0, True)
    return code
