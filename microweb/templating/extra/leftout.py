"""What Jinja has and this engine has not, and what to do instead."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

_NO_EXTENSIONS = (
    "{% do %}, {% break %} and {% continue %} are built in, everything else can be a filter, "
    "a test or a global function"
)
_LEFT_OUT_OF_TEMPLATES = {
    left_out_name: what_to_use
    for left_out_names, what_to_use in (
        ("Extension add_extension extensions", _NO_EXTENSIONS),
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
        ("install_gettext_callables", "add a function to environment.globals"),
        ("lex parse meta nodes", "read the template's python_source"),
        ("newline_sequence", "replace '\\n' in what render returns"),
        ("optimized", "there is nothing to switch off"),
    )
    for left_out_name in left_out_names.split()
}


def describe_left_out(owner: str, name: str) -> str:
    """Say that *owner* has no *name*, and what to use in its place."""
    instead = _LEFT_OUT_OF_TEMPLATES.get(name)
    return f"{owner} has no {name!r}{f': {instead}' if instead else ''}."


def missing_template_name(name: str) -> NoReturn:
    """Raise AttributeError for a name that this package lacks, saying what to use instead."""
    raise AttributeError(describe_left_out("The template engine", name))


def check_template_extensions(extensions: Sequence[str]) -> None:
    """Raise ValueError for an extension that is not built in."""
    for extension in extensions:
        if extension not in ("jinja2.ext.do", "jinja2.ext.loopcontrols"):
            raise ValueError(
                f"Template extensions are not supported, got {extension!r}: {_NO_EXTENSIONS}."
            )
