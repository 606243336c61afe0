"""The tags that few templates use: macros, imports, ``with``, captured output, escaping, ``do``.

Each is a function that reads a tag and writes its Python, as the methods of `TemplateCompiler` do.
`RARE_TAGS` is added to the table of tags when a template first uses one.
"""

from __future__ import annotations

from ..compiler import ChangedSettings, TemplateCompiler
from ..expressions import (
    ESCAPED,
    UNESCAPED,
    CompilerScope,
    EscapingNames,
    template_python_name,
)
from .translations import parse_trans

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..compiler import AssignmentTarget
    from ..lexer import TemplateToken

_MACRO_SPECIALS = {
    "caller": "undefined('the macro was called without a caller')",
    "varargs": "()",
    "kwargs": "{}",
}
_NOT_GIVEN = "the parameter {!r} was not given"
_OPENING, _CLOSING = ("(", "[", "{"), (")", "]", "}")
_MACRO_FLAGS = {
    "varargs": ", catch_varargs=True",
    "kwargs": ", catch_kwargs=True",
    "caller": ", caller=True",
}
_REFUSED_TAGS = {
    "while": "there is no {% while %}: loop over something with {% for %}",
    "assign": "there is no {% assign %}: write {% set name = value %}",
    "comment": "there is no {% comment %}: write {# text #}",
    "debug": "there is no {% debug %}: it would show the whole context to a reader",
}


class MacroScope(CompilerScope):
    """The scope of a macro, which knows ``caller``, ``varargs`` and ``kwargs``.

    ``specials`` holds those that the macro uses. In the body of a ``{% call %}`` inside a macro,
    ``caller`` is that macro's: ``inherits_caller``. ``looks_up`` is true at a template's top level:
    there the macro asks the context when it is called, which knows by then what the template that
    this one extends has set.
    """

    def __init__(self, parent: CompilerScope, branch: int, prefix: str) -> None:
        super().__init__(parent, branch, prefix)
        self.around = parent
        self.inherits_caller = self.looks_up = False
        self.specials: dict[str, str] = {}

    def find(self, name: str) -> str | None:
        """Return the Python name of *name* if this scope has it, or what is around it may get it.

        The scope around the macro takes the name over: what it assigns later on, the macro sees.
        """
        python = super().find(name)
        if python is not None or (self.inherits_caller and name == "caller"):
            return python
        if name in _MACRO_SPECIALS:
            python = self.names[name] = self.specials[name] = f"{self.prefix}_{name}"
            return python
        if self.looks_up and name not in self.around.names:
            python = self.names[name] = template_python_name(self.prefix, name)
            self.starts.append(name)
            return python
        around = self.around
        while around.parent is not None and name not in around.names:
            around = around.parent
        if around.parent is None and around is not self.around:
            around = self.around
            around.starts.append(name)
            around.names[name] = template_python_name(around.prefix, name)
        return around.names.get(name)


def parse_break(compiler: TemplateCompiler, lineno: int) -> None:
    """Compile ``{% break %}`` or ``{% continue %}``."""
    word = compiler.tokens[compiler.index - 1][1]
    if not compiler.loop_depth:
        compiler.fail(f"{{% {word} %}} stands outside of a loop", lineno)
    compiler.write(word, lineno)


def parse_do(compiler: TemplateCompiler, lineno: int) -> None:
    """Compile ``{% do expression %}``."""
    compiler.write(compiler.parse_tuple(), lineno)


def parse_print(compiler: TemplateCompiler, lineno: int) -> None:
    """Compile ``{% print expression, expression %}``."""
    pieces: list[str] = []
    while compiler.next != "block_end":
        if pieces:
            compiler.expect(",")
        code = compiler.parse_expression()
        shown = compiler.finalized(code) if compiler.environment.finalize else code
        pieces.append(f"{compiler.escaping.escape}({shown})")
    compiler.write_unless_extended(lineno, compiler.write_pieces, pieces, lineno)


def parse_recursive_loop(
    compiler: TemplateCompiler, lineno: int, target: str, iterable: str, test: str
) -> None:
    """Compile a loop as a function that ``loop()`` can call, and its first call."""
    function = f"recurse_{compiler.number()}"
    compiler.write(f"def {function}(iterable, depth=0):", lineno)

    def write_function() -> None:
        compiler.write("out_recursion = []", lineno)
        recursion = f", {function}, depth"
        compiler.parse_loop(lineno, target, "iterable", test, recursion)
        joined = "''.join(out_recursion)"
        compiler.write(f"return {compiler.escaping.markup}({joined})", lineno)

    with ChangedSettings(compiler, out="out_recursion", checks_parent=False):
        compiler.write_suite(lineno, write_function)
    call = [f"{function}({iterable})"]
    compiler.write_unless_extended(lineno, compiler.write_pieces, call, lineno)


def write_capture(compiler: TemplateCompiler, tag: str, lineno: int, captured: str) -> None:
    """Compile the body of a tag into a list of its own, and its result into *captured*."""
    out = f"out_{compiler.number()}"
    compiler.write(f"{out} = []", lineno)
    with ChangedSettings(compiler, out=out, checks_parent=False):
        body = (compiler.parse_block_body, tag, lineno, f"end{tag}")
        compiler.parse_scoped(lineno, *body)
    compiler.index += 1
    joined = f"''.join({out})"
    compiler.write(f"{captured} = {compiler.escaping.markup}({joined})", lineno)


def parse_set_block(compiler: TemplateCompiler, lineno: int, target: AssignmentTarget) -> None:
    """Compile ``{% set name | filter %}``, whose value is the output of its body."""
    code = captured = f"captured_{compiler.number()}"
    if compiler.next == "|":
        code = compiler.parse_filters(code)
        if compiler.escaping is not UNESCAPED:
            code = f"{compiler.rare('mark_text')}({code}, {compiler.escaping.markup})"
    write_capture(compiler, "set", lineno, captured)
    compiler.assign(target, code, lineno)


def parse_filter_block(compiler: TemplateCompiler, lineno: int) -> None:
    """Compile ``{% filter name %}``."""
    captured = f"captured_{compiler.number()}"
    code = compiler.parse_filters(compiler.parse_filter(captured))

    def write() -> None:
        write_capture(compiler, "filter", lineno, captured)
        # What the filter returns is the page's, whether it is marked as HTML or not.
        compiler.write_pieces([f"str({code})"], lineno)

    compiler.write_unless_extended(lineno, write)


def parse_with(compiler: TemplateCompiler, lineno: int) -> None:
    """Compile ``{% with name = value %}``."""
    targets: list[AssignmentTarget] = []
    values: list[str] = []
    while compiler.next != "block_end":
        if targets:
            compiler.expect(",")
        targets.append(compiler.parse_single_target(with_namespace=False))
        compiler.expect("=")
        values.append(compiler.parse_expression())
    if len(values) > 1:
        temporary = [f"value_{compiler.number()}" for _ in values]
        compiler.write(f"{', '.join(temporary)} = {', '.join(values)}", lineno)
        values = temporary

    def parse_body() -> None:
        for target, value in zip(targets, values):
            compiler.write(f"{compiler.target_source(target)} = {value}", lineno)
        compiler.parse_block_body("with", lineno, "endwith")

    compiler.parse_scoped(lineno, parse_body)
    compiler.index += 1


def parse_autoescape(compiler: TemplateCompiler, lineno: int) -> None:
    """Compile ``{% autoescape value %}``."""
    value = compiler.parse_expression()
    if value in ("True", "False", "None"):
        escaping = ESCAPED if value == "True" else UNESCAPED
    else:
        key = compiler.number()
        escaping = EscapingNames(*[f"{name}_by_{key}" for name in EscapingNames._fields])
        choice = f"{compiler.rare('choose_escaping')}({value})"
        compiler.write(f"{', '.join(escaping)} = {choice}", lineno)
    with ChangedSettings(compiler, escaping=escaping):
        body = (compiler.parse_block_body, "autoescape", lineno, "endautoescape")
        compiler.parse_scoped(lineno, *body)
    compiler.index += 1


def parse_block_options(
    compiler: TemplateCompiler, lineno: int, name: str
) -> tuple[Callable[[list[TemplateToken]], None] | None, str]:
    """Read ``scoped`` and ``required`` after the name of a block.

    Return the check of what a required block holds, which also writes the check that a child fills
    it, and the source of the block's context.
    """
    options = [option for option in ("scoped", "required") if compiler.skip(option)]
    if compiler.next == "-":
        compiler.fail("the name of a block cannot contain '-': use '_'")

    def check(body: list[TemplateToken]) -> None:
        if any(kind != "text" or value.strip() for kind, value, _ in body[1:-1]):
            message = f"the required block {name!r} may hold only comments and white space"
            compiler.fail(message, lineno)
        code = f"{compiler.rare('require_block')}(context, {name!r})"
        compiler.write_unless_extended(lineno, compiler.write, code, lineno)

    context = compiler.context_source() if "scoped" in options else "context"
    return check if "required" in options else None, context


def parse_context(compiler: TemplateCompiler, default: bool = False) -> str:
    """Read ``with context`` or ``without context`` if it is there; return the source of the
    context to hand on."""
    given = default
    (_, word, _), (_, following, _) = compiler.tokens[compiler.index : compiler.index + 2]
    if word in ("with", "without") and following == "context":
        compiler.index += 2
        given = word == "with"
    return compiler.context_source() if given else "None"


def parse_include_options(compiler: TemplateCompiler, template: str) -> str:
    """Read ``ignore missing`` and the context to give; return the source of the arguments."""
    if compiler.skip("ignore"):
        compiler.skip("missing") or compiler.expect("missing")
        template = f"{compiler.rare('template_or_empty')}({template})"
    return f"{template}, {parse_context(compiler, default=True)}"


def parse_import(compiler: TemplateCompiler, lineno: int) -> None:
    """Compile ``{% import template as name %}``."""
    template = compiler.parse_expression()
    compiler.skip("as") or compiler.expect("as")
    target = compiler.parse_assigned_name()
    function = compiler.rare("import_template")
    compiler.assign(target, f"{function}({template}, {parse_context(compiler)}, context)", lineno)


def parse_from(compiler: TemplateCompiler, lineno: int) -> None:
    """Compile ``{% from template import name as alias %}``."""
    template = compiler.parse_expression()
    compiler.skip("import") or compiler.expect("import")
    names: list[tuple[str, str]] = []
    while compiler.next == "name":
        if names and compiler.tokens[compiler.index + 1][:2] == ("name", "context"):
            break
        name = compiler.parse_assigned_name()
        if name.startswith("_"):
            compiler.fail(f"{name!r} cannot be imported: it begins with an underscore", lineno)
        names.append((name, compiler.parse_assigned_name() if compiler.skip("as") else name))
        if not compiler.skip(","):
            break
        if compiler.next != "name":
            compiler.fail("expected a name to import after ','")
    context = parse_context(compiler)
    if not names:
        compiler.fail("expected the names to import")
    module = f"module_{compiler.number()}"
    compiler.write(
        f"{module} = {compiler.rare('import_template')}({template}, {context}, context)", lineno
    )
    for name, alias in names:
        compiler.assign(alias, f"{compiler.rare('import_name')}({module}, {name!r})", lineno)


def parse_macro(compiler: TemplateCompiler, lineno: int) -> None:
    """Compile ``{% macro name(parameters) %}``."""
    name = compiler.parse_assigned_name()
    compiler.store(name, by_set=True)  # so that it can call itself
    compiler.assign(name, macro_source(compiler, "macro", name, lineno)[0], lineno)


def macro_source(
    compiler: TemplateCompiler, tag: str, name: str, lineno: int
) -> tuple[str, tuple[str, str, str]]:
    """Read parameters and body of a macro and write its function.

    Return the source of the `Macro` around it, and the call that ``{% call %}`` makes.
    """
    function = template_python_name(f"macro{compiler.number()}", name)
    at = len(compiler.lines)
    inherits = False
    around: CompilerScope | None = compiler.scope
    while tag == "call" and around is not None and not inherits:
        inherits = isinstance(around, MacroScope)
        around = around.parent
    inside = {"out": "out_macro", "top_level": False, "checks_parent": False, "loop_depth": 0}
    scope = MacroScope(compiler.scope, 0, f"l{compiler.number()}")
    scope.inherits_caller = inherits
    scope.looks_up = compiler.block is None and compiler.scope is compiler.root_scope
    outer = compiler.scope
    with ChangedSettings(compiler, branch=0, indent=compiler.indent + 1, scope=scope, **inside):
        parameters = parse_parameters(compiler, tag, name, lineno)
        compiler.write("out_macro = []", lineno)
        if tag == "call":
            with ChangedSettings(compiler, scope=outer):
                parse_macro_call(compiler)
        call = compiler.last_call
        compiler.parse_block_body(tag, lineno, f"end{tag}")
        joined = "''.join(out_macro)"
        compiler.write(f"return {compiler.escaping.markup}({joined})", lineno)
        signature = [f"{scope.names[parameter]}=MISSING" for parameter in parameters]
        start = at
        for special, missing in _MACRO_SPECIALS.items():
            if special in scope.specials:
                signature.append(f"{special}=MISSING")
                python = scope.specials[special]
                code = f"{python} = {missing} if {special} is MISSING else {special}"
                compiler.lines.insert(start, (compiler.indent, code, lineno))
        compiler.close_scope(start, lineno)
    compiler.lines.insert(at, (compiler.indent, f"def {function}({', '.join(signature)}):", lineno))
    compiler.index += 1
    if compiler.tokens[compiler.index][:2] == ("name", name):
        compiler.index += 1
    flags = [flag for special, flag in _MACRO_FLAGS.items() if special in scope.specials]
    macro = compiler.rare("Macro")
    return f"{macro}({function}, {name!r}, {tuple(parameters)!r}{''.join(flags)})", call


def parse_macro_call(compiler: TemplateCompiler) -> None:
    """Read the expression of ``{% call %}``, which must be a call."""
    if compiler.parse_expression() != compiler.last_call[0]:
        compiler.fail("{% call %} expects the call of a macro, as in {% call dialog() %}")


def parse_parameters(compiler: TemplateCompiler, tag: str, name: str, lineno: int) -> list[str]:
    """Read ``(name, name=default)`` and write what each is when the caller leaves it out."""
    parameters: list[str] = []
    scope = compiler.scope
    lines: list[tuple[str, str]] = []
    with_defaults = False
    if tag == "call" and compiler.next != "(":
        return parameters
    compiler.expect("(", f"'(' after the name {name!r}")
    following = find_parameters(compiler)
    for parameter in following:
        # A default may name a parameter that comes later: that is what the caller gave for it.
        python = template_python_name(scope.prefix, parameter)
        nothing = f"undefined({_NOT_GIVEN.format(parameter)!r}, name={parameter!r})"
        scope.names[parameter] = f"({nothing} if {python} is MISSING else {python})"
    while not compiler.skip(")"):
        if parameters:
            compiler.expect(",", "',' or ')'")
        parameter = compiler.parse_assigned_name()
        if parameter in parameters:
            compiler.fail(f"the parameter {parameter!r} is there twice", lineno)
        parameters.append(parameter)
        code = f"undefined({_NOT_GIVEN.format(parameter)!r}, name={parameter!r})"
        if compiler.skip("="):
            with_defaults = True
            code = compiler.parse_expression()
        elif with_defaults:
            compiler.fail(f"the parameter {parameter!r} without default follows one with a default")
        scope.names.pop(parameter, "")
        lines.append((compiler.store(parameter, by_set=True), code))
    for python, code in lines:
        compiler.write(f"if {python} is MISSING:", lineno)
        compiler.write_suite(lineno, compiler.write, f"{python} = {code}", lineno)
    return parameters


def find_parameters(compiler: TemplateCompiler) -> list[str]:
    """Look ahead for the names of the parameters up to the closing bracket."""
    names: list[str] = []
    depth, index = 1, compiler.index
    while depth and compiler.tokens[index][0] not in ("block_end", "eof"):
        (before, _, _), (kind, value, _) = compiler.tokens[index - 1 : index + 1]
        if kind == "name" and depth == 1 and before in ("(", ","):
            names.append(value)
        depth += (kind in _OPENING) - (kind in _CLOSING)
        index += 1
    return names


def parse_call_block(compiler: TemplateCompiler, lineno: int) -> None:
    """Compile ``{% call(parameters) macro(arguments) %}``, whose body is the macro's ``caller``."""

    def write() -> None:
        caller, (_, function, arguments) = macro_source(compiler, "call", "caller", lineno)
        arguments = ", ".join(filter(None, (arguments, f"caller={caller}")))
        compiler.write_pieces([f"{compiler.escaping.escape}({function}({arguments}))"], lineno)

    compiler.write_unless_extended(lineno, write)


def _refuse_tag(compiler: TemplateCompiler, lineno: int) -> None:
    """Say what to write instead of a tag that there is not."""
    compiler.index -= 1
    compiler.fail(_REFUSED_TAGS[compiler.tokens[compiler.index][1]], lineno)


RARE_TAGS: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(_REFUSED_TAGS, _refuse_tag),
    "autoescape": parse_autoescape,
    "break": parse_break,
    "call": parse_call_block,
    "continue": parse_break,
    "do": parse_do,
    "filter": parse_filter_block,
    "from": parse_from,
    "import": parse_import,
    "macro": parse_macro,
    "print": parse_print,
    "trans": parse_trans,
    "with": parse_with,
}
RARE_FORMS: dict[str, Callable[..., Any]] = {
    "include options": parse_include_options,
    "block options": parse_block_options,
    "recursive for": parse_recursive_loop,
    "set block": parse_set_block,
}
