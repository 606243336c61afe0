"""Which names a program imports from Flask's packages that are not there, without running it."""

from __future__ import annotations

from .finder import CompatFinder
from .tables import FLASK_VERSIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_CAUGHT_ERRORS = ("ImportError", "ModuleNotFoundError", "Exception", "BaseException")


def find_missing_names(source: bytes | str, filename: str) -> list[str]:
    """Return a sentence for each name that a module's text imports and that is not there.

    What stands in a ``try`` that catches ImportError is passed. *filename* is what the sentences
    name. SyntaxError where the text is not valid Python.

    >>> find_missing_names("from flask import Flask, Markup", "app.py")
    ["app.py:1: flask has no 'Markup' under microweb.compat: use markupsafe.Markup"]
    """
    from ast import Import, ImportFrom, parse

    finder = CompatFinder("")
    found = []
    for node in _walk_unguarded(parse(source)):
        wanted: list[tuple[str, str]] = []
        if isinstance(node, Import):
            wanted = [(alias.name, "") for alias in node.names]
        elif isinstance(node, ImportFrom) and not node.level:
            wanted = [(node.module or "", alias.name) for alias in node.names]
        for module, name in wanted:
            if module.partition(".")[0] in FLASK_VERSIONS:
                text = finder.describe_missing(module, name)
                found += [f"{filename}:{node.lineno}: {text}"] if text else []
    return list(dict.fromkeys(found))


def _walk_unguarded(node: Any) -> Iterator[Any]:
    from ast import Try, iter_child_nodes, walk

    yield node
    children = [*iter_child_nodes(node)]
    if isinstance(node, Try):
        caught = [part for handler in node.handlers for part in walk(handler.type or handler)]
        names = {getattr(part, "id", "") for part in caught}
        if names & {*_CAUGHT_ERRORS} or any(handler.type is None for handler in node.handlers):
            children = [*node.handlers, *node.orelse, *node.finalbody]
    for child in children:
        yield from _walk_unguarded(child)
