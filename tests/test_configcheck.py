"""What is said of a configuration before the first request."""

from __future__ import annotations

import sys
import warnings

import pytest

from microweb.config import DEFAULT_CONFIG
from microweb.configcheck import near_configuration_key

from .support import make_app


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("SECRECT_KEY", "SECRET_KEY"),
        ("SECRETKEY", "SECRET_KEY"),
        ("SESSION_COOKE_NAME", "SESSION_COOKIE_NAME"),
        ("SESSION_COOKIE_HTTP_ONLY", "SESSION_COOKIE_HTTPONLY"),
        ("MAX_CONTENT_LENGHT", "MAX_CONTENT_LENGTH"),
        ("TRUSTED_HOST", "TRUSTED_HOSTS"),
        ("DEBGU", "DEBUG"),
        ("MAIL_SERVER", None),
        ("DATABASE", None),
        ("SQLALCHEMY_DATABASE_URI", None),
        ("MAX_PAGES", None),
        ("TESTS", None),
        ("API_KEY", None),
    ],
)
def test_misspelt_keys_are_recognized_and_own_keys_are_not(key, near):
    assert near_configuration_key(key) == near


def test_without_difflib_nothing_is_suggested(monkeypatch):
    monkeypatch.setitem(sys.modules, "difflib", None)
    assert near_configuration_key("SECRECT_KEY") is None


def test_no_key_of_the_defaults_is_a_misspelling_of_nothing():
    assert all(near_configuration_key(key) == key for key in DEFAULT_CONFIG)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("SECRECT_KEY", r"app.config\['SECRECT_KEY'\] is set, but .* did you mean 'SECRET_KEY'\?"),
        ("JSON_SORT_KEYS", "use app.json.sort_keys"),
        ("ENV", "app.debug"),
    ],
)
def test_a_warning_at_the_first_request_names_the_key_and_what_to_write(key, message):
    app = make_app(**{key: "x"})
    with pytest.warns(UserWarning, match=message):
        app.test_client().get("/")


def test_own_keys_are_taken_without_a_word():
    app = make_app(MAIL_SERVER="x", API_KEY="y", lower="z")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        app.test_client().get("/")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("MAX_CONTENT_LENGTH", "16MB"),
        ("MAX_FORM_PARTS", 1.5),
        ("SECRET_KEY", 5),
        ("SECRET_KEY_FALLBACKS", "old"),
        ("TRUSTED_HOSTS", "example.com"),
        ("PERMANENT_SESSION_LIFETIME", "31 days"),
        ("APPLICATION_ROOT", "mounted"),
        ("SERVER_NAME", 80),
    ],
)
def test_cf_04_a_value_of_the_wrong_kind_is_told_with_its_key(key, value):
    app = make_app(**{key: value})
    with pytest.raises(TypeError, match=f"'{key}'"):
        app.handle()
