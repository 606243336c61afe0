"""From the text of a template to a flat list of tokens.

A token is a tuple ``(kind, value, lineno)``. Kinds are ``text``, ``block_begin``, ``block_end``,
``variable_begin``, ``variable_end``, ``name``, ``string``, ``number``, ``eof``; an operator's kind
is the operator itself. All white-space control happens here, and comments and ``raw`` end here.
Each character is read a bounded number of times.
"""

from __future__ import annotations

import re

from .exceptions import TemplateSyntaxError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    TemplateToken = tuple[str, Any, int]

EXPRESSION_TOKENS = r"""
    (?P<name>[^\W\d]\w*)
  | (?P<string>'[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*")
  | (?P<number>0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+
      |[0-9](?:_?[0-9])*(?:(?<![.][0-9])\.[0-9](?:_?[0-9])*)?(?:[eE][+-]?[0-9](?:_?[0-9])*)?)
  | (?P<operator>\*\*|//|[=!<>]=|[-+*/%~()\[\]{}<>=.:|,])
"""
_match_space = re.compile(r"\s*").match
_match_plain_number = re.compile(r"(?:0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?").fullmatch
DEFAULT_SYNTAX: dict[str, Any] = {
    "block_start_string": "{%",
    "block_end_string": "%}",
    "variable_start_string": "{{",
    "variable_end_string": "}}",
    "comment_start_string": "{#",
    "comment_end_string": "#}",
    "trim_blocks": False,  # drop the newline after a block
    "lstrip_blocks": False,  # drop the white space before a block that begins a line
    "keep_trailing_newline": False,
    "line_statement_prefix": None,  # what makes the rest of a line a block
    "line_comment_prefix": None,  # what makes the rest of a line a comment
}


def compile_tag_search(patterns: dict[str, str]) -> Callable[..., re.Match[str] | None]:
    """Return what finds the first of several beginnings, the longest where two fit."""
    longest_first = sorted(patterns, key=len, reverse=True)
    return re.compile("|".join([patterns[tag] for tag in longest_first]), re.MULTILINE).search


class TemplateLexer:
    """A lexer for one *syntax*: delimiters and white-space rules other than `DEFAULT_SYNTAX`.

    ValueError is raised if two delimiters are equal.

    >>> lexer = TemplateLexer()
    >>> [token[:2] for token in lexer.tokenize("a{{ b }}")][:3]
    [('text', 'a'), ('variable_begin', ''), ('name', 'b')]
    """

    def __init__(self, **syntax: Any) -> None:
        self.syntax = {**DEFAULT_SYNTAX, **syntax}
        kinds = ("block", "variable", "comment")
        starts: list[str] = [self.syntax[f"{kind}_start_string"] for kind in kinds]
        if len(set(starts)) < 3 or not all(starts):
            raise ValueError(
                "The delimiters of blocks, variables and comments must begin differently, got "
                f"{', '.join(map(repr, starts))}."
            )
        self.kinds = dict(zip(starts, kinds))
        self.patterns = {start: re.escape(start) for start in starts}
        self.search_tag = compile_tag_search(self.patterns)
        self.match_token = {}
        for kind in ("block", "variable"):
            end = rf"(?P<end>[-+]?{self._escaped(kind + '_end')})"
            pattern = rf"\s*(?:{end}|{EXPRESSION_TOKENS})"
            self.match_token[kind] = re.compile(pattern, re.VERBOSE | re.DOTALL).match
        start, end = self._escaped("block_start"), self._escaped("block_end")
        self.match_raw = re.compile(rf"\s*raw\s*(-?){end}").match
        self.search_endraw = re.compile(rf"{start}([-+]?)\s*endraw\s*([-+]?){end}").search

    def _escaped(self, delimiter: str) -> str:
        return re.escape(str(self.syntax[delimiter + "_string"]))

    def tokenize(
        self, source: str, name: str | None = None, filename: str | None = None
    ) -> list[TemplateToken]:
        """Return the tokens of *source*, the last of kind ``eof``.

        *name* and *filename* go into the TemplateSyntaxError that is raised for an unclosed tag,
        comment or string and for a character that begins no token.
        """
        if source[:1] == "\ufeff":
            source = source[1:]  # a byte order mark, which some editors write
        if "\r" in source:
            source = source.replace("\r\n", "\n").replace("\r", "\n")
        if not self.syntax["keep_trailing_newline"] and source.endswith("\n"):
            source = source[:-1]
        tokens: list[TemplateToken] = []
        position, line = 0, 1
        try:
            while True:
                match = self.search_tag(source, position)
                if match is None:
                    if position < len(source):
                        tokens.append(("text", source[position:], line))
                    tokens.append(("eof", "", line + source.count("\n", position)))
                    return tokens
                start, inside = match.span()
                kind: str = self.kinds.get(match.group()) or match.lastgroup or ""
                sign = source[inside : inside + 1]
                text = self._text_before(source, position, start, sign, kind)
                if text:
                    tokens.append(("text", text, line))
                line += source.count("\n", position, start)
                inside += sign == "-" or sign == "+"
                position = self.read(kind, source, inside, line, tokens)
                line += source.count("\n", inside, position)
        except TemplateSyntaxError as error:
            error.name, error.filename, error.source = name, filename, source
            raise

    def _text_before(self, source: str, start: int, end: int, sign: str, kind: str) -> str:
        """Return the text before a tag, cut as the tag's sign and `lstrip_blocks` ask."""
        text = source[start:end]
        if sign == "-":
            return text.rstrip()
        if self.syntax["lstrip_blocks"] and sign != "+" and kind != "variable":
            line_start = text.rfind("\n") + 1
            at_line_start = line_start or start == 0 or source[start - 1] == "\n"
            if at_line_start and not text[line_start:].strip():
                return text[:line_start]
        return text

    def _after_tag(self, source: str, position: int, sign: str, kind: str) -> int:
        """Return where the text after a tag begins, as the sign and `trim_blocks` ask."""
        if sign == "-":
            space: Any = _match_space(source, position)
            return space.end()  # type: ignore[no-any-return]
        trims = sign != "+" and self.syntax["trim_blocks"] and kind != "variable"
        return position + (trims and source.startswith("\n", position))

    def read(self, kind: str, source: str, inside: int, line: int, tokens: Any) -> int:
        """Add the tokens of one tag, or the text in ``raw``, and skip a comment; return where the
        text after it begins."""
        if kind == "comment":
            closing = self.syntax["comment_end_string"]
            end = source.find(closing, inside)
            if end < 0:
                message = f"the comment that begins here is never closed: {closing!r} is missing"
                raise TemplateSyntaxError(message, line)
            sign = source[end - 1] if end > inside else ""
            return self._after_tag(source, end + len(closing), sign, "comment")
        raw = self.match_raw(source, inside) if kind == "block" else None
        if raw is None:
            return self.read_tag(kind, source, inside, line, tokens)
        start = raw.end()
        if raw.group(1) == "-":
            start = self._after_tag(source, start, "-", "block")
        closing = self.search_endraw(source, start)
        if closing is None:
            message = "the 'raw' block that begins here is never closed: {% endraw %} is missing"
            raise TemplateSyntaxError(message, line)
        text = self._text_before(source, start, closing.start(), closing.group(1), "block")
        if text:
            tokens.append(("text", text, line + source.count("\n", inside, start)))
        return self._after_tag(source, closing.end(), closing.group(2), "block")

    def read_tag(
        self, kind: str, source: str, position: int, line: int, tokens: list[TemplateToken]
    ) -> int:
        """Add the tokens of one tag and return where the text after it begins.

        One flat loop, as this is two thirds of the lexer's time. Inside brackets the closing
        delimiter is not looked for, so that ``{{ {'a': {}} }}`` reads as it is meant.
        """
        name = "variable" if kind == "variable" else "block"
        tokens.append((f"{name}_begin", "", line))
        match_token = match_outside = self.match_token[kind]
        match_inside = self.match_token[name]
        opened: list[str] = []
        first_line = line
        next_newline = source.find("\n", position)
        while True:
            match = match_token(source, position)
            if match is None:
                raise _explain("character", line, source, position, first_line, kind)
            group: str = match.lastgroup or ""
            value: Any = match.group(group)
            position = match.end()
            while 0 <= next_newline < position - len(value):
                line += 1
                next_newline = source.find("\n", next_newline + 1)
            if group == "end":
                if not opened:
                    tokens.append((f"{name}_end", value, line))
                    sign = value[: len(value) - len(self.syntax[f"{name}_end_string"])]
                    return self._after_tag(source, position, sign, name)
                position -= len(value) - 1
                value, group = value[0], "operator"
            if group == "operator":
                group = value
                if value in "([{":
                    opened.append(value)
                elif value in ")]}":
                    begun = opened.pop() if opened else ""
                    if begun + value not in ("()", "[]", "{}"):
                        end = self.syntax.get(kind + "_end_string") or "the end of the line"
                        raise _explain("bracket", line, begun, value, end)
                match_token = match_inside if opened else match_outside
            elif group == "string":
                value = value[1:-1]
                if "\\" in value:
                    from .extra.literals import unescape_string_literal

                    value = unescape_string_literal(value, line)
            elif group == "number":
                following = source[position : position + 1]
                plain = _match_plain_number(value)
                if plain and not following.isalnum() and following != "_":
                    value = float(value) if plain.group(1) else int(value)
                else:
                    from .extra.literals import read_number_literal

                    value = read_number_literal(value, following, line)
            tokens.append((group, value, line))


def _explain(what: str, line: int, *details: Any) -> TemplateSyntaxError:
    try:
        from .extra.explaining import LEXER_ERRORS
    except ImportError:
        return TemplateSyntaxError(f"a wrong {what}, or something that is not closed", line)
    return LEXER_ERRORS[what](line, *details)
