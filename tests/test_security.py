"""Passwords, safe paths and safe file names."""

from __future__ import annotations

import hashlib
import os
import sys

import pytest

from microweb.security import (
    check_password_hash,
    gen_salt,
    generate_password_hash,
    safe_join,
    secure_filename,
)

QUICK = "pbkdf2:sha256:1000"
needs_scrypt = pytest.mark.skipif(not hasattr(hashlib, "scrypt"), reason="needs OpenSSL's scrypt")


@pytest.mark.parametrize(
    "method", [pytest.param("scrypt:16:8:1", marks=needs_scrypt), QUICK, "pbkdf2:sha512:10"]
)
def test_a_password_is_recognised_and_others_are_not(method):
    hashed = generate_password_hash("pässword", method)
    assert hashed.startswith(method + "$")
    assert check_password_hash(hashed, "pässword")
    assert not check_password_hash(hashed, "password")
    assert generate_password_hash("pässword", method) != hashed


@pytest.mark.parametrize(
    "hashed",
    [
        # Made by Werkzeug 3.1 of "secret".
        "pbkdf2:sha256:1000$salt$a8df899f3c4f204d967e0ad63c092987c10055ebb017b3d9d28add218d4f7aad",
        pytest.param(
            "scrypt:16:8:1$salt$"
            "0ed302ff62eeaf787efc5477f9ab248b45afb36449ad807ba5f2a9ee5d41f7db"
            "ef7c36dda35cf57773a4dd8f534197bf08e0b0115511ca3f1f7e5e0837db813d",
            marks=needs_scrypt,
        ),
    ],
)
def test_werkzeugs_hashes_are_understood(hashed):
    assert check_password_hash(hashed, "secret")
    assert not check_password_hash(hashed, "secreT")


@pytest.mark.parametrize(
    "hashed",
    [
        *["", "plain", "a$b", "md5$x$y", "scrypt:x$a$b", "scrypt$a$ü", "$$"],
        *["pbkdf2:sha256:99999999999999999999$a$b", "pbkdf2:sha256:-1$a$b", "pbkdf2:none:1$a$b"],
        *["pbkdf2::1$a$b", "pbkdf2:sha256:1$a$\ud800", "pbkdf2:sha256:1$\ud800$b"],
        *["scrypt:-1:8:1$a$b", "scrypt:1099511627776:8:1$a$b", "scrypt:2147483647:8:1$a$b"],
        *["scrypt:16:2147483647:2147483647$a$b", "scrypt:0:8:1$a$b", "scrypt:16:8$a$b"],
        *["pbkdf2:shake_128:1$a$b", "pbkdf2:sha256:\u0661$a$b", f"scrypt:{'9' * 5000}:8:1$a$b"],
    ],
)
def test_what_is_no_hash_matches_nothing(hashed):
    assert not check_password_hash(hashed, "")


def test_the_default_is_scrypt_and_falls_back_to_pbkdf2(monkeypatch):
    if hasattr(hashlib, "scrypt"):
        assert generate_password_hash("x").startswith("scrypt:32768:8:1$")
    monkeypatch.delattr(hashlib, "scrypt", raising=False)
    monkeypatch.setattr("microweb.security.DEFAULT_PBKDF2_ITERATIONS", 10)
    hashed = generate_password_hash("x")
    assert hashed.startswith("pbkdf2:sha256:10$")
    assert check_password_hash(hashed, "x")


@pytest.mark.parametrize("digest", ["", "none", "shake_128", "a\x00b"])
def test_an_unknown_digest_matches_nothing_without_openssl_either(monkeypatch, digest):
    monkeypatch.setitem(sys.modules, "_hashlib", None)
    assert not check_password_hash(f"pbkdf2:{digest}:1$a$b", "x")


def test_pbkdf2_without_openssl_is_the_same(monkeypatch):
    hashed = generate_password_hash("x", "pbkdf2:sha256:50")
    monkeypatch.setitem(sys.modules, "_hashlib", None)
    assert check_password_hash(hashed, "x")
    assert not check_password_hash(hashed, "y")


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("md5", "unknown password method 'md5'"),
        ("scrypt:1", "three numbers"),
        ("pbkdf2:sha256:many", "a digest and a number"),
        ("pbkdf2:sha256:0", "a digest and a number"),
        ("pbkdf2:sha256:2147483648", "a digest and a number"),
        ("pbkdf2:sha256:1:1", "a digest and a number"),
        ("scrypt:-1:8:1", "three numbers"),
    ],
)
def test_a_bad_method_is_refused(method, message):
    with pytest.raises(ValueError, match=message):
        generate_password_hash("x", method)


def test_gen_salt():
    assert len(gen_salt(40)) == 40
    assert gen_salt(40) != gen_salt(40)
    with pytest.raises(ValueError, match="not 0"):
        gen_salt(0)


@pytest.mark.parametrize(
    ("parts", "joined"),
    [
        (("/b", "x"), "/b/x"),
        (("/b/", "x/y.txt"), "/b/x/y.txt"),
        (("/b", "a/../c"), "/b/c"),
        (("/b", ""), "/b"),
        (("/b", "./x"), "/b/x"),
        (("/b", "..."), "/b/..."),
        (("/b", "x/"), "/b/x/"),
        (("/b", "x", "y"), "/b/x/y"),
        (("/b", ".."), None),
        (("/b", "a/../.."), None),
        (("/b", "../b/x"), None),
        (("/b", "/etc/passwd"), None),
        (("/b", "//x"), None),
        (("/b", "a\x00"), None),
        (("", ".."), None),
        (("/b", "a", "../.."), None),
        (("/b", "CON"), "/b/CON"),
        (("/b", "sub/NUL.txt"), "/b/sub/NUL.txt"),
    ],
)
def test_st_20_safe_join(parts, joined):
    assert safe_join(*parts, windows=False) == joined


@pytest.mark.parametrize(
    "part",
    ["C:x", "C:/x", "\\\\server\\share", "a\\b", "..\\x", "//server/share", "CON", "con.txt.html"]
    + ["sub/NUL", "AUX ", "CON:", "NUL::$DATA", "COM1", "COM¹", "CONIN$", "LPT9.log"],
)
def test_st_05_st_06_windows_paths_are_refused_before_the_system_sees_them(part, monkeypatch):
    for name in ("stat", "lstat", "open", "readlink"):
        monkeypatch.setattr(os, name, lambda *args, **kwargs: pytest.fail("the disk was asked"))
    assert safe_join("/b", part, windows=True) is None


def test_ordinary_names_pass_windows_rules():
    assert safe_join("/b", "console/common.txt", windows=True) == "/b/console/common.txt"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../../etc/passwd", "etc_passwd"),
        ("My cool movie.mov", "My_cool_movie.mov"),
        ("C:\\x\\y.txt", "C_x_y.txt"),
        ("....", ""),
        (".htaccess", "htaccess"),
        ("../../x", "x"),
        ("x\x00y\r\n.txt", "xy_.txt"),
        ("Grüße.txt", "Grüße.txt"),
        ("文件.pdf", "文件.pdf"),
        ("\u202egpj.exe", "gpj.exe"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("\uff05\uff12e", "2e"),
        ("\u2024\u2024/x", "x"),
        ("", ""),
    ],
)
def test_st_20_secure_filename(name, safe):
    assert secure_filename(name) == safe
