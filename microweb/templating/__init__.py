"""Templates: text and data become text.

The engine speaks Jinja's language and is usable alone; it never hears of HTTP. Text goes through
`lexer` and `compiler` (on top of `expressions`), which gives Python source, and what is compiled
runs on `runtime`. Rare tags, filters and members stand in ``extra``, and are imported when used.

Templates are code: they are written by the authors of an application. Names that begin with two
underscores and the interpreter's internals are out of their reach nevertheless.

>>> env = Environment(loader=DictLoader({"hi.html": "Hi {{ name }}!"}), autoescape=True)
>>> env.get_template("hi.html").render(name="<you>")
'Hi &lt;you&gt;!'
"""

from __future__ import annotations

from ..text.lazy import import_later
from .environment import Environment as Environment
from .environment import Template as Template
from .exceptions import TemplateError as TemplateError
from .exceptions import TemplateNotFound as TemplateNotFound
from .loaders import BaseLoader as BaseLoader
from .loaders import ChoiceLoader as ChoiceLoader
from .loaders import DictLoader as DictLoader
from .loaders import FileSystemLoader as FileSystemLoader
from .markup import Markup as Markup
from .markup import escape as escape
from .undefined import Undefined as Undefined

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_find_name_of_templates = import_later(
    __name__,
    """
    exceptions: FilterArgumentError TemplateAssertionError TemplateRuntimeError
    exceptions: TemplateSecurityError TemplateSyntaxError UndefinedError
    markup: soft_str
    runtime: pass_context pass_environment pass_eval_context
    extra.bytecode: Bucket BytecodeCache FileSystemBytecodeCache
    extra.environment: TemplatesNotFound select_autoescape
    extra.loaders: FunctionLoader PackageLoader PrefixLoader
    extra.markup_methods: escape_silent
    extra.streaming: TemplateStream
    extra.undefined: ChainableUndefined DebugUndefined StrictUndefined is_undefined
    extra.undefined: make_logging_undefined
    """,
)


def __getattr__(name: str) -> Any:
    try:
        return _find_name_of_templates(name)
    except AttributeError:
        from .extra.leftout import missing_template_name

        return missing_template_name(name)
