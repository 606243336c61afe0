"""Compiling generated Python so that its code carries the template's own line numbers.

The generated source is parsed, each node of its syntax tree is given the line of the template that
it came from, and the tree is compiled under the template's file name. Tracebacks, debuggers and
``frame.f_lineno`` then name the template's lines with no help.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

# `ast.PyCF_ONLY_AST`, without importing `ast` for one number.
_ONLY_AST = 0x400


def compile_with_lines(source: str, lines: list[int], filename: str) -> CodeType:
    """Compile the module *source*; its line *n* becomes line ``lines[n - 1]`` of *filename*.

    >>> names = {}
    >>> exec(compile_with_lines("def f(): pass", [7], "page.html"), names)
    >>> names["f"].__code__.co_filename, names["f"].__code__.co_firstlineno
    ('page.html', 7)
    """
    tree: Any = compile(source, filename, "exec", _ONLY_AST, True)
    pending = [tree]
    while pending:
        node = pending.pop()
        if hasattr(node, "lineno"):
            node.lineno = node.end_lineno = lines[node.lineno - 1]
            node.col_offset = node.end_col_offset = 0
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, list):
                pending.extend(item for item in value if hasattr(item, "_fields"))
            elif hasattr(value, "_fields"):
                pending.append(value)
    code: CodeType = compile(tree, filename, "exec", 0, True)
    return code
