"""What Jinja has and this engine has not, and what to do instead."""

from __future__ import annotations

import sys

from ...text.lazy import is_import_statement

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, NoReturn

_NO_EXTENSIONS = (
    "{% do %}, {% break %}, {% continue %} and {% trans %} are built in, everything else can be a "
    "filter, a test or a global function"
)
_BUILT_IN_EXTENSIONS = {
    **dict.fromkeys(("do", "ExprStmtExtension"), "do"),
    **dict.fromkeys(("loopcontrols", "LoopControlExtension"), "loopcontrols"),
    **dict.fromkeys(("i18n", "InternationalizationExtension"), "i18n"),
}
_LEFT_OUT_OF_TEMPLATES = {
    left_out_name: what_to_use
    for left_out_names, what_to_use in (
        ("Extension extensions", _NO_EXTENSIONS),
        (
            "enable_async is_async render_async generate_async make_module_async",
            "render in a thread, asyncio.to_thread(template.render, ...)",
        ),
        (
            "SandboxedEnvironment ImmutableSandboxedEnvironment sandboxed",
            "templates are code: render none that a stranger wrote",
        ),
        ("ModuleLoader compile_templates", "use FileSystemBytecodeCache"),
        ("MemcachedBytecodeCache", "derive your own from BytecodeCache"),
        ("NativeEnvironment", "use Environment.compile_expression"),
        ("SecurityError", "use TemplateSecurityError"),
        ("extend", "assign to an attribute of the environment"),
        ("from_code from_module_dict", "use Environment.from_string or a loader"),
        ("extract_translations babel_extract", "extract them with Babel and Jinja"),
        ("lipsum generate_lorem_ipsum", "put the text to fill in with into a variable"),
        ("urlize", "write {{ text|urlize }}"),
        ("clear_caches", "use environment.cache.clear()"),
        ("i18n", "{% trans %} is built in: use environment.install_gettext_callables"),
        ("lex parse meta nodes", "read the template's python_source"),
        ("newline_sequence", "replace '\\n' in what render returns"),
        ("optimized", "there is nothing to switch off"),
    )
    for left_out_name in left_out_names.split()
}


# The order of the options in Jinja.
_ORDERED_OPTIONS = (
    "block_start_string block_end_string variable_start_string variable_end_string"
    " comment_start_string comment_end_string line_statement_prefix line_comment_prefix"
    " trim_blocks lstrip_blocks newline_sequence keep_trailing_newline extensions optimized"
    " undefined finalize autoescape loader cache_size auto_reload bytecode_cache enable_async"
).split()


def name_ordered_options(ordered: Sequence[Any], options: dict[str, Any]) -> dict[str, Any]:
    """Return *options* with those that are given by their place.

    >>> name_ordered_options(["<%", "%>"], {})
    {'block_start_string': '<%', 'block_end_string': '%>'}
    """
    named = dict(zip(_ORDERED_OPTIONS, ordered))
    if len(ordered) > len(_ORDERED_OPTIONS):
        raise TypeError(
            f"An environment takes {len(_ORDERED_OPTIONS)} options, got {len(ordered)}."
        )
    for name in named:
        if options.get(name):
            raise TypeError(f"The option {name!r} is given twice, by its place and by its name.")
    return {**options, **named}


def describe_left_out(owner: str, name: str) -> str:
    """Say that *owner* has no *name*, and what to use in its place."""
    instead = _LEFT_OUT_OF_TEMPLATES.get(name)
    return f"{owner} has no {name!r}{f': {instead}' if instead else ''}."


def missing_template_name(name: str) -> NoReturn:
    """Raise AttributeError for a name that this package lacks, saying what to use instead; for
    ``from microweb.templating import name`` ImportError, which alone is shown there."""
    message = describe_left_out("The template engine", name)
    if name[:2] != "__" and is_import_statement(sys._getframe(2)):
        raise ImportError(message, name=__name__.rpartition(".extra.")[0])
    raise AttributeError(message)


def check_template_extension(extension: Any) -> str:
    """Return the short name of an extension that is built in, or raise ValueError.

    >>> check_template_extension("jinja2.ext.do")
    'do'
    """
    name = extension
    if not isinstance(extension, str):
        name = f"{getattr(extension, '__module__', '')}.{getattr(extension, '__name__', '')}"
    module, _, last = name.rpartition(".")
    if last not in _BUILT_IN_EXTENSIONS or not module.endswith(".ext"):
        raise ValueError(
            f"Template extensions are not supported, got {extension!r}: {_NO_EXTENSIONS}."
        )
    return _BUILT_IN_EXTENSIONS[last]
