"""Uploads where there is no room for them."""

from __future__ import annotations

import tempfile

import pytest

from microweb.http import HTTPException, parse_form_data

from .support_http import post_multipart


def upload_of(size, count=1):
    parts = [
        b'--B\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n%s\r\n'
        % (b"x" * size)
        for _ in range(count)
    ]
    return post_multipart(b"".join(parts) + b"--B--\r\n")


@pytest.fixture
def no_folder(monkeypatch):
    def refuse(*args):
        raise FileNotFoundError(2, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)


def test_c13_without_a_temporary_folder_files_stay_in_memory(no_folder):
    request = upload_of(600_000, 3)
    assert [len(file.read()) for file in request.files.getlist("f")] == [600_000] * 3


@pytest.mark.parametrize(("size", "count"), [(17_000_000, 1), (6_000_000, 3)])
def test_c13_beyond_a_bound_is_507_with_a_sentence(no_folder, size, count):
    request = upload_of(size, count)
    for _ in range(2):
        with pytest.raises(HTTPException) as caught:
            request.form  # noqa: B018
        assert caught.value.code == 507
        assert caught.value.get_response().status_code == 507
    assert "TMPDIR" in caught.value.detail
    with pytest.raises(HTTPException):
        parse_form_data(upload_of(size, count).environ)
