"""Inserting: from a rule to its place in the trie.

It makes the converters a rule names, once per way to write them, and walks the trie along the
rule's segments, making what is missing. What is wrong with the arguments of a converter is said
here, with the place in the rule.
"""

from __future__ import annotations

import re

from ..text.nearest import nearest_name
from ..text.quoting import quote_segment
from .converters import BaseConverter, read_any_path, read_any_text
from .exceptions import RuleSyntaxError, UnknownConverter
from .rules import RuleVariable, split_rule
from .segments import MixedSegment
from .trie import RouteBranch, RouteNode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .rules import Rule, RulePiece


class BoundConverter:
    """A converter as one map uses it: shared by all variables written the same way.

    ``order`` sorts it among its siblings in the trie; ``write`` is value to encoded text.

    >>> sorted(name for name in BoundConverter.__slots__)
    ['label', 'order', 'read', 'spans', 'write']
    """

    __slots__ = ("label", "order", "read", "spans", "write")

    def __init__(self, converter: BaseConverter, spec: str, serial: int) -> None:
        self.read = converter.reader()
        self.spans = not converter.part_isolating
        self.write: Callable[[Any], str] = converter.to_url
        if type(converter).to_url is BaseConverter.to_url and not self.spans:
            self.write = quote_segment
        if self.read is read_any_text and not self.spans:
            spec, serial = "string", 0
        elif self.read is read_any_path:
            spec, serial = "path", 0
        self.label = f"<{spec}>"
        self.order = (converter.weight, spec, serial)


def bind_variable(map: Any, rule: Rule, variable: RuleVariable) -> BoundConverter:
    """Return the converter *variable* names, made on first use of this way to write it.

    Raises RuleSyntaxError: there is none of that name, or it does not take these arguments.
    """
    converter = map.converters.get(variable.converter)
    if converter is None:
        near = nearest_name(variable.converter, list(map.converters))
        hint = f"did you mean {near!r}?" if near else f"there are {', '.join(map.converters)}"
        problem = f"there is no converter {variable.converter!r}; {hint}"
        raise UnknownConverter(rule.parsed_text(variable), variable.position, problem)
    spec = variable.spec()
    known: BoundConverter | None = map._bound.get((spec, converter))
    if known is None:
        try:
            made = converter(map, *variable.arguments, **dict(variable.keywords))
            known = BoundConverter(made, spec, len(map._bound))
        except (TypeError, ValueError, re.error) as error:
            problem = f"the converter {spec!r} cannot be made: {error}"
            raise RuleSyntaxError(rule.parsed_text(variable), variable.position, problem) from error
        map._bound[spec, converter] = known
    return known


def insert_rule(root: RouteNode, rule: Rule) -> tuple[RouteNode, Rule | None]:
    """Leave *rule*, whose variables are bound, at its end below *root*.

    Return that end, and the rule of another endpoint that hides this one, if one does.
    """
    node = root
    for segment in split_rule(rule.pieces, bool(rule.merge_slashes)):
        if not segment:
            node = node.literal("")
        elif len(segment) == 1 and isinstance(segment[0], str):
            node = node.literal(segment[0])
        else:
            node = insert_segment(node, segment)
    return node, node.end(rule)


def insert_segment(node: RouteNode, segment: tuple[RulePiece, ...]) -> RouteNode:
    """Return the node behind a segment that holds variables, made if need be.

    A segment that mixes them with text weighs what its widest variable weighs, less one per
    character of text: the more a rule spells out, the narrower it is.
    """
    if len(segment) == 1:
        own = segment[0].bound  # type: ignore[union-attr]
        child = node.branch(own.order, own.spans)
        return child or node.add_branch(RouteBranch(own.order, own.label, own.read, own.spans))
    texts = [""]
    bound = []
    label = ""
    for piece in segment:
        if isinstance(piece, RuleVariable):
            bound.append(piece.bound)
            texts.append("")
            label += piece.bound.label
        else:
            texts[-1] = piece
            label += piece
    weight = max(own.order[0] for own in bound) - sum(map(len, texts))
    order = (weight, label, max(own.order[2] for own in bound))
    spans = any(own.spans for own in bound)
    child = node.branch(order, spans)
    if child is None:
        mixed = MixedSegment(tuple(texts), tuple(own.read for own in bound))
        child = node.add_branch(RouteBranch(order, label, mixed.read, spans, mixed))
    return child
