"""Loaders and the environment's cache."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from microweb.templating import (
    ChoiceLoader,
    DictLoader,
    Environment,
    FileSystemLoader,
    FunctionLoader,
    PrefixLoader,
    TemplateNotFound,
    TemplatesNotFound,
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
