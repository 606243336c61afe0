"""What can go wrong with a template, as one tree of exceptions."""

from __future__ import annotations

from ..text.nearest import did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any


class TemplateError(Exception):
    """The base of all exceptions of the template engine."""

    @property
    def message(self) -> str | None:
        """The first argument, the sentence without location."""
        return str(self.args[0]) if self.args else None


class TemplateNotFound(OSError, LookupError, TemplateError):
    """No loader has the template *name*; *message* is the sentence to show, *tried* the places
    looked at. ``list_names`` can be asked for the names there are, for a near one."""

    def __init__(self, name: Any, message: str | None = None, *, tried: Sequence[str] = ()) -> None:
        self.name = None if name is None else str(name)
        super().__init__(message or f"Template {self.name!r} not found")
        self.templates = [self.name]
        self.tried = list(tried)
        self.list_names: Callable[[], list[str]] = list

    def __reduce__(self) -> Any:
        return self.__class__, (self.name, self.args[0]), {"tried": self.tried}

    @property
    def message(self) -> str:
        """The sentence, the places that were looked at, and a name that is near."""
        tried = "; tried " + ", ".join(map(repr, self.tried[:20])) if self.tried else ""
        try:
            near = did_you_mean(self.name or "", self.list_names())
        except (TypeError, ImportError):
            near = ""
        return f"{self.args[0]}{tried}.{near}"

    def __str__(self) -> str:
        return self.message


class TemplateSyntaxError(TemplateError):
    """The text of a template does not follow the language.

    *message* says what is wrong, *lineno* (from 1) where; *name* and *filename* say in which
    template. `source` holds the template's text once it is known, so that the line is shown.

    >>> print(TemplateSyntaxError("unexpected '}'", 1, "a.html"))
    unexpected '}'
      File "a.html", line 1
    """

    def __init__(
        self,
        message: str,
        lineno: int,
        name: str | None = None,
        filename: str | None = None,
        source: str | None = None,
    ) -> None:
        super().__init__(message)
        self.lineno, self.name, self.filename = lineno, name, filename
        self.source = source

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


class FilterArgumentError(TemplateRuntimeError, ValueError, TypeError):
    """A filter was called with a value or arguments it cannot use."""
