"""Where a configuration comes from: files, environment variables, names of modules."""

from __future__ import annotations

import json

import pytest

from microweb.config import Config


@pytest.fixture
def config(tmp_path):
    return Config(tmp_path, {"DEBUG": False})


def test_only_upper_case_names_are_taken(config, tmp_path):
    class Production:
        HOST = "h"
        port = 1

    config.from_object(Production)
    config.from_mapping({"A": 1, "b": 2}, C=3)
    (tmp_path / "settings.py").write_text("PYFILE = __file__\nlower = 1\n")
    assert config.from_pyfile("settings.py")
    (tmp_path / "settings.json").write_text('{"JSON": [1], "lower": 1}')
    assert config.from_file("settings.json", json.load)
    assert config.from_file("settings.json", lambda file: json.loads(file.read()), text=False)
    expected = {"DEBUG": False, "HOST": "h", "A": 1, "C": 3, "JSON": [1]}
    assert config == {**expected, "PYFILE": str(tmp_path / "settings.py")}


def test_a_missing_file_is_an_error_unless_silent(config, tmp_path):
    assert config.from_pyfile("none.py", silent=True) is False
    assert config.from_file("none.json", json.load, silent=True) is False
    (tmp_path / "file").write_text("")
    assert config.from_pyfile("file/none.py", silent=True) is False
    assert config.from_file("file/none.json", json.load, silent=True) is False
    with pytest.raises(FileNotFoundError, match="cannot load the configuration file"):
        config.from_pyfile("none.py")


def test_from_envvar(config, monkeypatch, tmp_path):
    monkeypatch.delenv("SETTINGS", raising=False)
    assert config.from_envvar("SETTINGS", silent=True) is False
    with pytest.raises(RuntimeError, match="'SETTINGS' is not set"):
        config.from_envvar("SETTINGS")
    (tmp_path / "s.py").write_text("A = 1")
    monkeypatch.setenv("SETTINGS", str(tmp_path / "s.py"))
    assert config.from_envvar("SETTINGS") and config["A"] == 1


def test_cf_05_from_prefixed_env_parses_json_and_nests(config, monkeypatch):
    values = {"T_NUMBER": "7", "T_TEXT": "plain", "T_LIST": "[1, 2]", "T_DB__HOST": '"h"'}
    for name, value in {**values, "T_DB__PORT__X": "1", "T_CODE": "__import__('os')"}.items():
        monkeypatch.setenv(name, value)
    config.from_prefixed_env("T")
    assert config["NUMBER"] == 7
    assert config["TEXT"] == "plain"
    assert config["LIST"] == [1, 2]
    assert config["DB"] == {"HOST": "h", "PORT": {"X": 1}}
    assert config["CODE"] == "__import__('os')"


def test_from_object_by_its_name(config, monkeypatch, tmp_path):
    (tmp_path / "config_for_tests.py").write_text("A = 1\nclass B:\n    C = 2\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    config.from_object("config_for_tests")
    config.from_object("config_for_tests.B")
    assert (config["A"], config["C"]) == (1, 2)
    for name in ("config_for_tests.D", "no_such_module_at_all"):
        with pytest.raises(ImportError, match="no"):
            config.from_object(name)


def test_get_namespace():
    config = Config("", {"DB_HOST": "h", "DB_PORT": 1, "DEBUG": True})
    assert config.get_namespace("DB_") == {"host": "h", "port": 1}
    assert config.get_namespace("DB_", lowercase=False, trim_namespace=False) == {
        "DB_HOST": "h",
        "DB_PORT": 1,
    }
