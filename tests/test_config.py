"""Filling the configuration, from every place it can come from."""

from __future__ import annotations

import pytest

from microweb.config import Config

from .support import make_app


def test_every_way_to_change_it_is_noticed():
    changes = []
    config = Config("", on_change=lambda: changes.append(1))
    ways = [
        lambda: config.__setitem__("A", 1),
        lambda: config.update(B=2),
        lambda: config.setdefault("C", 3),
        lambda: config.pop("A"),
        lambda: config.__delitem__("B"),
        lambda: config.popitem(),
        lambda: config.from_mapping(D=1),
        lambda: config.__ior__({"E": 1}),
        lambda: config.clear(),
    ]
    for number, change in enumerate(ways, 1):
        change()
        assert len(changes) == number


@pytest.mark.parametrize(
    ("text", "debug"),
    [("1", True), ("true", True), ("YES", True), ("0", False), ("false", False), ("", False)],
)
def test_cf_01_debug_comes_from_the_environment(monkeypatch, text, debug):
    monkeypatch.setenv("FLASK_DEBUG", text)
    assert make_app().debug is debug
    monkeypatch.setenv("MICROWEB_DEBUG", "1")
    assert make_app().debug is True
