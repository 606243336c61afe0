"""What few programs sign with: older ways, other algorithms, files."""

from __future__ import annotations

import io

import pytest

from microweb.signing import (
    BadSignature,
    NoneAlgorithm,
    Serializer,
    SignatureExpired,
    Signer,
    SigningAlgorithm,
    TimestampSigner,
    URLSafeSerializer,
    URLSafeTimedSerializer,
    base64_encode,
)


def test_loads_unsafe_says_whether_to_trust():
    serializer = URLSafeSerializer("key")
    token = serializer.dumps([1])
    assert serializer.loads_unsafe(token) == (True, [1])
    assert serializer.loads_unsafe(token[:-2]) == (False, [1])
    assert serializer.loads_unsafe("nonsense") == (False, None)


def test_loads_unsafe_of_a_signed_value_that_is_no_payload():
    signed = Signer("key", salt="itsdangerous").sign(b"not base64 json")
    assert URLSafeSerializer("key").loads_unsafe(signed) == (False, None)


def test_tokens_signed_in_an_older_way_are_still_read():
    old = URLSafeTimedSerializer("key", signer_kwargs={"digest_method": "sha1"}).dumps(1)
    older = URLSafeTimedSerializer("key", signer_kwargs={"key_derivation": "none"}).dumps(2)
    plain = URLSafeTimedSerializer("key")
    for token in (old, older):
        with pytest.raises(BadSignature):
            plain.loads(token)
    both = URLSafeTimedSerializer(
        "key",
        fallback_signers=[
            {"digest_method": "sha1"},
            (TimestampSigner, {"key_derivation": "none"}),
            TimestampSigner,
        ],
    )
    assert [both.loads(token) for token in (old, older, plain.dumps(3))] == [1, 2, 3]
    assert both.dumps(4).rpartition(".")[0] == plain.dumps(4).rpartition(".")[0]
    assert len(list(both.iter_unsigners())) == 4
    with pytest.raises(BadSignature):
        both.loads(old[:-2] + "zz")
    with pytest.raises(SignatureExpired):
        both.loads(old, max_age=-1)


def test_another_algorithm_signs():
    class Backwards(SigningAlgorithm):
        def get_signature(self, key, value):
            return value[::-1]

    signer = Signer("key", algorithm=Backwards())
    assert signer.sign("abc") == b"abc." + base64_encode("cba")
    assert signer.unsign(signer.sign("abc")) == b"abc"
    assert Signer("key", algorithm=NoneAlgorithm()).sign("abc") == b"abc."
    assert Signer("key", algorithm=NoneAlgorithm()).unsign("abc.") == b"abc"


def test_values_go_through_files():
    serializer = Serializer("key", serializer_kwargs={"indent": 1})
    file = io.StringIO()
    serializer.dump([1], file)
    assert file.getvalue().startswith("[\n 1\n]")
    file.seek(0)
    assert serializer.load(file) == [1]
    file.seek(0)
    assert serializer.load_unsafe(file) == (True, [1])
