"""Translated text: ``{% trans %}`` and ``{% pluralize %}``, and the functions that translate.

The tag is always there. What it calls are the global functions ``gettext``, ``ngettext``,
``pgettext`` and ``npgettext``, which one of the environment's ``install_`` methods puts there; they
come from `gettext` of the standard library, from Babel, or are functions of your own.
"""

from __future__ import annotations

import functools
import re

from ..compiler import TemplateCompiler
from ..exceptions import UndefinedError
from ..expressions import UNESCAPED, is_argument_name
from ..markup import Markup
from ..runtime import pass_context
from ..undefined import Undefined

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_TRANSLATING_FUNCTIONS = ("gettext", "ngettext", "pgettext", "npgettext")
_COUNTS = {"ngettext": 2, "npgettext": 3}


def parse_trans(compiler: TemplateCompiler, lineno: int) -> None:
    """Compile ``{% trans "context" trimmed name=value %}text {{ name }}{% pluralize name %}``."""
    compiler.write_unless_extended(lineno, _write_translation, compiler, lineno)


def _write_translation(compiler: TemplateCompiler, lineno: int) -> None:
    about = repr(compiler.expect("string")) if compiler.next == "string" else ""
    variables, trimmed = _parse_variables(compiler, lineno)
    counted = next(iter(variables), "")
    compiler.expect("block_end", "the end of the 'trans' tag")
    compiler.open_tags.append(("trans", lineno, ("pluralize", "endtrans")))
    names: list[str] = []
    texts = [_parse_text(compiler, names, trimmed)]
    if compiler.expect("name") == "pluralize":
        if compiler.next == "name":
            counted = compiler.expect("name")
            if counted not in variables:
                compiler.fail(f"{{% trans %}} is not given the variable {counted!r} to count")
        if not counted:
            compiler.fail("{% pluralize %} needs a number: write {% trans count=... %}")
        compiler.expect("block_end", "the end of the 'pluralize' tag")
        texts.append(_parse_text(compiler, names, trimmed))
        if compiler.expect("name") == "pluralize":
            compiler.fail("{% pluralize %} stands twice in one {% trans %}")
    compiler.open_tags.pop()
    for name in names:
        if name not in variables:
            variables[name] = compiler.load(name)
    newstyle = compiler.environment.newstyle_gettext
    if not names and not newstyle:
        texts = [text.replace("%%", "%") for text in texts]
    arguments = [about, *map(repr, texts), variables[counted] if texts[1:] else ""]
    function = ("n" if texts[1:] else "") + ("p" if about else "") + "gettext"
    if newstyle and function in _COUNTS and counted == "num":
        del variables["num"]
    _write_call(compiler, lineno, function, list(filter(None, arguments)), variables, newstyle)


def _write_call(
    compiler: TemplateCompiler,
    lineno: int,
    name: str,
    arguments: list[str],
    variables: dict[str, str],
    newstyle: bool,
) -> None:
    """Write the call of a translating function, and what is put out of its result."""
    checked = f"{compiler.rare('check_translator')}({compiler.load(name)}, {name!r})"
    function = f"{compiler.callee_source()}({checked})"
    escaping = compiler.escaping
    if newstyle:
        for key, value in variables.items():
            plain = is_argument_name(key)
            arguments.append(f"{key}={value}" if plain else f"**{{{key!r}: {value}}}")
    code = f"{function}({', '.join(arguments)})"
    if not newstyle:
        code = code if escaping is UNESCAPED else f"{escaping.markup}({code})"
        if variables:
            pairs = ", ".join([f"{key!r}: {value}" for key, value in variables.items()])
            code = f"{code} % {{{pairs}}}"
    if compiler.environment.finalize:
        code = compiler.finalized(code)
    compiler.write_pieces([f"{escaping.escape}({code})"], lineno)


def _parse_variables(compiler: TemplateCompiler, lineno: int) -> tuple[dict[str, str], bool]:
    """Read the names and values after ``trans``; return their sources and whether lines of the
    text are joined. Each value is computed once."""
    variables: dict[str, str] = {}
    trimmed: bool | None = None
    while compiler.next != "block_end":
        if variables:
            compiler.expect(",")
        if compiler.skip(":"):
            break
        name: str = compiler.expect("name", "the name of a variable")
        if name in variables:
            compiler.fail(f"{{% trans %}} is given the variable {name!r} twice")
        if compiler.skip("="):
            variables[name] = f"trans_{compiler.number()}"
            compiler.write(f"{variables[name]} = {compiler.parse_expression()}", lineno)
        elif trimmed is None and name in ("trimmed", "notrimmed"):
            trimmed = name == "trimmed"
        else:
            variables[name] = compiler.load(name)
    if trimmed is None:
        trimmed = bool(compiler.environment.policies.get("ext.i18n.trimmed"))
    return variables, trimmed


def _parse_text(compiler: TemplateCompiler, names: list[str], trimmed: bool) -> str:
    """Read the text up to the next tag, whose name comes next; add what it names to *names*."""
    pieces: list[str] = []
    while compiler.next != "block_begin":
        if compiler.next == "text":
            pieces.append(compiler.expect("text").replace("%", "%%"))
        elif compiler.next == "eof":
            compiler.parse_body(compiler.open_tags[-1][2])
        else:
            compiler.expect("variable_begin")
            name = compiler.expect("name", "the name of a variable")
            if compiler.next != "variable_end":
                compiler.fail(
                    "inside of {% trans %} a name stands alone in {{ }}: give its value before, "
                    f"{{% trans {name}=... %}}"
                )
            compiler.index += 1
            names.append(name)
            pieces.append(f"%({name})s")
    compiler.index += 1
    tag = compiler.tokens[compiler.index][1]
    if tag not in ("pluralize", "endtrans"):
        compiler.fail(
            f"{{% {tag} %}} cannot stand inside of {{% trans %}}, only text and {{{{ }}}}"
        )
    text = "".join(pieces)
    return re.sub(r"\s*\n\s*", " ", text.strip()) if trimmed else text


def check_translator(function: Any, name: str) -> Any:
    """Return the translating *function*, or say how there comes to be one."""
    if isinstance(function, Undefined):
        raise UndefinedError(
            f"{{% trans %}} calls {name}(), which is undefined: use install_gettext_callables(), "
            "install_gettext_translations() or install_null_translations() of the environment"
        )
    return function


@pass_context
def translate_by_gettext(context: Any, /, *args: Any, **kwargs: Any) -> Any:
    """Call ``gettext`` of the template: this is ``_`` in templates."""
    function = check_translator(context.resolve("gettext"), "gettext")
    return context.call(function, *args, **kwargs)


def make_newstyle(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a translating function that also fills in the variables it is given by name."""

    def translate(context: Any, /, *args: Any, **variables: Any) -> Any:
        text = context.call(function, *args)
        if name in _COUNTS:
            variables.setdefault("num", args[_COUNTS[name]])
        if "p" in name[:2]:
            variables.setdefault("context", args[0])
        if context.eval_context.autoescape:
            text = Markup(text)
        return text % variables

    return pass_context(functools.wraps(function, ("__doc__",), ())(translate))


class TranslatingMembers:
    """The members that `Environment` takes over from here when they are first used."""

    newstyle_gettext: bool
    globals: dict[str, Any]

    def install_gettext_callables(
        self,
        gettext: Callable[..., Any],
        ngettext: Callable[..., Any],
        newstyle: bool | None = None,
        pgettext: Callable[..., Any] | None = None,
        npgettext: Callable[..., Any] | None = None,
    ) -> None:
        """Let ``{% trans %}`` and ``_()`` call these functions.

        *newstyle* says whether they get variables by name, ``_("Hi %(name)s", name=name)``, and
        the text is always a format.

        >>> from microweb.templating import Environment
        >>> env = Environment()
        >>> env.install_gettext_callables(str.upper, lambda one, many, n: many)
        >>> env.from_string("{% trans %}hi{% endtrans %} {{ _('you') }}").render()
        'HI YOU'
        """
        if newstyle is not None:
            self.newstyle_gettext = newstyle
        functions = zip(_TRANSLATING_FUNCTIONS, (gettext, ngettext, pgettext, npgettext))
        for name, function in functions:
            if function is not None:
                wrap = self.newstyle_gettext
                self.globals[name] = make_newstyle(name, function) if wrap else function
        self.globals.setdefault("_", translate_by_gettext)

    def install_gettext_translations(self, translations: Any, newstyle: bool | None = None) -> None:
        """Let templates use *translations*, as `gettext.translation` or Babel returns them."""
        gettext, ngettext, *others = [
            getattr(translations, n, None) for n in _TRANSLATING_FUNCTIONS
        ]
        self.install_gettext_callables(gettext, ngettext, newstyle, *others)  # type: ignore[arg-type]

    def install_null_translations(self, newstyle: bool | None = None) -> None:
        """Let ``{% trans %}`` and ``_()`` give the text as it stands in the template.

        >>> from microweb.templating import Environment
        >>> env = Environment()
        >>> env.install_null_translations()
        >>> env.from_string("{% trans n=2 %}one{% pluralize %}{{ n }}{% endtrans %}").render()
        '2'
        """
        self.install_gettext_callables(
            lambda text: text,
            lambda one, many, number: one if number == 1 else many,
            newstyle,
            lambda about, text: text,
            lambda about, one, many, number: one if number == 1 else many,
        )

    def uninstall_gettext_translations(self, translations: Any = None) -> None:
        """Take the translating functions out of the global names."""
        for name in _TRANSLATING_FUNCTIONS:
            self.globals.pop(name, None)
