"""Importing by a text, and single names that older programs ask for."""

from __future__ import annotations

import pytest

from microweb.compat.imports import (
    ImportStringError,
    blinker_signal,
    find_modules,
    get_debug_flag,
    http_method_funcs,
    import_string,
)


@pytest.mark.parametrize("text", ["os.path:join", "os.path.join"])
def test_a_text_is_imported(text):
    assert import_string(text).__name__ == "join"
    assert import_string("json.decoder").__name__ == "json.decoder"
    assert import_string("json").__name__ == "json"


@pytest.mark.parametrize("text", ["json.dumsp", "no_such_module", "no_such_module.name"])
def test_what_cannot_be_imported_is_named(text):
    with pytest.raises(ImportStringError, match=text):
        import_string(text)
    assert import_string(text, silent=True) is None


def test_a_mistake_inside_of_a_module_is_shown(tmp_path, monkeypatch):
    (tmp_path / "broken_one.py").write_text("import no_such_module_at_all\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError, match="no_such_module_at_all"):
        import_string("broken_one:app")


def test_modules_of_a_package_are_found(tmp_path, monkeypatch):
    inner = tmp_path / "outer_one" / "inner"
    inner.mkdir(parents=True)
    for path in (inner.parent / "__init__.py", inner / "__init__.py", inner / "b.py"):
        path.write_text("")
    (inner.parent / "a.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    assert list(find_modules("outer_one")) == ["outer_one.a"]
    found = find_modules("outer_one", include_packages=True, recursive=True)
    assert sorted(found) == ["outer_one.a", "outer_one.inner", "outer_one.inner.b"]
    with pytest.raises(ValueError, match="outer_one.a"):
        list(find_modules("outer_one.a"))


def test_single_names(monkeypatch):
    assert {"get", "post", "patch"} < http_method_funcs
    assert blinker_signal("x") is blinker_signal("x")
    monkeypatch.setenv("FLASK_DEBUG", "1")
    monkeypatch.delenv("MICROWEB_DEBUG", raising=False)
    assert get_debug_flag() is True
    monkeypatch.setenv("FLASK_DEBUG", "0")
    assert get_debug_flag() is False
