"""What a template is made of, as small classes.

A node holds the template line it began on and its parts, in the order of ``__slots__``; it knows
neither how it was read nor what it becomes. Reading this file is reading the grammar.
"""

# The order of ``__slots__`` is the order of the parts, so it is not the alphabet's.
# ruff: noqa: RUF023

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class TemplateScope:
    """The names that one part of a template assigns by itself.

    ``stores`` keeps their order. ``uses_loop`` says whether the body of a loop mentions ``loop``.
    """

    __slots__ = ("is_loop", "stores", "uses_loop")

    def __init__(self, is_loop: bool = False) -> None:
        self.stores: dict[str, bool] = {}
        self.is_loop = is_loop
        self.uses_loop = False


class TemplateNode:
    """The base: ``TemplateNode(lineno, *parts)`` fills ``__slots__`` in order."""

    __slots__ = ("lineno",)
    lineno: int

    def __init__(self, lineno: int, *parts: Any) -> None:
        self.lineno = lineno
        for name, part in zip(self.__slots__, parts):
            setattr(self, name, part)


class RootNode(TemplateNode):
    """A whole template; ``blocks`` maps names to all its `BlockNode`."""

    __slots__ = ("blocks", "body", "scope")
    blocks: dict[str, BlockNode]
    body: list[TemplateNode]
    scope: TemplateScope


class OutputNode(TemplateNode):
    """Text and ``{{ }}``, in a row: strings and expressions."""

    __slots__ = ("parts",)
    parts: list[str | TemplateNode]


class IfNode(TemplateNode):
    """``{% if %}``: pairs of test and body, and the body of ``else``."""

    __slots__ = ("branches", "otherwise")
    branches: list[tuple[TemplateNode, list[TemplateNode]]]
    otherwise: list[TemplateNode]


class ForNode(TemplateNode):
    """``{% for target in iterable if test recursive %}``."""

    __slots__ = ("target", "iterable", "test", "recursive", "body", "scope", "otherwise", "other")
    target: TemplateNode
    iterable: TemplateNode
    test: TemplateNode | None
    recursive: bool
    body: list[TemplateNode]
    scope: TemplateScope
    otherwise: list[TemplateNode]
    other: TemplateScope


class BreakNode(TemplateNode):
    """``{% break %}`` or ``{% continue %}``; ``word`` is which."""

    __slots__ = ("word",)
    word: str


class SetNode(TemplateNode):
    """``{% set target = value %}``."""

    __slots__ = ("target", "value")
    target: TemplateNode
    value: TemplateNode


class SetBlockNode(TemplateNode):
    """``{% set target | filters %}body{% endset %}``; ``filtered`` is the chain on a `BodyNode`."""

    __slots__ = ("target", "filtered", "body", "scope")
    target: TemplateNode
    filtered: TemplateNode
    body: list[TemplateNode]
    scope: TemplateScope


class FilterBlockNode(TemplateNode):
    """``{% filter name %}body{% endfilter %}``."""

    __slots__ = ("filtered", "body", "scope")
    filtered: TemplateNode
    body: list[TemplateNode]
    scope: TemplateScope


class WithNode(TemplateNode):
    """``{% with a = 1, b = 2 %}``."""

    __slots__ = ("targets", "values", "body", "scope")
    targets: list[TemplateNode]
    values: list[TemplateNode]
    body: list[TemplateNode]
    scope: TemplateScope


class AutoescapeNode(TemplateNode):
    """``{% autoescape value %}``."""

    __slots__ = ("value", "body", "scope")
    value: TemplateNode
    body: list[TemplateNode]
    scope: TemplateScope


class BlockNode(TemplateNode):
    """``{% block name scoped required %}``."""

    __slots__ = ("name", "scoped", "required", "body", "scope")
    name: str
    scoped: bool
    required: bool
    body: list[TemplateNode]
    scope: TemplateScope


class ExtendsNode(TemplateNode):
    """``{% extends template %}``."""

    __slots__ = ("template",)
    template: TemplateNode


class IncludeNode(TemplateNode):
    """``{% include template ignore missing with context %}``."""

    __slots__ = ("template", "ignore_missing", "with_context")
    template: TemplateNode
    ignore_missing: bool
    with_context: bool


class ImportNode(TemplateNode):
    """``{% import template as target with context %}``."""

    __slots__ = ("template", "target", "with_context")
    template: TemplateNode
    target: str
    with_context: bool


class FromImportNode(TemplateNode):
    """``{% from template import name as alias %}``; ``names`` are such pairs."""

    __slots__ = ("template", "names", "with_context")
    template: TemplateNode
    names: list[tuple[str, str]]
    with_context: bool


class MacroNode(TemplateNode):
    """``{% macro name(parameters) %}``; ``defaults`` are those of the last parameters."""

    __slots__ = ("name", "parameters", "defaults", "body", "scope")
    name: str
    parameters: list[str]
    defaults: list[TemplateNode]
    body: list[TemplateNode]
    scope: TemplateScope


class CallBlockNode(TemplateNode):
    """``{% call(parameters) macro() %}``: a call, and a macro that it knows as ``caller``."""

    __slots__ = ("call", "macro")
    call: CallNode
    macro: MacroNode


class DoNode(TemplateNode):
    """``{% do expression %}``."""

    __slots__ = ("expression",)
    expression: TemplateNode


class NameNode(TemplateNode):
    """A variable, read or assigned."""

    __slots__ = ("name",)
    name: str


class NamespaceTargetNode(TemplateNode):
    """``ns.attribute`` as the target of ``set``."""

    __slots__ = ("name", "attribute")
    name: str
    attribute: str


class ConstantNode(TemplateNode):
    """A literal: string, number, true, false or none."""

    __slots__ = ("value",)
    value: Any


class BodyNode(TemplateNode):
    """What a block has captured, as the start of its chain of filters."""

    __slots__ = ()


class SequenceNode(TemplateNode):
    """A list or a tuple; ``brackets`` is ``[]`` or ``()``."""

    __slots__ = ("brackets", "items")
    brackets: str
    items: list[TemplateNode]


class DictNode(TemplateNode):
    """``{key: value}``."""

    __slots__ = ("pairs",)
    pairs: list[tuple[TemplateNode, TemplateNode]]


class AttributeNode(TemplateNode):
    """``value.name``."""

    __slots__ = ("value", "name")
    value: TemplateNode
    name: str


class ItemNode(TemplateNode):
    """``value[key]``."""

    __slots__ = ("value", "key")
    value: TemplateNode
    key: TemplateNode


class SliceNode(TemplateNode):
    """``start:stop:step`` inside brackets."""

    __slots__ = ("start", "stop", "step")
    start: TemplateNode | None
    stop: TemplateNode | None
    step: TemplateNode | None


class ArgumentsNode(TemplateNode):
    """The arguments of a call, a filter or a test."""

    __slots__ = ("positional", "keywords", "star", "double_star")
    positional: list[TemplateNode]
    keywords: list[tuple[str, TemplateNode]]
    star: TemplateNode | None
    double_star: TemplateNode | None


class CallNode(TemplateNode):
    """``function(arguments)``."""

    __slots__ = ("function", "arguments")
    function: TemplateNode
    arguments: ArgumentsNode


class FilterNode(TemplateNode):
    """``value | name(arguments)``."""

    __slots__ = ("value", "name", "arguments")
    value: TemplateNode
    name: str
    arguments: ArgumentsNode | None


class TestNode(TemplateNode):
    """``value is name arguments``, ``negated`` for ``is not``."""

    __slots__ = ("value", "name", "arguments", "negated")
    __test__ = False
    value: TemplateNode
    name: str
    arguments: ArgumentsNode | None
    negated: bool


class UnaryNode(TemplateNode):
    """``-x``, ``+x`` or ``not x``."""

    __slots__ = ("operator", "value")
    operator: str
    value: TemplateNode


class BinaryNode(TemplateNode):
    """``left operator right`` for arithmetic."""

    __slots__ = ("operator", "left", "right")
    operator: str
    left: TemplateNode
    right: TemplateNode


class ChainNode(TemplateNode):
    """A flat run of ``and``, ``or`` or ``~``."""

    __slots__ = ("operator", "items")
    operator: str
    items: list[TemplateNode]


class CompareNode(TemplateNode):
    """``first < second <= third``: pairs of operator and value after the first."""

    __slots__ = ("first", "rest")
    first: TemplateNode
    rest: list[tuple[str, TemplateNode]]


class ConditionNode(TemplateNode):
    """``value if test else otherwise``."""

    __slots__ = ("test", "value", "otherwise")
    test: TemplateNode
    value: TemplateNode
    otherwise: TemplateNode | None
