"""Signed values: round trips, expiry, and every way in which they can be wrong."""

from __future__ import annotations

import hashlib

import pytest

from microweb.signing import (
    BadData,
    BadPayload,
    BadSignature,
    BadTimeSignature,
    Serializer,
    SignatureExpired,
    Signer,
    TimestampSigner,
    URLSafeSerializer,
    URLSafeTimedSerializer,
    base64_decode,
    base64_encode,
)

# Made by itsdangerous 2.2.0 of {"id": 7}, key "key", salt "salt", under each derivation and digest.
FOREIGN_TOKENS = [
    ("django-concat", "sha1", "eyJpZCI6N30.TgXuxsxTH8lot0Hgt39mfw6BZ6M"),
    ("django-concat", "sha256", "eyJpZCI6N30.n80-zMedqlSR89AYvWMqomu_sJK_TLGfBhv9vLqyl2Q"),
    (
        "django-concat",
        "sha512",
        "eyJpZCI6N30.1060K_n1Gnav6OtIvQWewBMdkfqykM4j5i0kWCO6npdB7lIPEQcYk4f4HrdvDSsx-3ZTvJ29VkB_BcvP81CHJA",
    ),
    ("concat", "sha1", "eyJpZCI6N30.GMmDaVoC9sOYtU1se2LxB1zO29U"),
    ("concat", "sha256", "eyJpZCI6N30.QEvKSm_a8T6VgmgX5T4uB9AjCe95ZXVvuaUbVqkl258"),
    (
        "concat",
        "sha512",
        "eyJpZCI6N30.GEYqSYRToq1K5e61HBppzXe9MHBywa8790xps8_GbZatJGWcrr5e6ZmS5hC7Yodridn4BObJUXO0Zq1Zwo2xsg",
    ),
    ("hmac", "sha1", "eyJpZCI6N30.nC3yvVke4nUNLxEfVQXiB-51lYE"),
    ("hmac", "sha256", "eyJpZCI6N30.jFOoNkZ8WH97Oya0wqemuJaOSwZEmfGonIVS38kHlBs"),
    (
        "hmac",
        "sha512",
        "eyJpZCI6N30.7GEHYATEj4VT8Pu2QE4eLJjyKUWrQLENEAABx8V01aews_-kwstD554bvM_dFaINwXYotYOT71bU1gLef-uzqQ",
    ),
    ("none", "sha1", "eyJpZCI6N30.olKbyPJivNcxhhWEjnzgAypIQuw"),
    ("none", "sha256", "eyJpZCI6N30.XCuBa_Dw5g3yTLFN9NjnyvcIGdD0twToh8UtqR0AE6k"),
    (
        "none",
        "sha512",
        "eyJpZCI6N30.P2A9HRmjTmKS5ejjZDj4I51LFeeKWl_CHZkv6S-gQdFlkFP-DYchFAGkrNUF5gIcPqva1-aefxsTnrkewXQNIQ",
    ),
]


@pytest.mark.parametrize(("derivation", "digest", "token"), FOREIGN_TOKENS)
def test_itsdangerous_and_microweb_agree_byte_for_byte(derivation, digest, token):
    options = {"key_derivation": derivation, "digest_method": digest}
    serializer = URLSafeSerializer("key", salt="salt", signer_kwargs=options)
    assert serializer.dumps({"id": 7}) == token
    assert serializer.loads(token) == {"id": 7}


@pytest.mark.parametrize("value", [b"", b"a", "ü.ü", b".", b"a.b.c"])
def test_a_signed_value_comes_back(value):
    signer = Signer("key")
    expected = value.encode() if isinstance(value, str) else value
    assert signer.unsign(signer.sign(value)) == expected


def test_every_changed_byte_is_noticed():
    signer = Signer("key")
    token = signer.sign(b"value")
    for index in range(len(token) - 1):
        changed = token[:index] + bytes([token[index] ^ 1]) + token[index + 1 :]
        with pytest.raises(BadSignature):
            signer.unsign(changed)


@pytest.mark.parametrize("token", ["", "nothing", ".", "a.", ".a", "a.ü", "a.b c", "." * 100_000])
def test_what_is_not_signed_is_a_bad_signature(token):
    with pytest.raises(BadSignature):
        Signer("key").unsign(token)


def test_ss_05_key_and_salt_are_bound():
    token = URLSafeSerializer("key", salt="a").dumps(1)
    for other in (URLSafeSerializer("key", salt="b"), URLSafeSerializer("yek", salt="a")):
        with pytest.raises(BadSignature):
            other.loads(token)


def test_ss_03_the_last_key_signs_and_all_verify():
    old = Signer("old").sign("x")
    both = Signer(["old", "new"])
    assert both.unsign(old) == b"x"
    assert Signer("new").unsign(both.sign("x")) == b"x"


def test_a_value_expires(monkeypatch):
    signer = TimestampSigner("key")
    now = signer.get_timestamp()
    token = signer.sign("x")
    assert signer.unsign(token, max_age=10) == b"x"
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: now + 60)
    with pytest.raises(SignatureExpired, match="seconds old, more than 10") as caught:
        signer.unsign(token, max_age=10)
    assert caught.value.payload == b"x"
    assert int(caught.value.date_signed.timestamp()) in (now, now + 1)
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: now - 60)
    with pytest.raises(SignatureExpired, match="seconds ahead"):
        signer.unsign(token, max_age=10)


@pytest.mark.parametrize("timestamp", [b"!!", b"A"])
def test_ss_06_a_malformed_time_is_a_bad_signature(timestamp):
    signer = TimestampSigner("key")
    with pytest.raises(BadTimeSignature, match="malformed"):
        signer.unsign(Signer.sign(signer, b"value." + timestamp))
    with pytest.raises(BadTimeSignature, match="no timestamp"):
        signer.unsign(Signer.sign(signer, b"value"))


@pytest.mark.parametrize(
    "timestamp", [b"", base64_encode(b"\xff" * 9), base64_encode(b"\xff" * 99)]
)
def test_ss_06_a_time_of_no_possible_date_is_expired_and_never_a_crash(timestamp):
    signer = TimestampSigner("key")
    token = Signer.sign(signer, b"value." + timestamp)
    assert signer.unsign(token) == b"value"
    with pytest.raises(SignatureExpired):
        signer.unsign(token, max_age=10)
    if timestamp:
        with pytest.raises(BadTimeSignature, match="no year"):
            signer.unsign(token, return_timestamp=True)


def test_ss_07_a_bomb_is_refused_after_the_signature_and_never_before(monkeypatch):
    import zlib

    bomb = b"." + base64_encode(zlib.compress(b"0" * 50_000_000))
    signed = Signer("key", salt="itsdangerous").sign(bomb)
    with pytest.raises(BadPayload, match="larger than 1000000 bytes"):
        URLSafeSerializer("key").loads(signed)
    monkeypatch.setattr(zlib, "decompressobj", lambda: pytest.fail("unsigned data was inflated"))
    with pytest.raises(BadSignature):
        URLSafeSerializer("key").loads(bomb + b".AAAA")


def test_a_payload_of_another_program_is_told_apart():
    signed = Signer("key", salt="itsdangerous").sign(b"not json")
    with pytest.raises(BadPayload, match="cannot be decoded") as caught:
        Serializer("key").loads(signed)
    assert caught.value.original_error is not None


def test_a_timed_token_tells_when_it_was_signed():
    serializer = URLSafeTimedSerializer("key", salt="reset")
    value, signed = serializer.loads(serializer.dumps([1]), return_timestamp=True)
    assert (value, signed.utcoffset().total_seconds()) == ([1], 0)


@pytest.mark.parametrize("data", [b"", b"\x00", b"ab", b"\xff" * 1000])
def test_base64_round_trip(data):
    assert base64_decode(base64_encode(data)) == data


@pytest.mark.parametrize("text", ["a", "+/", "a b", "ü", "====", "ab\n"])
def test_bad_base64_is_bad_data(text):
    if text == "====":
        assert base64_decode(text) == b""
    else:
        with pytest.raises(BadData, match="base64"):
            base64_decode(text)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"secret_key": ""}, "a secret key is empty"),
        ({"secret_key": []}, "a secret key is empty"),
        ({"secret_key": "k", "sep": "a"}, "may occur in a signature"),
        ({"secret_key": "k", "key_derivation": "md5"}, "unknown key_derivation 'md5'"),
    ],
)
def test_a_signer_that_could_not_protect_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Signer(**arguments)


def test_a_long_payload_is_compressed():
    serializer = URLSafeSerializer("key")
    token = serializer.dumps("long " * 100)
    assert token.startswith(".") and len(token) < 200
    assert serializer.loads(token) == "long " * 100


def test_small_payloads_are_compressed_as_zlib_does():
    import random
    import zlib

    seed = random.randrange(1_000_000)
    print("seed", seed)
    chance = random.Random(seed)
    serializer = URLSafeSerializer("key")
    for _ in range(2000):
        letters = "".join(map(chr, range(97, 97 + chance.choice([1, 2, 5, 20]))))
        text = "".join(chance.choice(letters) for _ in range(chance.randrange(200)))
        payload = f'"{text}"'.encode()
        compressed = zlib.compress(payload)
        expected = base64_encode(payload)
        if len(compressed) < len(payload) - 1:
            expected = b"." + base64_encode(compressed)
        token = serializer.dumps(text)
        assert token.rpartition(".")[0].encode() == expected, (seed, text)
        assert serializer.loads(token) == text


@pytest.mark.parametrize("digest", ["sha512", hashlib.sha512])
def test_a_digest_is_a_name_or_a_function_of_hashlib(digest):
    for derivation in ("django-concat", "hmac"):
        options = {"key_derivation": derivation, "digest_method": digest}
        serializer = URLSafeSerializer("key", salt="salt", signer_kwargs=options)
        expected = [t for d, n, t in FOREIGN_TOKENS if (d, n) == (derivation, "sha512")]
        assert [serializer.dumps({"id": 7})] == expected


def test_the_newest_key_signs_and_unknown_derivations_are_named():
    assert Signer(["old", "new"]).secret_key == b"new"
    assert Serializer(["old", "new"]).secret_key == b"new"
    assert Signer("key", key_derivation="none").derive_key("other") == b"other"
    with pytest.raises(ValueError, match="unknown key_derivation 'md5'"):
        Signer("key", key_derivation="md5")
