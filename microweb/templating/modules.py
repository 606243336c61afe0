"""What runs a compiled template: its Python module, and what leads from it to other templates.

The generated source is compiled by `compile_with_lines` and run among the names that
`runtime_namespace` gives it. Nothing here reads templates.
"""

from __future__ import annotations

import functools
from _ast import AST, PyCF_ONLY_AST  # without all of `ast`

from .exceptions import TemplateNotFound, TemplateRuntimeError
from .markup import Markup, escape_each, escape_text
from .runtime import (
    EvalContext,
    LoopContext,
    Macro,
    TemplateContext,
    TemplateReference,
    assign_in_namespace,
    concatenate_markup,
    concatenate_text,
    format_percent,
    multiply_values,
    raise_to_power,
    require_block,
)
from .undefined import MISSING, EngineObject, TemplateLookups

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType
    from typing import Any


_FIELDS_WITHOUT_LINES = frozenset("arg attr ctx id kind name op ops type_comment".split())
_PARTS_WITH_LINES: dict[Any, list[str]] = {}  # filled as kinds of nodes are met


class TemplateModule(EngineObject):
    """What ``{% import %}`` gives: the exported names as attributes, the output as its text."""

    def __init__(self, name: str | None, exported: dict[str, Any], body: str) -> None:
        self._name = name
        self._body = body
        self.__dict__.update(exported)

    def __html__(self) -> Markup:
        return Markup(self._body)

    def __str__(self) -> str:
        return self._body

    def __repr__(self) -> str:
        return f"<TemplateModule {self._name!r}>"


def compile_with_lines(source: str, lines: list[int], filename: str) -> CodeType:
    """Compile the module *source*; its line *n* becomes line ``lines[n - 1]`` of *filename*.

    Each node of the syntax tree is given its line of the template, so that tracebacks, debuggers
    and ``frame.f_lineno`` name the template's lines with no help.
    """
    tree: Any = compile(source, filename, "exec", PyCF_ONLY_AST, True)
    pending = [tree]
    while pending:
        node = pending.pop()
        kind = node.__class__
        if kind not in _PARTS_WITH_LINES:
            parts = [name for name in kind._fields if name not in _FIELDS_WITHOUT_LINES]
            _PARTS_WITH_LINES[kind] = parts
        if "lineno" in kind._attributes:
            node.lineno = node.end_lineno = lines[node.lineno - 1]
            node.col_offset = node.end_col_offset = 0
        for field in _PARTS_WITH_LINES[kind]:
            part = getattr(node, field)
            if part.__class__ is list:
                pending += part
            elif isinstance(part, AST):
                pending.append(part)
    code: CodeType = compile(tree, filename, "exec", 0, True)
    return code


class TemplateSourceLoader:
    """What a traceback asks for the text of a template that is in no file.

    It stands as ``__loader__`` among the names of the compiled module, where ``linecache`` looks
    (PEP 302), so that text is kept no longer than its template.
    """

    def __init__(self, source: str) -> None:
        self.source = source

    def get_source(self, fullname: str) -> str:
        """Return the template's text."""
        return self.source


class TemplateLinks:
    """What leads from the template *name* to other templates while it runs."""

    def __init__(self, environment: Any, name: str | None) -> None:
        self.environment = environment
        self.name = name

    def extend(self, context: TemplateContext, parent: Any, extended: Any, streaming: bool) -> Any:
        """Load the template *parent* and put its blocks behind those of *context*."""
        if extended is not None:
            raise TemplateRuntimeError(f"the template {self.name!r} extends two others")
        template = self.environment.get_template(parent, self.name)
        blocks = template.stream_blocks if streaming else template.blocks
        for block, function in blocks.items():
            context.blocks.setdefault(block, []).append(function)
        return template

    def prepare(self, names: Any, given: Any, ignore: bool, streaming: bool) -> Any:
        """Load an included template and its context; None if it is missing and may be."""
        try:
            template = self.environment.get_or_select_template(names, self.name)
        except TemplateNotFound:
            if ignore:
                return None
            raise
        if given is None:
            return template, template.new_context({}, streaming)
        variables = given.get_all() if given.vars else given.parent
        return template, template.context_over(variables, streaming)

    def include(self, names: Any, given: Any, ignore: bool, out: list[str]) -> None:
        """Render another template into *out*."""
        found = self.prepare(names, given, ignore, False)
        if found is not None:
            found[0].root_function(found[1], out)

    def stream_include(self, names: Any, given: Any, ignore: bool) -> Iterator[str]:
        """Render another template piece by piece."""
        found = self.prepare(names, given, ignore, True)
        if found is not None:
            yield from found[0].stream_function(found[1])

    def import_template(self, imported: Any, given: TemplateContext | None) -> TemplateModule:
        """Return what another template exports, with the variables of *given* if there is one."""
        template = self.environment.get_template(imported, self.name)
        module: TemplateModule = (
            template.module if given is None else template.make_module(given.get_all())
        )
        return module

    def import_name(self, module: TemplateModule, wanted: str) -> Any:
        """Return one exported name, undefined if the module has none such."""
        found = module.__dict__.get(wanted, MISSING)
        if found is MISSING:
            hint = f"the template {module._name!r} does not export the name {wanted!r}"
            return self.environment.undefined(hint, name=wanted)
        return found


RUNTIME_FUNCTIONS = (
    *(escape_each, LoopContext, Macro, TemplateReference, assign_in_namespace),
    *(concatenate_markup, concatenate_text, format_percent, multiply_values, raise_to_power),
    require_block,
)


def runtime_namespace(environment: Any, name: str | None) -> dict[str, Any]:
    """Return the names that the module of the template *name* may use."""
    lookups, links = TemplateLookups(environment.undefined), TemplateLinks(environment, name)
    escaping, not_escaping = EvalContext(environment, True), EvalContext(environment, False)

    def choose_escaping(value: Any) -> tuple[Any, ...]:
        if value:
            return escape_text, Markup, concatenate_markup, escaping
        return str, str, concatenate_text, not_escaping

    return {
        **{function.__name__: function for function in RUNTIME_FUNCTIONS},
        "MISSING": MISSING,
        "Markup": functools.partial(str.__new__, Markup),  # a third of the time of a call
        "environment": environment,
        "template_name": name,
        "filters": environment.filters,
        "tests": environment.tests,
        "finalize": environment.finalize,
        "undefined": environment.undefined,
        "attribute": lookups.attribute,
        "guarded_attribute": lookups.guarded_attribute,
        "item": lookups.item,
        "escape": escape_text,
        "escaping": escaping,
        "not_escaping": not_escaping,
        "choose_escaping": choose_escaping,
        "extend": links.extend,
        "include": links.include,
        "stream_include": links.stream_include,
        "import_template": links.import_template,
        "import_name": links.import_name,
    }
