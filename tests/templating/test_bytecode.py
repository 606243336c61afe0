"""Compiled templates on a disk: what is kept, and what is never trusted."""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from typing import Any

import pytest

from microweb.templating import (
    Bucket,
    BytecodeCache,
    DictLoader,
    Environment,
    FileSystemBytecodeCache,
    pass_context,
)
from microweb.templating.compiler import GENERATED_CODE_VERSION

PAGES = {"base": "<{% block b %}{% endblock %}>", "a": "{% extends 'base' %}{% block b %}{{ x|e }}"}
PAGES["a"] += "{% endblock %}"


def make_environment(directory: Path, pages: dict[str, str] = PAGES, **options: Any) -> Environment:
    cache = FileSystemBytecodeCache(str(directory))
    return Environment(loader=DictLoader(pages), bytecode_cache=cache, **options)


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """Return a list that each compilation adds the template's name to."""
    names: list[str | None] = []
    compile_source = Environment.compile_source

    def noted(self: Environment, source: str, name: str | None, *rest: Any) -> Any:
        names.append(name)
        return compile_source(self, source, name, *rest)

    monkeypatch.setattr(Environment, "compile_source", noted)
    return names


def test_a_template_is_compiled_once_for_all_processes(
    tmp_path: Path, compilations: list[str | None]
) -> None:
    for _ in range(2):
        template = make_environment(tmp_path / "new").get_template("a")
        assert template.render(x="<") == "<&lt;>"
        assert "".join(template.generate(x="<")) == "<&lt;>"
    assert compilations == ["a", "base"] * 2
    assert "def block_b(context, out)" in template.python_source


def test_other_settings_text_or_tables_are_other_code(
    tmp_path: Path, compilations: list[str | None]
) -> None:
    pages = {"a": "{{ x|twice }}"}

    def render(pages: dict[str, str] = pages, twice: Any = lambda x: x * 2, **options: Any) -> str:
        environment = make_environment(tmp_path, pages, **options)
        environment.filters["twice"] = twice
        return environment.get_template("a").render(x="<")

    @pass_context
    def in_context(context: Any, value: str) -> str:
        return context.get("x") + "!"

    assert [render(), render(twice=in_context)] == ["<<", "<!"]
    expected = ["<<", "&lt;&lt;", "<!", "<<.", "f<<"]
    for _ in range(2):
        assert [
            render(),
            render(autoescape=True),
            render(twice=in_context),
            render({"a": "{{ x|twice }}."}),
            render(finalize=lambda x: f"f{x}"),
        ] == expected
    assert len(compilations) == 12  # each overwrites the one before
    render()
    del compilations[:]
    assert (render(), compilations) == ("<<", [])


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data[: len(data) // 2],
        lambda data: data + b"x",
        lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
        lambda data: b"x" + data,
        lambda data: b"\x80" * 500,
    ],
)
def test_tp_17_a_damaged_or_foreign_file_is_ignored(tmp_path: Path, damage: Any) -> None:
    make_environment(tmp_path).get_template("a")
    for path in tmp_path.iterdir():
        path.write_bytes(damage(path.read_bytes()))
    assert make_environment(tmp_path).get_template("a").render(x=1) == "<1>"


needs_owner = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owner here")


@needs_owner
def test_tp_17_the_folder_and_its_files_are_for_one_user_alone(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    make_environment(folder).get_template("a")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert str(os.geteuid()) in FileSystemBytecodeCache().directory


@needs_owner
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o1777, 0o702])
def test_tp_17_nothing_is_read_from_a_folder_that_others_can_write(
    tmp_path: Path, mode: int, compilations: list[str | None]
) -> None:
    folder = tmp_path / "cache"
    make_environment(folder).get_template("base")
    folder.chmod(mode)
    before = sorted(folder.iterdir())
    assert make_environment(folder).get_template("base").render() == "<>"
    make_environment(folder).get_template("a")
    assert compilations == ["base", "base", "a"]
    assert sorted(folder.iterdir()) == before


@needs_owner
def test_tp_17_a_folder_of_another_user_or_behind_a_link_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_environment(tmp_path / "cache").get_template("a")
    (tmp_path / "link").symlink_to(tmp_path / "cache")
    assert FileSystemBytecodeCache(str(tmp_path / "cache")).is_private()
    assert not FileSystemBytecodeCache(str(tmp_path / "link")).is_private()
    (tmp_path / "file").write_text("")
    assert not FileSystemBytecodeCache(str(tmp_path / "file")).is_private()
    real = os.lstat

    class Foreign:
        st_uid = os.geteuid() + 1
        st_mode = real(tmp_path / "cache").st_mode

    monkeypatch.setattr("microweb.templating.extra.bytecode.os.lstat", lambda path: Foreign)
    assert not FileSystemBytecodeCache(str(tmp_path / "cache")).is_private()


@pytest.mark.parametrize("directory", ["/proc/nowhere/cache", "file/cache", "a\0b"])
def test_a_disk_that_cannot_be_written_is_tolerated(tmp_path: Path, directory: str) -> None:
    (tmp_path / "file").write_text("")
    environment = make_environment(tmp_path / directory)
    assert environment.get_template("a").render(x=1) == "<1>"


def test_a_write_that_fails_leaves_no_file_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("microweb.templating.extra.bytecode.os.replace", fail)
    assert make_environment(tmp_path).get_template("a").render(x=1) == "<1>"
    assert list(tmp_path.iterdir()) == []


def test_names_of_templates_never_leave_the_folder(tmp_path: Path) -> None:
    names = ["../../x", "/etc/passwd", "a\0b", "x" * 5000, "é", "\udc80", "a/b", "a_b"]
    environment = make_environment(tmp_path / "cache", dict.fromkeys(names, "{{ 1 }}"))
    assert [environment.get_template(name).render() for name in names] == ["1"] * len(names)
    assert len(list((tmp_path / "cache").iterdir())) == len(names)
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]
    cache = environment.bytecode_cache
    assert cache is not None
    cache.clear()
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_cache_of_ones_own_stores_bytes_under_a_key(compilations: list[str | None]) -> None:
    class MemoryCache(BytecodeCache):
        stored: dict[str, bytes] = {}

        def load_bytecode(self, bucket: Bucket) -> None:
            if bucket.key in self.stored:
                bucket.bytecode_from_string(self.stored[bucket.key])

        def dump_bytecode(self, bucket: Bucket) -> None:
            self.stored[bucket.key] = bucket.bytecode_to_string()

    for _ in range(2):
        environment = Environment(loader=DictLoader(PAGES), bytecode_cache=MemoryCache())
        assert environment.get_template("a").render(x=1) == "<1>"
    assert compilations == ["a", "base"]
    with pytest.raises(NotImplementedError, match=r"BytecodeCache needs a method load_bytecode"):
        Environment(loader=DictLoader(PAGES), bytecode_cache=BytecodeCache()).get_template("a")


SAMPLE = """{% extends 'a' %}{% import 'b' as c %}{% from 'd' import e with context %}
{% macro m(x, y=1) %}{{ caller(x) }}{{ varargs }}{{ kwargs }}{% endmacro %}
{% for i, j in z if i recursive %}{{ loop.index }}{{ loop(j) }}{% break %}{% else %}{% endfor %}
{% for i in z %}{{ loop.first }}{% include 'f' ignore missing %}{% endfor %}
{% for i in z %}{{ i.k[1:2] }}{% endfor %}{% for i in z %}{{ loop.last }}{% continue %}{% endfor %}
{% block n scoped %}{{ super() }}{{ self.n() }}{% set x %}{{ x|join(1) is odd }}{% endset %}
{% call(q) m(1) %}{{ q ~ 1 * 2 ** 3 % 4 }}{% endcall %}{% do x.append(1) %}{% endblock %}
{% if a and not b in c %}{% elif d < e < f %}{% else %}{{ g if h }}{% endif %}
{% with u = 1, v = 2 %}{% set w, ns.o = f(*a, b=1, **c) %}{% endwith %}
{% filter upper %}{% autoescape u %}{{ [1, (2,), {3: x}] }}{% endautoescape %}{% endfilter %}"""


def test_caches_of_before_are_refused_when_the_generated_code_changes() -> None:
    environment = Environment(autoescape=True)
    checksums = [
        zlib.crc32(environment.compile_source(SAMPLE, "s", None, streaming)[0].encode())
        for streaming in (False, True)
    ]
    assert (GENERATED_CODE_VERSION, checksums) == (3, [4156744542, 3968570112]), (
        "Other Python is generated than before: raise GENERATED_CODE_VERSION, "
        "so that bytecode caches are not read, and put the new pair here."
    )
