"""Loaders and the environment's cache."""

from __future__ import annotations

import importlib
import os
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from microweb.templating import (
    ChoiceLoader,
    DictLoader,
    Environment,
    FileSystemLoader,
    FunctionLoader,
    PackageLoader,
    PrefixLoader,
    TemplateNotFound,
    TemplatesNotFound,
    TemplateSyntaxError,
)


@pytest.mark.parametrize(
    "name",
    [
        *("../x", "a/../../x", "/etc/passwd", "..\\x", "a\0b", "", "a.html/", "a//a.html", ".."),
        *("a/..", "sub", "x" * 5000, "a.html\\", ".", "\udc80"),
    ],
)
def test_tp_16_names_that_leave_the_folder_do_not_exist(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "templates"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.html").write_text("a")
    (tmp_path / "x").write_text("secret")
    with pytest.raises(TemplateNotFound):
        Environment(loader=FileSystemLoader(folder)).get_template(name)


def test_file_system_loader_takes_the_first_folder_that_has_the_name(tmp_path: Path) -> None:
    for folder, names in (("one", ["a"]), ("two", ["a", "sub/b"])):
        for name in names:
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{folder} é", encoding="utf-8")
    environment = Environment(loader=FileSystemLoader([tmp_path / "one", str(tmp_path / "two")]))
    assert environment.get_template("a").render() == "one é"
    assert environment.get_template("sub/b").render() == "two é"
    assert environment.get_template("sub/b").filename == str(tmp_path / "two" / "sub" / "b")
    assert environment.list_templates() == ["a", "sub/b"]


def test_not_found_lists_the_paths_tried_and_a_near_name(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("")
    with pytest.raises(TemplateNotFound) as raised:
        Environment(loader=FileSystemLoader(tmp_path)).get_template("indx.html")
    assert str(raised.value) == (
        f"Template 'indx.html' not found; tried {str(tmp_path / 'indx.html')!r}. "
        "Did you mean 'index.html'?"
    )
    assert raised.value.name == "indx.html"
    assert isinstance(raised.value, LookupError)


def test_changed_file_is_read_again_only_with_auto_reload(tmp_path: Path) -> None:
    page = tmp_path / "a"
    page.write_text("one")
    os.utime(page, ns=(1, 1))
    reloading = Environment(loader=FileSystemLoader(tmp_path))
    fixed = Environment(loader=FileSystemLoader(tmp_path), auto_reload=False)
    assert reloading.get_template("a") is reloading.get_template("a")
    assert fixed.get_template("a").render() == "one"
    page.write_text("two")
    os.utime(page, ns=(2, 2))
    assert reloading.get_template("a").render() == "two"
    assert fixed.get_template("a").render() == "one"


def test_changed_dict_is_read_again() -> None:
    pages = {"a": "one"}
    environment = Environment(loader=DictLoader(pages))
    assert environment.get_template("a").render() == "one"
    pages["a"] = "two"
    assert environment.get_template("a").render() == "two"


def test_cache_keeps_no_more_than_its_size() -> None:
    environment = Environment(loader=FunctionLoader(lambda name: name), cache_size=2)
    first = environment.get_template("a")
    assert environment.get_template("a") is first
    for name in "bcd":
        environment.get_template(name)
    assert len(environment.cache) == 2
    assert environment.get_template("a") is not first


def test_function_prefix_and_choice_loaders() -> None:
    loader = ChoiceLoader(
        [
            PrefixLoader({"app": DictLoader({"a": "prefixed"})}),
            FunctionLoader(lambda name: "function" if name == "f" else None),
            FunctionLoader(lambda name: ("triple", None, None) if name == "t" else None),
        ]
    )
    environment = Environment(loader=loader)
    rendered = [environment.get_template(name).render() for name in ("app/a", "f", "t")]
    assert rendered == ["prefixed", "function", "triple"]
    for name in ("app/b", "other/a", "app", ""):
        with pytest.raises(TemplateNotFound, match="not found"):
            environment.get_template(name)


def test_select_template_takes_the_first_that_exists() -> None:
    environment = Environment(loader=DictLoader({"b": "B"}))
    assert environment.select_template(["a", "b"]).name == "b"
    assert environment.get_or_select_template("b").name == "b"
    assert environment.get_or_select_template(["b"]).name == "b"
    with pytest.raises(TemplatesNotFound) as raised:
        environment.select_template(["a", "c"])
    assert str(raised.value) == "None of these templates was found: 'a', 'c'."
    assert raised.value.templates == ["a", "c"]
    with pytest.raises(TemplatesNotFound, match="the list is empty"):
        environment.select_template([])


def test_environment_without_loader_says_so() -> None:
    with pytest.raises(TypeError, match="has no loader"):
        Environment().get_template("a")
    with pytest.raises(TypeError, match="loaded by its name, expected a string, got 3"):
        Environment(loader=DictLoader({})).get_template(3)  # type: ignore[arg-type]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path]]:
    """A package with two templates and one module beside it: its name, and the folder around it."""
    files = {
        "templates/page.html": "{% extends 'sub/base.html' %}{% block b %}é{% endblock %}",
        "templates/sub/base.html": "<{% block b %}{% endblock %}>",
        "pages/other.txt": "other",
        "__init__.py": "",
        "outside.txt": "secret",
    }
    for name, text in files.items():
        path = tmp_path / "loaded_package" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    yield "loaded_package", tmp_path
    sys.modules.pop("loaded_package", None)
    importlib.invalidate_caches()


def zipped(folder: Path) -> Path:
    archive = folder / "packed.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted((folder / "loaded_package").rglob("*.*")):
            file.write(path, path.relative_to(folder).as_posix())
    return archive


@pytest.mark.parametrize("in_zip", [False, True])
def test_package_loader_finds_templates_in_folders_and_in_zips(
    package: tuple[str, Path], in_zip: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, folder = package
    monkeypatch.syspath_prepend(zipped(folder) if in_zip else folder)
    environment = Environment(loader=PackageLoader(name))
    assert environment.get_template("page.html").render() == "<é>"
    assert environment.get_template("page.html") is environment.get_template("page.html")
    assert environment.list_templates() == ["page.html", "sub/base.html"]
    assert environment.overlay(loader=PackageLoader(name, "pages")).list_templates() == [
        "other.txt"
    ]
    for wrong in ("nope.html", "../outside.txt", "sub", "", "/page.html"):
        with pytest.raises(TemplateNotFound):
            environment.get_template(wrong)
    with pytest.raises(TemplateNotFound, match=r"Did you mean 'page\.html'\?"):
        environment.get_template("pag.html")


def test_a_folder_in_a_zip_that_modules_come_from(
    package: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    name, folder = package
    archive = zipped(folder)
    inside = archive / name / "templates"
    names = ["page.html", "sub/base.html"]
    with pytest.raises(TemplateNotFound):
        Environment(loader=FileSystemLoader(inside)).get_template("page.html")
    assert FileSystemLoader(inside).list_templates() == []
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(archive.name)
    importlib.import_module(name)
    for place in (inside, inside / ".." / "templates", inside.relative_to(folder)):
        environment = Environment(loader=FileSystemLoader(["nowhere", place]))
        assert environment.get_template("page.html").render() == "<é>"
        assert environment.list_templates() == names
    assert FileSystemLoader(archive).list_templates()[-1] == f"{name}/templates/sub/base.html"
    with pytest.raises(TemplateNotFound):
        Environment(loader=FileSystemLoader(f"{archive}.bak")).get_template("page.html")


def test_package_without_that_folder_is_refused(
    package: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(package[1])
    with pytest.raises(ValueError, match=r"'loaded_package' has no folder 'nope'; looked for"):
        PackageLoader("loaded_package", "nope")
    with pytest.raises(ImportError):
        PackageLoader("there_is_no_such_package")


def test_file_in_another_encoding_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one\ntw\xf6")
    assert Environment(loader=FileSystemLoader(tmp_path, "latin-1")).get_template("a").render()
    with pytest.raises(TemplateSyntaxError) as raised:
        Environment(loader=FileSystemLoader(tmp_path)).get_template("a")
    assert str(raised.value) == (
        f'the template is not UTF-8 text: save it as UTF-8\n  File "{tmp_path / "a"}", line 2'
    )


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links here")
def test_links_to_folders_are_listed_only_on_demand(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "b").write_text("")
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "link").symlink_to(tmp_path / "other")
    assert FileSystemLoader(tmp_path / "t").list_templates() == []
    assert FileSystemLoader(tmp_path / "t", followlinks=True).list_templates() == ["link/b"]


def test_lists_of_templates_of_every_loader() -> None:
    pages = DictLoader({"b.html": "", "a.txt": ""})
    listed = {
        "dict": Environment(loader=pages),
        "prefix": Environment(loader=PrefixLoader({"p": pages}, ":")),
        "choice": Environment(loader=ChoiceLoader([pages, DictLoader({"c": ""})])),
        "none": Environment(),
    }
    assert {kind: environment.list_templates() for kind, environment in listed.items()} == {
        "dict": ["a.txt", "b.html"],
        "prefix": ["p:a.txt", "p:b.html"],
        "choice": ["a.txt", "b.html", "c"],
        "none": [],
    }
    environment = listed["dict"]
    assert environment.list_templates(extensions=["html"]) == ["b.html"]
    assert environment.list_templates(filter_func=lambda name: name[0] == "a") == ["a.txt"]
    with pytest.raises(TypeError, match="extensions or filter_func, not both"):
        environment.list_templates(["html"], lambda name: True)
    with pytest.raises(TypeError, match="FunctionLoader cannot list its templates"):
        Environment(loader=FunctionLoader(lambda name: None)).list_templates()


def test_not_found_names_what_is_near_behind_every_loader() -> None:
    pages = DictLoader({"index.html": "{% include 'indx.html' %}"})
    for loader in (pages, ChoiceLoader([pages]), PrefixLoader({"app": pages})):
        environment = Environment(loader=loader)
        name = loader.list_templates()[0]
        with pytest.raises(TemplateNotFound) as raised:
            environment.get_template(name.replace("ndex", "ndx"))
        assert str(raised.value).endswith(f"not found. Did you mean {name!r}?")
        assert raised.value.message == str(raised.value)
    with pytest.raises(TemplateNotFound) as raised:
        Environment(loader=FunctionLoader(lambda name: None)).get_template("a")
    assert str(raised.value) == "Template 'a' not found."


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_what_windows_saves_is_told_or_read(tmp_path: Path, encoding: str) -> None:
    environment = Environment(loader=FileSystemLoader(tmp_path))
    (tmp_path / "marked").write_text("\ufeff{{ 1 }}é", "utf-8")
    (tmp_path / "child").write_text("\ufeff{% extends 'marked' %}", "utf-8")
    assert environment.get_template("marked").render() == "1é"
    assert environment.get_template("child").render() == "1é"
    (tmp_path / "other").write_text("é", encoding)
    with pytest.raises(TemplateSyntaxError, match="not UTF-8 text: save it as UTF-8\n.*line 1"):
        environment.get_template("other")
    read = Environment(loader=FileSystemLoader(tmp_path, encoding)).get_template("other")
    assert read.render() == "é"
