"""Several slashes in a row, which count as one."""

from __future__ import annotations

import re

from ...text.quoting import local_path, quote_path
from ..exceptions import NoMatch, RequestRedirect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..rules import RulePiece


def merge_rule_slashes(pieces: list[RulePiece]) -> list[RulePiece]:
    """Return *pieces* with one slash where several stand in a row.

    >>> from microweb.routing.rules import parse_rule
    >>> merge_rule_slashes(parse_rule("/a//<b>"))
    ['/a/', <RuleVariable 'b' of default>]
    """
    return [re.sub("//+", "/", p) if isinstance(p, str) else p for p in pieces]


def redirect_if_mergeable(path: str, search: Callable[[str], Any]) -> None:
    """Raise RequestRedirect if *search* finds a rule that merges slashes for the merged *path*.

    Whatever else *search* raises for that path but NoMatch is raised as well.
    """
    merged = re.sub("//+", "/", path)
    try:
        rule = search(merged)[0]
    except NoMatch:
        return
    if rule.merge_slashes:
        raise RequestRedirect(local_path(quote_path(merged))) from None
