"""What can go wrong with a template, as one tree of exceptions.

Each class says when it is raised. Nothing here knows how templates are read or run.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any


def nearest_template_name(name: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the closest of the *known* names, or the empty string.

    >>> nearest_template_name("uper", ["upper", "lower"])
    " Did you mean 'upper'?"
    """
    try:
        from difflib import get_close_matches
    except ImportError:
        return ""
    close = get_close_matches(name[:80], list(known)[:2000], n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


class TemplateError(Exception):
    """The base of all exceptions of the template engine."""

    @property
    def message(self) -> str | None:
        """The first argument, the sentence without location."""
        return str(self.args[0]) if self.args else None


class TemplateNotFound(OSError, LookupError, TemplateError):
    """No loader has a template of this name.

    *name* is what was asked for, *message* the sentence to show, *tried* the places looked at.

    >>> str(TemplateNotFound("a.html", tried=["/srv/a.html"]))
    "Template 'a.html' not found; tried '/srv/a.html'."
    """

    message: str | None = None

    def __init__(
        self, name: Any, message: str | None = None, *, tried: Sequence[str] = (), near: str = ""
    ) -> None:
        self.name = None if name is None else str(name)
        self.templates = [self.name]
        self.tried = list(tried)
        if message is None:
            message = f"Template {self.name!r} not found"
            if self.tried:
                message += "; tried " + ", ".join(map(repr, self.tried[:20]))
            message += "." + near
        self.message = message
        super().__init__(message)

    def __str__(self) -> str:
        return str(self.message)


class TemplatesNotFound(TemplateNotFound):
    """None of several templates exists; `templates` lists the names.

    >>> str(TemplatesNotFound(["a.html", "b.html"]))
    "None of these templates was found: 'a.html', 'b.html'."
    """

    def __init__(
        self, names: Sequence[Any] = (), message: str | None = None, *, tried: Sequence[str] = ()
    ) -> None:
        if message is None:
            listed = ", ".join(repr(str(name)) for name in names)
            message = f"None of these templates was found: {listed or 'the list is empty'}"
            if tried:
                message += "; tried " + ", ".join(map(repr, tried[:20]))
            message += "."
        super().__init__(names[-1] if names else None, message, tried=tried)
        self.templates = [str(name) for name in names]


class TemplateSyntaxError(TemplateError):
    """The text of a template does not follow the language.

    *message* says what is wrong, *lineno* (from 1) where; *name* and *filename* say in which
    template. `source` holds the template's text once it is known, so that the line is shown.

    >>> print(TemplateSyntaxError("unexpected '}'", 1, "a.html"))
    unexpected '}'
      File "a.html", line 1
    """

    def __init__(
        self, message: str, lineno: int, name: str | None = None, filename: str | None = None
    ) -> None:
        super().__init__(message)
        self.lineno = lineno
        self.name = name
        self.filename = filename
        self.source: str | None = None

    def __reduce__(self) -> Any:
        return self.__class__, (self.message, self.lineno, self.name, self.filename)

    def __str__(self) -> str:
        place = self.filename or self.name or "<template>"
        lines = [str(self.message), f'  File "{place}", line {self.lineno}']
        text = (self.source or "").split("\n")[self.lineno - 1 : self.lineno]
        if text and text[0].strip():
            lines.append("    " + text[0].strip()[:200])
        return "\n".join(lines)


class TemplateAssertionError(TemplateSyntaxError):
    """The language is followed, yet something named does not exist: a filter, a test."""


class TemplateRuntimeError(TemplateError):
    """Something failed while a template was running."""


class UndefinedError(TemplateRuntimeError):
    """A value that does not exist was used for more than being shown or tested."""


class TemplateSecurityError(TemplateRuntimeError):
    """A template reached for a name that belongs to the interpreter, or for too much."""


class FilterArgumentError(TemplateRuntimeError, ValueError):
    """A filter was called with arguments it cannot use."""
