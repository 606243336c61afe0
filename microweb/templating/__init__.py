"""Templates: text and data become text.

The engine speaks Jinja's language and is usable alone; it never hears of HTTP. Text goes through
`lexer`, `expressions` and `parser` (giving the `nodes`), then `compiler` and `statements` (giving
Python source), and what is compiled runs on `runtime`. Reading order: ``exceptions``, ``markup``,
``undefined``, ``runtime``, ``textfilters``, ``filters``, ``lexer``, ``nodes``, ``expressions``,
``parser``, ``compiler``, ``statements``, ``bytecode``, ``loaders``, ``modules``, ``environment``.

Templates are code: they are written by the authors of an application. Names that begin with two
underscores and the interpreter's internals are out of their reach nevertheless.

>>> env = Environment(loader=DictLoader({"hi.html": "Hi {{ name }}!"}), autoescape=True)
>>> env.get_template("hi.html").render(name="<you>")
'Hi &lt;you&gt;!'
"""

from __future__ import annotations

from ..text.lazy import import_later
from .environment import Environment, Template
from .exceptions import (
    FilterArgumentError,
    TemplateAssertionError,
    TemplateError,
    TemplateNotFound,
    TemplateRuntimeError,
    TemplateSecurityError,
    TemplateSyntaxError,
    UndefinedError,
)
from .loaders import BaseLoader, ChoiceLoader, DictLoader, FileSystemLoader
from .markup import Markup, escape, escape_silent, soft_str
from .runtime import pass_context, pass_environment, pass_eval_context
from .undefined import Undefined

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "BaseLoader",
    "ChoiceLoader",
    "DictLoader",
    "Environment",
    "FileSystemLoader",
    "FilterArgumentError",
    "Markup",
    "StrictUndefined",
    "Template",
    "TemplateAssertionError",
    "TemplateError",
    "TemplateNotFound",
    "TemplateRuntimeError",
    "TemplateSecurityError",
    "TemplateSyntaxError",
    "TemplatesNotFound",
    "Undefined",
    "UndefinedError",
    "escape",
    "escape_silent",
    "pass_context",
    "pass_environment",
    "pass_eval_context",
    "select_autoescape",
    "soft_str",
]

_find_extra_of_templates = import_later(
    __name__,
    """
    extra.bytecode: Bucket BytecodeCache FileSystemBytecodeCache
    extra.environment: TemplatesNotFound select_autoescape
    extra.loaders: FunctionLoader PackageLoader PrefixLoader
    extra.streaming: TemplateStream
    extra.undefined: ChainableUndefined DebugUndefined StrictUndefined make_logging_undefined
    """,
)


def __getattr__(name: str) -> Any:
    try:
        return _find_extra_of_templates(name)
    except AttributeError:
        from .extra.leftout import describe_left_out

        raise AttributeError(describe_left_out("The template engine", name)) from None
