"""From the text of a template to the source of a Python module: the tags.

The module has one function for the template, ``root(context, out)``, and one for each block, which
put the pieces of the page into the list ``out``. Template and module are read and written in one
pass: each tag has one method that reads it and writes its Python. `TEMPLATE_TAGS` is the table of
them, to which `extra.tags` adds the rarer ones when a template first uses one.
"""

from __future__ import annotations

from ..text.nearest import did_you_mean
from .exceptions import TemplateSyntaxError
from .expressions import (
    COUNTED_ATTRIBUTES,
    ESCAPED,
    LITERAL_WORDS,
    UNESCAPED,
    CompilerScope,
    ExpressionCompiler,
    template_python_name,
    tuple_source,
)
from .markup import escape_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Union

    AssignmentTarget = Union[str, list[Any]]

# To be raised whenever other Python is generated: bytecode caches keep what was generated before.
GENERATED_CODE_VERSION = 2
_BLOCK_NESTING_LIMIT = 40
_LOOP_NESTING_LIMIT = 16
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
        self.open_tags: list[tuple[str, int, tuple[str, ...]]] = []
        self.indent = self.loop_depth = self.extends = 0
        self.out = "out"
        self.top_level = self.checks_parent = True
        self.single_output: tuple[Any, str, str, str] = (None, "", "", "")

    def compile(self) -> tuple[str, list[int]]:
        """Return the module's source and, for each of its lines, the template's line."""
        self.write_function("root", 1, self.parse_body, ())
        names = [f"{name!r}: {template_python_name('block', name)}" for name in self.blocks]
        head = [(0, f"{python} = {key}", 1) for key, python in self.imports.items()]
        lines = [*head, *self.functions, (0, f"blocks = {{{', '.join(names)}}}", 1)]
        texts: list[str] = []
        shown = 0
        for indent, code, lineno in lines:
            if lineno != shown and indent:
                shown = lineno
                code += f"  # line {lineno}"
            texts.append("    " * indent + code)
        return "\n".join(texts) + "\n", [lineno for _, _, lineno in lines]

    def write_function(
        self, python: str, lineno: int, parse: Callable[..., None], *args: Any, **changes: Any
    ) -> None:
        """Add the function for the template itself or a block, whose body is read by *parse*."""
        scope = CompilerScope(None, 0, "l")
        changes = {"scope": scope, "root_scope": scope, "lines": [], "heads": {}, **changes}
        with ChangedSettings(self, branch=0, indent=1, extends=0, out="out", **changes):
            parse(*args)
            if self.extends == 1:
                self.write("if parent is not None:", lineno)
                self.indent += 1
            self.end_function(lineno)
            for name in scope.needs_start:
                self.heads[scope.names[name]] = self.start_value(name)
            head = [(1, f"{target} = {code}", lineno) for target, code in self.heads.items()]
            lines = head + self.lines or [(1, "pass", lineno)]
        self.functions += [(0, f"def {python}({self.parameters}):", lineno), *lines]

    def write(self, code: str, lineno: int) -> None:
        """Add one line of Python that belongs to line *lineno* of the template."""
        self.lines.append((self.indent, code, lineno))

    def write_pieces(self, pieces: list[str], lineno: int) -> None:
        """Write the statement that puts *pieces*, Python source of strings, out."""
        if len(pieces) == 1:
            self.write(f"{self.out}.append({pieces[0]})", lineno)
        elif pieces:
            self.write(f"{self.out} += {', '.join(pieces)}", lineno)

    # What is written differently where the functions of a page hand out its pieces.

    def end_function(self, lineno: int) -> None:
        """Write what a function does last: hand over to the template that this one extends."""
        if self.extends:
            self.heads["parent"] = "None"
            self.write("parent.root_function(context, out)", lineno)

    def end_round(self, lineno: int) -> None:
        """Write what is done at the end of each round of a loop."""

    def call_block(self, function: str, context: str, lineno: int) -> None:
        """Write the call of a block."""
        self.write(f"{function}({context}, {self.out})", lineno)

    def call_include(self, arguments: str, lineno: int) -> None:
        """Write the call that includes another template."""
        self.write(f"include({arguments}, {self.out})", lineno)

    def parse_body(self, ends: tuple[str, ...]) -> None:
        """Read up to a tag named in *ends*, whose name is then the next token."""
        while True:
            kind, _, lineno = self.tokens[self.index]
            if kind == "text" or kind == "variable_begin":
                self.write_unless_extended(lineno, self.parse_output)
            elif kind == "block_begin":
                self.index += 1
                tag: str = self.expect("name", "the name of a tag")
                if tag in ends:
                    self.index -= 1
                    return
                self.parse_tag(tag, lineno)
            elif ends:
                opened, line, wanted = self.open_tags[-1]
                self.fail(
                    f"the template ends while {{% {opened} %}} from line {line} is open: "
                    f"{_list_tags(wanted)} is missing"
                )
            else:
                return

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

    def parse_output(self) -> None:
        """Read text and ``{{ }}``; those of one template line become one statement."""
        pieces: list[str] = []
        text = before = code = ""
        line, values = self.tokens[self.index][2], 0
        while True:
            kind, value, lineno = self.tokens[self.index]
            constant = value if kind == "text" else self.constant_output()
            if constant is not None:
                self.index += 1 if kind == "text" else 3
                text += constant
                continue
            if text:
                pieces.append(repr(text))
            if kind != "variable_begin":
                break
            before, text = text, ""
            if values and lineno != line:
                self.write_pieces(pieces, line)
                pieces = []
            line, values = lineno, values + 1
            self.index += 1
            code = self.parse_tuple()
            self.expect("variable_end", "the end of the expression")
            shown = f"finalize({code})" if self.environment.finalize else code
            pieces.append(f"{self.escaping.escape}({shown})")
        self.write_pieces(pieces, line)
        if values == 1 and self.escaping is ESCAPED and not self.environment.finalize:
            self.single_output = (self.lines[-1], before, code, text)

    def constant_output(self) -> str | None:
        """Return the output of ``{{ }}`` around a literal, None if something else comes next."""
        tokens = self.tokens[self.index : self.index + 3]
        if tokens[0][0] != "variable_begin" or tokens[2][0] != "variable_end":
            return None
        kind, value, _ = tokens[1]
        if kind == "name":
            value = LITERAL_WORDS.get(value)
        elif kind not in ("string", "number"):
            return None
        if value is None or self.environment.finalize:
            return None
        if self.escaping is ESCAPED:
            return escape_text(value)
        return str(value) if self.escaping is UNESCAPED else None

    def parse_tag(self, tag: str, lineno: int) -> None:
        """Read the tag whose name has just been taken, with all that belongs to it."""
        if tag not in TEMPLATE_TAGS and tag in _RARE_TAGS:
            self.rare_tag(tag)
        if tag in TEMPLATE_TAGS:
            TEMPLATE_TAGS[tag](self, lineno)
            self.expect("block_end", "the end of the tag")
            return
        self.index -= 1
        if tag.startswith("end") or tag in ("else", "elif"):
            if self.open_tags:
                opened, line, wanted = self.open_tags[-1]
                self.fail(
                    f"{{% {tag} %}} does not fit: the innermost open tag is {{% {opened} %}} from "
                    f"line {line}, which wants {_list_tags(wanted)}"
                )
            self.fail(f"{{% {tag} %}} closes nothing: no tag is open here")
        self.fail(f"unknown tag {tag!r}.{did_you_mean(tag, [*TEMPLATE_TAGS, *_RARE_TAGS])}")

    def rare_tag(self, name: str) -> Callable[..., None]:
        """Return the function of `extra.tags` that compiles a rare tag or form of a tag."""
        from .extra.tags import RARE_FORMS, RARE_TAGS

        TEMPLATE_TAGS.update(RARE_TAGS)
        return RARE_TAGS.get(name) or RARE_FORMS[name]

    def parse_block_body(self, tag: str, lineno: int, *ends: str) -> None:
        """Read the end of an opening tag and its body; the ending tag's name comes next."""
        self.skip(":")
        self.expect("block_end", f"the end of the {tag!r} tag")
        self.open_tags.append((tag, lineno, ends))
        self.deeper(len(self.open_tags), _BLOCK_NESTING_LIMIT)
        self.parse_body(ends)
        self.open_tags.pop()

    def write_suite(self, lineno: int, write: Callable[..., None], *args: Any) -> None:
        """Call ``write(*args)`` one level deeper; ``pass`` stands where that writes nothing."""
        start = len(self.lines)
        self.indent += 1
        write(*args)
        if len(self.lines) == start:
            self.write("pass", lineno)
        self.indent -= 1

    def parse_scoped(self, lineno: int, parse: Callable[..., None], *args: Any) -> None:
        """Call ``parse(*args)`` in a scope of its own."""
        with ChangedSettings(self, top_level=False):
            start = self.open_scope()
            parse(*args)
            self.close_scope(start, lineno)

    def open_scope(self) -> int:
        """Enter a scope and return where its first line will stand."""
        self.scope = CompilerScope(self.scope, self.branch, f"l{self.number()}")
        return len(self.lines)

    def close_scope(self, start: int, lineno: int) -> None:
        """Leave the scope that began at line index *start*, giving its names their start value."""
        scope = self.scope
        self.scope = scope.parent or self.root_scope
        self.lines[start:start] = [
            (self.indent, f"{scope.names[name]} = {self.load(name)}", lineno)
            for name in scope.needs_start
        ]

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
        if self.loop_depth >= _LOOP_NESTING_LIMIT:
            self.fail(f"too deeply nested: more than {_LOOP_NESTING_LIMIT} loops in each other")
        targets = self.parse_target()
        self.expect_word("in")
        iterable = self.parse_tuple(with_condition=False, end_word="recursive")
        self.open_scope()
        target = self.target_source(targets)
        test = f" if {self.parse_expression()}" if self.skip_word("if") else ""
        if self.skip_word("recursive"):
            self.rare_tag("recursive for")(self, lineno, target, iterable, test)
        else:
            self.parse_loop(lineno, target, iterable, test)

    def parse_loop(
        self, lineno: int, target: str, iterable: str, test: str, recursion: str = ""
    ) -> None:
        """Read the body of a loop and write the loop; *recursion* makes its object recursive."""
        scope, loop, start = self.scope, f"loop_{self.number()}", len(self.lines)
        self.loops[loop] = scope
        scope.loop = scope.names.setdefault("loop", loop)
        scope.definite.add("loop")
        if test:
            iterable = f"({target} for {target} in {iterable}{test})"
        with ChangedSettings(self, top_level=False, loop_depth=self.loop_depth + 1):
            self.write_suite(lineno, self.parse_loop_body, lineno, start)
        has_else = self.expect("name") == "else"
        if has_else or recursion or scope.loop_use or not self.write_simple_loop(start, target, iterable, lineno):
            empty = f"empty_{self.number()}" if has_else else ""
            self.write_loop(scope, loop, start, lineno, target, iterable, recursion, empty)
            if has_else:
                self.write(f"if {empty}:", lineno)
                body = (self.parse_block_body, "for", lineno, "endfor")
                self.write_suite(lineno, self.parse_scoped, lineno, *body)
                self.index += 1

    def parse_loop_body(self, lineno: int, start: int) -> None:
        """Read what is done in each round, and close the scope of the loop."""
        self.parse_block_body("for", lineno, "else", "endfor")
        self.end_round(lineno)
        self.close_scope(start, lineno)

    def write_simple_loop(self, start: int, target: str, iterable: str, lineno: int) -> bool:
        """Write a loop that only puts out one escaped value and constant text as a list of values
        that are escaped together; say whether the lines from *start* are the body of one."""
        line, before, code, after = self.single_output
        if self.lines[start:] != [line]:
            return False
        values = [(1, f"list({iterable}),", lineno)]
        if code != target:
            values = [(1, f"[{code}", line[2]), (1, f"for {target} in iter({iterable})],", lineno)]
        self.lines[start:] = [
            (self.indent + deeper, python, number)
            for deeper, python, number in (
                (0, f"{self.out}.append(escape_each({before!r},", line[2]),
                *values,
                (0, f"{after!r}))", line[2]),
            )
        ]
        return True

    def write_loop(
        self,
        scope: CompilerScope,
        loop: str,
        start: int,
        lineno: int,
        target: str,
        iterable: str,
        recursion: str,
        empty: str,
    ) -> None:
        """Write the head of a loop before its body, which is the lines from *start*."""
        whole = scope.loop_use == 2 or recursion or (scope.loop_use and scope.shares_loop)
        heads = [f"for {target} in {iterable}:"]
        if whole:
            heads = [f"{loop} = LoopContext({iterable}, undefined{recursion})"]
            heads += [f"for {target} in {loop}:"]
        elif scope.loop_use:
            heads = [f"for round_{loop}, {target} in enumerate({iterable}):"]
        marks = {f"\0{loop}\0": f"'loop': {loop}, " if whole else ""}
        for name, counted in COUNTED_ATTRIBUTES.items():
            marks[f"\0{loop}.{name}\0"] = (
                f"{loop}.{name}" if whole else counted.format(f"round_{loop}")
            )
        body = self.lines[start:]
        if empty:
            heads.insert(0, f"{empty} = True")
            body.insert(0, (self.indent + 1, f"{empty} = False", lineno))
        self.lines[start:] = [(self.indent, code, lineno) for code in heads]
        for indent, code, line in body:
            if "\0" in code:
                for mark, meaning in marks.items():
                    code = code.replace(mark, meaning)
            self.lines.append((indent, code, line))

    def parse_target(self, with_namespace: bool = False) -> AssignmentTarget:
        """Read what is assigned to: a name, ``namespace.name``, or a list of such for a tuple."""
        targets: list[AssignmentTarget] = []
        comma = False
        while True:
            targets.append(self.parse_single_target(with_namespace))
            if not self.skip(","):
                return targets if comma else targets[0]
            comma = True
            kind, value, _ = self.tokens[self.index]
            if kind not in ("name", "(") or value == "in":
                return targets

    def parse_single_target(self, with_namespace: bool) -> AssignmentTarget:
        if self.skip("("):
            self.enter()
            inner = self.parse_target(with_namespace)
            self.depth -= 1
            self.expect(")")
            return inner
        name = self.parse_assigned_name()
        if with_namespace and self.skip("."):
            return f"{name}.{self.expect('name', 'a name')}"
        return name

    def parse_assigned_name(self) -> str:
        """Read a name that can be assigned to."""
        name: str = self.expect("name", "a name to assign to")
        if name in LITERAL_WORDS:
            self.index -= 1
            self.fail(f"{name!r} is a literal and cannot be assigned to")
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
        options = []
        while self.tokens[self.index][:2] in (("name", "scoped"), ("name", "required")):
            options.append(self.expect("name"))
        if self.tokens[self.index][0] == "-":
            self.fail("the name of a block cannot contain '-': use '_'")
        self.blocks[name] = lineno
        escaping = ESCAPED if self.own_autoescape else UNESCAPED
        changes = {"block": name, "escaping": escaping, "loop_depth": 0}
        changes.update(top_level=False, checks_parent=False)
        start = self.index
        body = (self.parse_block_body, "block", lineno, "endblock")
        self.write_function(template_python_name("block", name), lineno, *body, **changes)
        if "required" in options:
            self.rare_tag("required block")(self, lineno, name, self.tokens[start : self.index])
        self.index += 1
        kind, value, _ = self.tokens[self.index]
        if kind == "name" and value != name:
            self.fail(f"{{% endblock {value} %}} closes the block {name!r}")
        self.index += kind == "name"
        context = self.context_source(keep_loops=True) if "scoped" in options else "context"
        function = f"context.blocks[{name!r}][0]"
        self.write_unless_extended(lineno, self.call_block, function, context, lineno)

    def context_source(self, keep_loops: bool = False) -> str:
        """Return the source of a context that knows the local names too; *keep_loops* makes sure
        that ``loop`` is among them."""
        scope: CompilerScope | None = self.scope
        while keep_loops and scope is not None:
            scope.loop_use = 2
            scope = scope.parent
        local = self.local_source()
        return f"context.derived({local})" if local else "context"

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
        ignore_missing = self.skip_word("ignore")
        if ignore_missing:
            self.expect_word("missing")
        arguments = f"{template}, {self.parse_context(default=True)}, {ignore_missing}"
        self.write_unless_extended(lineno, self.call_include, arguments, lineno)

    def parse_context(self, default: bool = False) -> str:
        """Read ``with context`` or ``without context`` if it is there; return the source of the
        context to hand on."""
        given = default
        for word in ("with", "without"):
            token, following = self.tokens[self.index], self.tokens[self.index + 1]
            if token[:2] == ("name", word) and following[:2] == ("name", "context"):
                self.index += 2
                given = word == "with"
                break
        return self.context_source() if given else "None"


def _list_tags(names: tuple[str, ...]) -> str:
    return " or ".join(f"{{% {name} %}}" for name in names)


TEMPLATE_TAGS: dict[str, Callable[[Any, int], None]] = {
    "if": TemplateCompiler.parse_if,
    "for": TemplateCompiler.parse_for,
    "set": TemplateCompiler.parse_set,
    "block": TemplateCompiler.parse_block,
    "extends": TemplateCompiler.parse_extends,
    "include": TemplateCompiler.parse_include,
}
