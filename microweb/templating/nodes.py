"""What a template is made of: the grammar as one table.

A node knows neither how it was read nor what it becomes. ``body``, ``otherwise`` are lists of
nodes, ``scope`` is the `TemplateScope` of the body; where nothing else is said, a part is a node.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TEMPLATE_NODE_PARTS = {
    "root": "blocks body scope",  # blocks: name to node
    "output": "parts",  # text and {{ }} in a row: strings and nodes
    "if": "branches otherwise",  # branches: pairs of test and body
    "for": "target iterable test recursive body scope otherwise other",  # other: scope of else
    "break": "word",  # break or continue
    "set": "target value",
    "set_block": "target filtered body scope",  # filtered: filters upon a node "captured"
    "filter_block": "filtered body scope",
    "with": "targets values body scope",  # two lists of the same length
    "autoescape": "value body scope",
    "block": "name scoped required body scope",
    "extends": "template",
    "include": "template ignore_missing with_context",
    "import": "template target with_context",  # target: a string
    "from_import": "template names with_context",  # names: pairs of name and alias
    "macro": "name parameters defaults body scope",  # defaults: those of the last parameters
    "call_block": "call macro",  # a call, and the macro that it knows as caller
    "do": "expression",
    "name": "name",  # a variable, read or assigned
    "namespace_target": "name attribute",  # ns.attribute, assigned
    "constant": "value",  # string, number, true, false, none
    "captured": "",  # the output of a block with filters
    "sequence": "brackets items",  # brackets: [] or ()
    "dict": "pairs",
    "attribute": "value name",
    "item": "value key",
    "slice": "start stop step",  # each a node or None
    "arguments": "positional keywords star double_star",  # keywords: pairs of name and node
    "call": "function arguments",
    "filter": "value name arguments",  # arguments: may be None, as for a test
    "test": "value name arguments negated",
    "unary": "operator value",
    "binary": "operator left right",
    "chain": "operator items",  # a flat run of and, or, ~
    "compare": "first rest",  # rest: pairs of operator and node
    "condition": "test value otherwise",  # otherwise: a node or None
}
_NODE_PART_NAMES = {kind: tuple(parts.split()) for kind, parts in TEMPLATE_NODE_PARTS.items()}


class TemplateNode:
    """A node of a *kind*, begun on line *lineno*, with its parts in the order of the table.

    >>> node = TemplateNode("item", 7, "the value", "the key")
    >>> node.kind, node.lineno, node.key
    ('item', 7, 'the key')
    """

    def __init__(self, kind: str, lineno: int, *parts: Any) -> None:
        self.kind = kind
        self.lineno = lineno
        self.__dict__.update(zip(_NODE_PART_NAMES[kind], parts))

    if TYPE_CHECKING:
        body: list[TemplateNode]

        def __getattr__(self, name: str) -> Any: ...


class TemplateScope:
    """The names that one part of a template assigns, in order, as the keys of ``stores``.

    The value is whether ``{% set %}`` does it. ``uses_loop`` says whether the body of a loop
    mentions ``loop`` for more than an integer can answer, ``counts`` whether at all, and ``shares``
    whether it hands its variables to another template.
    """

    __slots__ = ("counts", "is_loop", "shares", "stores", "uses_loop")

    def __init__(self, is_loop: bool = False) -> None:
        self.stores: dict[str, bool] = {}
        self.is_loop = is_loop
        self.uses_loop = self.counts = self.shares = False
