"""Environment and Template: settings, own filters, tests and globals, streaming, modules."""

# A row of a table is one line.
# ruff: noqa: E501

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from microweb import templating
from microweb.templating import (
    ChainableUndefined,
    DebugUndefined,
    DictLoader,
    Environment,
    Markup,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateSyntaxError,
    Undefined,
    UndefinedError,
    make_logging_undefined,
    pass_context,
    pass_environment,
    pass_eval_context,
)


def test_own_filters_tests_and_globals() -> None:
    environment = Environment()
    environment.filters["twice"] = lambda value, sep="": f"{value}{sep}{value}"
    environment.tests["small"] = lambda value: value < 10
    environment.globals["site"] = "S"
    source = "{{ 1|twice }}{{ 2|twice(sep='-') }}{{ 3 is small }}{{ site }}"
    assert environment.from_string(source).render() == "112-2TrueS"


def test_functions_get_the_first_argument_they_ask_for() -> None:
    @pass_context
    def from_context(context: Any, name: str) -> Any:
        return context.get(name, "none")

    @pass_environment
    def from_environment(environment: Any) -> bool:
        return isinstance(environment, Environment)

    @pass_eval_context
    def escapes(eval_context: Any, value: Any) -> str:
        return str(eval_context.autoescape)

    environment = Environment(autoescape=True)
    environment.globals.update(lookup=from_context, env=from_environment)
    environment.filters["escapes"] = escapes
    source = "{{ lookup('a') }}{{ lookup('b') }} {{ env() }} {{ 1|escapes }}"
    source += "{% autoescape false %} {{ 1|escapes }}{% endautoescape %}"
    assert environment.from_string(source).render(a=1) == "1none True True False"


def test_autoescape_may_be_a_function_of_the_name() -> None:
    environment = Environment(
        loader=DictLoader({"a.html": "{{ x }}", "a.txt": "{{ x }}"}),
        autoescape=lambda name: name is None or name.endswith(".html"),
    )
    assert environment.get_template("a.html").render(x="<") == "&lt;"
    assert environment.get_template("a.txt").render(x="<") == "<"
    assert environment.from_string("{{ x }}").render(x="<") == "&lt;"


def test_finalize_is_applied_to_every_value() -> None:
    environment = Environment(finalize=lambda value: "" if value is None else value)
    assert environment.from_string("a{{ none }}b{{ x }}{{ 1 }}").render(x=None) == "ab1"


@pytest.mark.parametrize(
    ("undefined", "expected"),
    [(Undefined, "-"), (DebugUndefined, "{{ x }}-"), (ChainableUndefined, "-")],
)
def test_undefined_class_of_the_environment(undefined: type[Undefined], expected: str) -> None:
    assert Environment(undefined=undefined).from_string("{{ x }}-").render() == expected


def test_chainable_undefined_goes_on() -> None:
    environment = Environment(undefined=ChainableUndefined)
    assert environment.from_string("{{ a.b.c['d'] }}|{{ a.b|d(1) }}").render() == "|1"


def test_render_takes_a_dict_or_keywords() -> None:
    template = Template("{{ a }}{{ b }}")
    assert template.render({"a": 1}, b=2) == template.render(a=1, b=2) == "12"


def test_generate_hands_out_pieces_while_the_data_comes() -> None:
    taken: list[int] = []

    def rows() -> Iterator[int]:
        for number in range(5000):
            taken.append(number)
            yield number

    environment = Environment(
        loader=DictLoader({"base": "<{% block b %}{% endblock %}>", "inc": "!"})
    )
    source = "{% extends 'base' %}{% block b %}{% for r in rows %}{{ r }}{% include 'inc' %},{% endfor %}{% endblock %}"
    pieces = environment.from_string(source).generate(rows=rows())
    first = [next(pieces) for _ in range(5)]
    assert len(taken) < 1000
    whole = "".join(first) + "".join(pieces)
    assert whole == "<" + "".join(f"{number}!," for number in range(5000)) + ">"


def test_module_exports_macros_and_variables() -> None:
    environment = Environment(autoescape=True)
    template = environment.from_string(
        "{% macro m(a) %}<b>{{ a }}</b>{% endmacro %}{% set v = 1 %}{% set _p = 2 %}text"
    )
    module = template.module
    assert module.m("<") == "<b>&lt;</b>"  # type: ignore[attr-defined]
    assert type(module.m("<")) is Markup  # type: ignore[attr-defined]
    assert module.v == 1  # type: ignore[attr-defined]
    assert not hasattr(module, "_p")
    assert str(module) == "text"


def test_equal_delimiters_and_extensions_are_refused() -> None:
    with pytest.raises(ValueError, match="must begin differently"):
        Environment(block_start_string="{{").from_string("")
    with pytest.raises(ValueError, match="extensions are not supported, got 'i18n'"):
        Environment(extensions=["i18n"])
    for known in ("jinja2.ext.do", "jinja2.ext.loopcontrols", "jinja2.ext.i18n"):
        assert Environment(extensions=[known]).from_string("{% do 1 %}").render() == ""
        environment = Environment()
        environment.add_extension(known)
        assert environment.overlay(extensions=[known]).from_string("a").render() == "a"
    with pytest.raises(ValueError, match=r"got 'jinja2.ext.debug': {% do %}"):
        Environment().add_extension("jinja2.ext.debug")


def test_import_loads_nothing_heavy() -> None:
    code = (
        "import sys; before = set(sys.modules); import microweb.templating;"
        "new = set(sys.modules) - before;"
        "print(sorted(n for n in new if not n.startswith('microweb')))"
    )
    heavy = ("json", "html", "string", "typing", "inspect", "linecache", "difflib", "random")
    output = subprocess.run(
        [sys.executable, "-I", "-c", "import sys; sys.path[:0] = sys.argv[1:];" + code, *sys.path],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert not [name for name in heavy if repr(name) in output]


def test_overlay_shares_all_but_its_options() -> None:
    pages = {"a": "{{ x }}{% if true %}\nb{% endif %}"}
    environment = Environment(loader=DictLoader(pages), autoescape=True)
    environment.filters["late"] = lambda value: f"late {value}"
    assert environment.get_template("a").render(x="<") == "&lt;\nb"
    overlay = environment.overlay(trim_blocks=True, autoescape=False)
    assert overlay.get_template("a").render(x="<") == "<b"
    assert overlay.from_string("{{ 1|late }}").render() == "late 1"
    assert overlay.loader is environment.loader
    assert type(overlay) is Environment


@pytest.mark.parametrize(
    ("expression", "variables", "expected"),
    [
        ("1 + a", {"a": 2}, 3),
        ("a.b", {"a": {"b": [1]}}, [1]),
        ("nope", {}, None),
        ("nope.x is defined", {"nope": 1}, False),
        ("1, 2", {}, (1, 2)),
        ("range(3)|sum", {}, 3),
        ("result", {"result": 5}, 5),
    ],
)
def test_compiled_expressions(expression: str, variables: dict[str, Any], expected: Any) -> None:
    assert Environment().compile_expression(expression)(variables) == expected
    assert Environment().compile_expression(expression)(**variables) == expected


def test_undefined_result_of_an_expression_can_be_kept() -> None:
    found = Environment().compile_expression("a.b", undefined_to_none=False)(a={})
    assert isinstance(found, Undefined)


@pytest.mark.parametrize("source", ["", "1 %}x{% set y = 2", "1 2", "1 +", "1 %}{{ 2 }}{# #}"])
def test_what_is_no_expression_is_a_syntax_error(source: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        Environment().compile_expression(source)


def test_stream_joins_pieces_when_it_buffers() -> None:
    template = Template("{% for x in y %}{{ x }}{% endfor %}")
    stream = template.stream(y=range(2000))
    assert not stream.buffered
    pieces = list(stream)
    assert len(pieces) > 3
    stream = template.stream({"y": range(2000)})
    stream.enable_buffering(2)
    buffered = list(stream)
    assert (stream.buffered, "".join(buffered)) == (True, "".join(pieces))
    assert len(buffered) == (len(pieces) + 1) // 2
    stream.disable_buffering()
    assert not stream.buffered
    with pytest.raises(ValueError, match="a buffer of 1 pieces is too small"):
        stream.enable_buffering(1)


def test_stream_is_dumped_to_files(tmp_path: Path) -> None:
    template = Template("é{{ x }}")
    template.stream(x="ü").dump(str(tmp_path / "utf8"))
    template.stream(x="ü").dump(tmp_path / "latin", "latin-1")
    template.stream(x="€").dump(tmp_path / "replaced", "ascii", errors="replace")
    assert (tmp_path / "utf8").read_bytes() == "éü".encode()
    assert (tmp_path / "latin").read_bytes() == "éü".encode("latin-1")
    assert (tmp_path / "replaced").read_bytes() == b"??"
    text, data = io.StringIO(), io.BytesIO()
    template.stream(x=1).dump(text)
    template.stream(x=1).dump(data, "utf-8")
    assert (text.getvalue(), data.getvalue()) == ("é1", "é1".encode())


def test_a_page_of_100_000_rows_streams_in_constant_memory() -> None:
    tracemalloc = pytest.importorskip("tracemalloc")  # PyPy has none
    environment = Environment(
        autoescape=True,
        loader=DictLoader({"base": "<table>{% block rows %}{% endblock %}</table>"}),
    )
    template = environment.from_string(
        "{% extends 'base' %}{% block rows %}{% for row in rows %}"
        "<tr><td>{{ loop.index }}<td>{{ row }}</tr>{% endfor %}{% endblock %}"
    )

    def peak(rows: int) -> int:
        tracemalloc.start()
        length = sum(map(len, template.generate(rows=(f"<{i}>" for i in range(rows)))))
        assert length > 20 * rows
        most: int = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(100_000) < 2 * peak(5_000) + 10_000


class Records:
    """Stands for a logger."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def warning(self, text: str, *arguments: Any) -> None:
        self.messages.append(text % arguments)


def test_logging_undefined_says_what_is_missing_where_and_what_is_near() -> None:
    logger = Records()
    pages = {
        "page": "{% from 'lib' import m %}\n{{ usr }}{{ user.nam }}\n"
        "{% for x in uzers %}{{ x }}{% endfor %}{{ m() }}{{ usr|default('d') }}{% if usr %}{% endif %}",
        "lib": "\n{% macro m(given) %}{{ given }}{% endmacro %}",
    }
    environment = Environment(
        loader=DictLoader(pages), undefined=make_logging_undefined(logger), autoescape=True
    )
    assert environment.get_template("page").render(user={"name": 1}, users=[]) == "\n\nd"
    start = "Template variable warning: "
    assert logger.messages == [
        f"{start}'usr' is undefined in page, line 2. Did you mean 'user'?",
        f"{start}'dict' object has no attribute 'nam' in page, line 2. Did you mean 'name'?",
        f"{start}'uzers' is undefined in page, line 3. Did you mean 'users'?",
        f"{start}the parameter 'given' was not given in lib, line 2.",
    ]
    environment.from_string("{{ nothing_like_it }}").render()
    assert logger.messages[-1] == (
        f"{start}'nothing_like_it' is undefined in a template from a string, line 1."
    )


def test_logging_undefined_keeps_the_nature_of_its_base(caplog: pytest.LogCaptureFixture) -> None:
    environment = Environment(undefined=make_logging_undefined(base=DebugUndefined))
    assert environment.from_string("{{ x }}").render() == "{{ x }}"
    assert caplog.records[0].name in ("microweb.templating", "microweb")
    assert "'x' is undefined" in caplog.text
    strict = make_logging_undefined(Records(), StrictUndefined)
    with pytest.raises(UndefinedError):
        Environment(undefined=strict).from_string("{{ x }}").render()


def test_context_functions_see_what_loops_and_blocks_have_set() -> None:
    @pass_context
    def show(context: Any, name: str) -> Any:
        return context.get(name, "-")

    environment = Environment()
    environment.globals["show"] = show
    source = (
        "{% for i in [1, 2] %}{{ show('a') }}{% set a = i %}{{ show('a') }}{% endfor %}{{ show('a') }}"
        "{% block b %}{% set c = 5 %}{{ show('c') }}{% endblock %}{{ show('c') }}"
    )
    assert environment.from_string(source).render() == "-1-2-5-"


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda e: e.parse("x"), "Environment has no 'parse': read the template's python_source"),
        (
            lambda e: e.compile_templates("x"),
            "'compile_templates': use FileSystemBytecodeCache.",
        ),
        (lambda e: e.from_string("").render_async(), "Template has no 'render_async': render in a"),
        (
            lambda e: templating.SandboxedEnvironment,
            "The template engine has no 'SandboxedEnvironm",
        ),
        (lambda e: templating.ModuleLoader, "'ModuleLoader': use FileSystemBytecodeCache."),
        (lambda e: templating.nonsense, "The template engine has no 'nonsense'."),
        (lambda e: e.nonsense, "Environment has no 'nonsense'."),
        (lambda e: Environment(enable_async=True), "Environment has no 'enable_async': render in"),
        (
            lambda e: Environment(trim_block=True),
            "'trim_block'. The options are block_start_string",
        ),
        (lambda e: e.overlay(nonsense=1), "Environment has no 'nonsense'. The options are"),
        (lambda e: e.from_string("{{ lipsum() }}").render(), "there is no lipsum(): put the text"),
    ],
)
def test_what_is_left_out_says_what_to_use_instead(use: Any, message: str) -> None:
    with pytest.raises((AttributeError, TypeError, TemplateError), match=re.escape(message)):
        use(Environment())


def test_the_kept_python_is_readable_and_follows_the_template() -> None:
    source = """<ul>
{% for user in users if user.active %}
  <li>{{ loop.index }} {{ user.name|upper }}
{% else %}
  <p>Nobody.
{% endfor %}
</ul>"""
    assert (
        Environment(autoescape=True).from_string(source).python_source
        == """\
filter_upper = filters['upper']

def root(context, out):
    l_users = context.resolve('users')  # line 1
    out.append('<ul>\\n')
    empty_1 = True  # line 2
    for round_1, l1_user in enumerate((l1_user for l1_user in l_users if attribute(l1_user, 'active'))):
        empty_1 = False
        out += '\\n  <li>', escape((round_1 + 1)), ' ', escape(filter_upper(attribute(l1_user, 'name'))), '\\n'  # line 3
    if empty_1:  # line 2
        out.append('\\n  <p>Nobody.\\n')  # line 4
    out.append('\\n</ul>')  # line 6

blocks = {}
"""
    )


def test_options_can_be_given_by_their_place_as_in_jinja() -> None:
    delimiters = ("<%", "%>", "<%=", "%>", "<%#", "%>")
    source = "<% if 1 %>a<%= 2 %><%# x %><% endif %>"
    assert Environment(*delimiters).from_string(source).render() == "a2"
    assert Template(source, *delimiters).render() == "a2"
    assert Environment().overlay(*delimiters).from_string(source).render() == "a2"
    loader = DictLoader({"a": "# if x is defined\n{{ x }}\n# endif\n{{ '<' }}\n"})
    signs = ("{%", "%}", "{{", "}}", "{#", "#}")
    ordered = (*signs, "#", "##", True, True, "\n", True, ["jinja2.ext.do"], True)
    environment = Environment(*ordered, StrictUndefined, str, True, loader, 10, False, None, False)
    assert environment.get_template("a").render() == "&lt;\n"
    assert (environment.cache_size, environment.auto_reload) == (10, False)
    assert Environment(newline_sequence="\n", optimized=True, enable_async=False).loader is None
    with pytest.raises(TypeError, match="'block_start_string' is given twice"):
        Environment("<%", block_start_string="<%")
    with pytest.raises(TypeError, match="'newline_sequence': replace"):
        Environment(newline_sequence="\r\n")
    with pytest.raises(TypeError, match="takes 22 options, got 23"):
        Environment(*[None] * 23)


def test_globals_of_a_loaded_template_are_added() -> None:
    environment = Environment(loader=DictLoader({"a": "{{ x }}{{ y }}"}))
    given = {"x": 42}
    environment.get_template("a", globals={"y": 1})
    assert environment.get_template("a", globals=given).render() == "421"
    assert environment.select_template(["a"]).render(y=2) == "422"
    assert given == {"x": 42}


def test_imported_templates_see_the_globals_given_for_the_page() -> None:
    pages = {
        "m": "{% macro t() %}[{{ foo }}]{% endmacro %}",
        "p": "{% import 'm' as m %}{{ m.t() }}{% block b %}{% from 'm' import t %}{{ t() }}{% endblock %}",
    }
    environment = Environment(loader=DictLoader(pages))
    source = "{% import 'm' as m %}{% from 'm' import t %}{{ m.t() }}{{ t() }}"
    assert environment.from_string(source, globals={"foo": 42}).render() == "[42][42]"
    page = environment.from_string("{% extends 'p' %}", globals={"foo": 42})
    assert page.render() == "".join(page.generate()) == "[42][42]"
    assert environment.from_string(source).render(foo=1) == "[][]"


def test_a_context_class_of_ones_own_is_used() -> None:
    from microweb.templating.runtime import TemplateContext

    class Magic(TemplateContext):
        def resolve_or_missing(self, key: str) -> Any:
            return "M" if key == "magic" else super().resolve_or_missing(key)

    class Shouting(TemplateContext):
        def resolve(self, name: str) -> Any:
            return str(super().resolve(name)).upper()

    pages = {"p": "{% block a %}{% endblock %}"}
    source = "{% extends 'p' %}{% block a %}{{ magic }}{{ x }}{{ nope }}{{ self.b() }}{% block b %}{{ magic }}{% endblock %}{% endblock %}"
    for context_class, expected in ((Magic, "MaMM"), (Shouting, "NA")):
        kind = type("Own", (Environment,), {"context_class": context_class})
        template = kind(loader=DictLoader(pages)).from_string(source)
        values = {"x": "a"} if context_class is Magic else {"x": "a", "magic": "n"}
        expected = expected if context_class is Magic else "NAN" + "N"
        assert template.render(values) == "".join(template.generate(values)) == expected


def test_what_a_context_tells() -> None:
    @pass_context
    def show(context: Any) -> Any:
        assert context.exported_vars == set(context.get_exported()) == {"v"}
        assert dict(context.items()).keys() == set(context.keys())
        assert 1 in context.values()
        return f"{context.eval_ctx.autoescape} {context.resolve('v')} {context.resolve_or_missing('v')}"

    environment = Environment(autoescape=True)
    environment.globals["show"] = show
    assert environment.from_string("{% set v, _w = 1, 2 %}{{ show() }}").render() == "True 1 1"


@pytest.mark.parametrize("passing", [pass_context, pass_eval_context, pass_environment])
def test_finalize_and_objects_get_what_they_ask_for(passing: Any) -> None:
    def finalize(passed: Any, value: Any) -> str:
        return f"{type(passed).__name__}:{value} "

    class Asking:
        @passing  # type: ignore[untyped-decorator]
        def __call__(self, passed: Any, value: Any) -> str:
            return f"{type(passed).__name__}:{value} "

    class Plain(Asking):
        def __call__(self, value: Any) -> str:  # type: ignore[override]
            return f"{value}"

    name = {"context": "TemplateContext", "eval_context": "EvalContext"}.get(
        passing.__name__[5:], "Environment"
    )
    source = "{% set v = 1 %}{{ v }}{% for x in [v] %}{{ x }}{% endfor %}{% macro m() %}{{ v }}{% endmacro %}{% set t = m() %}{% print v %}"
    environment = Environment(finalize=passing(finalize))
    assert environment.from_string(source).render() == f"{name}:1 " * 3
    assert Environment().from_string("{{ o(3) }}").render(o=Asking()) == f"{name}:3 "
    assert Environment().from_string("{{ o() is defined }}").render(o=Asking) == "True"
    assert Asking()(1, 2) == "int:2 "
    with pytest.raises(TypeError):
        Environment().from_string("{{ o(3) }}").render(o=Plain())


def test_the_template_used_longest_ago_leaves_the_cache() -> None:
    loaded: list[str] = []
    loader = templating.FunctionLoader(lambda name: loaded.append(name) or name)  # type: ignore[func-returns-value]
    environment = Environment(cache_size=2, loader=loader)
    for name in "aabaca":
        environment.get_template(name)
    assert loaded == ["a", "b", "c"]


def test_names_that_are_left_out_tell_so_in_an_import_statement() -> None:
    for name, advice in (
        ("SandboxedEnvironment", "render none that a stranger wrote"),
        ("lipsum", "into a variable"),
        ("urlize", r"write \{\{ text\|urlize \}\}"),
        ("i18n", "install_gettext_callables"),
        ("nonsense", "has no 'nonsense'"),
    ):
        with pytest.raises(ImportError, match=advice):
            exec(f"from microweb.templating import {name}", {})
        assert not hasattr(templating, name)
    exec("from microweb.templating import *", {})
    assert templating.is_undefined(Undefined(name="x"))
    assert not templating.is_undefined(None)


def test_a_context_of_evaluation_asks_the_environment() -> None:
    from microweb.templating.runtime import EvalContext

    environment = Environment(autoescape=lambda name: name == "a")
    assert [EvalContext(environment, name).autoescape for name in ("a", "b", None)] == [
        True,
        False,
        False,
    ]


def test_functions_inside_of_autoescape_are_told_what_holds_there() -> None:
    @pass_context
    def of_context(context: Any) -> Any:
        return context.eval_ctx.autoescape, context.get("v")

    @pass_eval_context
    def of_evaluation(eval_context: Any) -> Any:
        return eval_context.autoescape

    environment = Environment(autoescape=True)
    environment.globals.update(f=of_context, g=of_evaluation)
    source = (
        "{{ g() }}{% set v = 1 %}{% autoescape false %}{{ f() }}{{ g() }}{% autoescape x %}{{ g() }}"
        "{% for v in [2] %}{{ f() }}{% endfor %}{% endautoescape %}{% endautoescape %}"
    )
    template = environment.from_string(source)
    expected = "True(False, 1)FalseTrue(True, 1)"
    assert template.render(x=1) == "".join(template.generate(x=1)) == expected
