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

from .bytecode import Bucket, BytecodeCache, FileSystemBytecodeCache
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
    PackageLoader,
    PrefixLoader,
)
from .markup import Markup, escape, escape_silent, soft_str
from .modules import TemplateStream
from .runtime import pass_context, pass_environment, pass_eval_context
from .undefined import (
    ChainableUndefined,
    DebugUndefined,
    StrictUndefined,
    Undefined,
    make_logging_undefined,
)

TYPE_CHECKING = False
if not TYPE_CHECKING:
    from .environment import missing_template_name as __getattr__  # noqa: F401

__all__ = [
    "BaseLoader",
    "Bucket",
    "BytecodeCache",
    "ChainableUndefined",
    "ChoiceLoader",
    "DebugUndefined",
    "DictLoader",
    "Environment",
    "FileSystemBytecodeCache",
    "FileSystemLoader",
    "FilterArgumentError",
    "FunctionLoader",
    "Markup",
    "PackageLoader",
    "PrefixLoader",
    "StrictUndefined",
    "Template",
    "TemplateAssertionError",
    "TemplateError",
    "TemplateNotFound",
    "TemplateRuntimeError",
    "TemplateSecurityError",
    "TemplateStream",
    "TemplateSyntaxError",
    "TemplatesNotFound",
    "Undefined",
    "UndefinedError",
    "escape",
    "escape_silent",
    "make_logging_undefined",
    "pass_context",
    "pass_environment",
    "pass_eval_context",
    "select_autoescape",
    "soft_str",
]
