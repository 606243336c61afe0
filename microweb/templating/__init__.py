"""Templates: text and data become text.

The engine speaks Jinja's language and is usable alone; it never hears of HTTP. Text goes through
`lexer`, `expressions` and `parser` (giving the `nodes`), then `compiler` and `statements` (giving
Python source), and what is compiled runs on `runtime`. Reading order: ``exceptions``, ``markup``,
``undefined``, ``runtime``, ``textfilters``, ``filters``, ``lexer``, ``nodes``, ``expressions``,
``parser``, ``compiler``, ``statements``, ``loaders``, ``environment``.

Templates are code: they are written by the authors of an application. Names that begin with two
underscores and the interpreter's internals are out of their reach nevertheless.

>>> env = Environment(loader=DictLoader({"hi.html": "Hi {{ name }}!"}), autoescape=True)
>>> env.get_template("hi.html").render(name="<you>")
'Hi &lt;you&gt;!'
"""

from __future__ import annotations

from .environment import Environment, Template, select_autoescape
from .exceptions import (
    FilterArgumentError,
    TemplateAssertionError,
    TemplateError,
    TemplateNotFound,
    TemplateRuntimeError,
    TemplateSecurityError,
    TemplatesNotFound,
    TemplateSyntaxError,
    UndefinedError,
)
from .loaders import (
    BaseLoader,
    ChoiceLoader,
    DictLoader,
    FileSystemLoader,
    FunctionLoader,
    PrefixLoader,
)
from .markup import Markup, escape, escape_silent, soft_str
from .runtime import pass_context, pass_environment, pass_eval_context
from .undefined import ChainableUndefined, DebugUndefined, StrictUndefined, Undefined

__all__ = [
    "BaseLoader",
    "ChainableUndefined",
    "ChoiceLoader",
    "DebugUndefined",
    "DictLoader",
    "Environment",
    "FileSystemLoader",
    "FilterArgumentError",
    "FunctionLoader",
    "Markup",
    "PrefixLoader",
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
