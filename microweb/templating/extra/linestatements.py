"""A lexer for templates in which a prefix makes the rest of a line a tag or a comment."""

from __future__ import annotations

import re

from ..lexer import EXPRESSION_TOKENS, TemplateLexer, compile_tag_search

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LINE_PREFIXES = (
    ("line_statement", r"^[ \t\v]*"),
    ("line_comment", r"(?:^|(?<=\S))[^\S\n]*"),
)


class LineStatementLexer(TemplateLexer):
    """A `TemplateLexer` for a *syntax* with ``line_statement_prefix`` or ``line_comment_prefix``.

    >>> lexer = LineStatementLexer(line_statement_prefix="#")
    >>> [token[0] for token in lexer.tokenize("# if x\\ny")]
    ['block_begin', 'name', 'name', 'block_end', 'text', 'eof']
    """

    def __init__(self, **syntax: Any) -> None:
        super().__init__(**syntax)
        for name, pattern in _LINE_PREFIXES:
            prefix = self.syntax[name + "_prefix"]
            if prefix:
                self.patterns[prefix] = f"(?P<{name}>{pattern}{re.escape(prefix)})"
        self.search_tag = compile_tag_search(self.patterns)
        line_end = r"(?P<end>\s*(?:\n|\Z))"
        inside = rf"{line_end}|[^\S\n]*(?:{EXPRESSION_TOKENS})"
        self.match_token["line_statement"] = re.compile(inside, re.VERBOSE | re.DOTALL).match

    def read(self, kind: str, source: str, inside: int, line: int, tokens: Any) -> int:
        """Read a tag or a line; return where the text after it begins."""
        if kind == "line_comment":
            end = source.find("\n", inside)
            return len(source) if end < 0 else end
        return super().read(kind, source, inside, line, tokens)
