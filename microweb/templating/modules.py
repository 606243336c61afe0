"""What a compiled template is run with: its lines, its names, and what leads to other templates."""

from __future__ import annotations

import functools
from _ast import AST, PyCF_ONLY_AST  # without all of `ast`

from .exceptions import TemplateRuntimeError
from .markup import Markup, escape_each, escape_text
from .runtime import (
    EvalContext,
    TemplateContext,
    concatenate_markup,
    concatenate_text,
    format_or_divide,
    multiply_values,
)
from .undefined import MISSING, TemplateLookups

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

RUNTIME_NAMES = {
    "MISSING": MISSING,
    "Markup": functools.partial(str.__new__, Markup),  # a third of the time of a call
    "escape": escape_text,
    "escape_each": escape_each,
    "concatenate_markup": concatenate_markup,
    "concatenate_text": concatenate_text,
    "format_or_divide": format_or_divide,
    "multiply_values": multiply_values,
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


class TemplateLinks:
    """What leads from the template *name* to other templates while it runs."""

    def __init__(self, environment: Any, name: str | None) -> None:
        self.environment = environment
        self.name = name

    def get_parent(self, parent: Any) -> Any:
        """Return the template to extend."""
        return self.environment.get_template(parent, self.name)

    def extend(self, context: TemplateContext, parent: Any, extended: Any) -> Any:
        """Load the template *parent* and put its blocks behind those of *context*."""
        if extended is not None:
            raise TemplateRuntimeError(f"the template {self.name!r} extends two others")
        template = self.get_parent(parent)
        for block, function in template.blocks.items():
            context.blocks.setdefault(block, []).append(function)
        return template

    def get_included(self, names: Any) -> Any:
        """Return the template to include, or the first that exists of several."""
        return self.environment.get_or_select_template(names, self.name)

    def include(self, names: Any, given: Any, out: list[str]) -> None:
        """Render another template into *out*, with the variables of the context *given*."""
        template = self.get_included(names)
        template.root_function(template.context_from(given), out)

    def rare(self, name: str) -> Any:
        """Return what few templates call: `LoopContext`, or what stands in `extra.objects`."""
        if name == "LoopContext":
            from .extra.loops import LoopContext

            return LoopContext
        from .extra.objects import find_rare_name

        return find_rare_name(self, name)

    def names(self) -> dict[str, Any]:
        """Return the names that the template's module may use."""
        environment = self.environment
        lookups = TemplateLookups(environment.undefined)
        return {
            **RUNTIME_NAMES,
            "environment": environment,
            "template_name": self.name,
            "filters": environment.filters,
            "tests": environment.tests,
            "finalize": environment.finalize,
            "undefined": environment.undefined,
            "attribute": lookups.attribute,
            "guarded_attribute": lookups.guarded_attribute,
            "item": lookups.item,
            "escaping": EvalContext(environment, True),
            "not_escaping": EvalContext(environment, False),
            "extend": self.extend,
            "include": self.include,
            "rare": self.rare,
        }
