"""What is wrong with the text of a template, said as precisely as one look at it allows."""

from __future__ import annotations

from ...text.nearest import did_you_mean
from ..exceptions import TemplateSyntaxError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_CHARACTER_HINTS = {
    "&": ": write 'and'",
    "!": ": write 'not'",
    "?": ": write 'this if test else that'",
}


def explain_bracket(line: int, opened: str, found: str, end: str) -> TemplateSyntaxError:
    """Return the error for a bracket *found* that closes something else than *opened*."""
    message = f"{found!r} closes nothing that is open; this tag ends with {end!r}"
    if opened:
        wanted = {"(": ")", "[": "]", "{": "}"}[opened]
        message = f"{opened!r} is open: expected {wanted!r} before {found!r}"
    return TemplateSyntaxError(message, line)


def explain_character(
    line: int, source: str, position: int, first_line: int, kind: str
) -> TemplateSyntaxError:
    """Return the error for text at *position*, in a tag of *kind*, that begins no token."""
    rest = source[position : position + 400].lstrip()
    if not rest and not source[position:].strip():
        shown = "{{ }} expression" if kind == "variable" else "{% %} tag"
        return TemplateSyntaxError(f"the {shown} that begins here is never closed", first_line)
    if rest[:1] in ("'", '"'):
        return TemplateSyntaxError(
            f"the string that begins with {rest[:20]!r} is never closed", line
        )
    hint = _CHARACTER_HINTS.get(rest[:1], "")
    return TemplateSyntaxError(f"unexpected character {rest[:1]!r}{hint}", line)


LEXER_ERRORS: dict[str, Callable[..., TemplateSyntaxError]] = {
    "bracket": explain_bracket,
    "character": explain_character,
}


def explain_tag(tag: str, known: Iterable[str], opened: tuple[str, int, tuple[str, ...]]) -> str:
    """Say why the tag *tag* cannot stand where it does, inside of the tag *opened*."""
    name, line, wanted = opened
    if tag.startswith("end") or tag in ("else", "elif", "pluralize"):
        if not name:
            return f"{{% {tag} %}} closes nothing: no tag is open here"
        return (
            f"{{% {tag} %}} does not fit: the innermost open tag is {{% {name} %}} from line "
            f"{line}, which wants {' or '.join([f'{{% {end} %}}' for end in wanted])}"
        )
    return f"unknown tag {tag!r}.{did_you_mean(tag, known)}"
