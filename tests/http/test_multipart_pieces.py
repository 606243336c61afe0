"""Names of parts and files that come in pieces (RFC 2231 section 3)."""

from __future__ import annotations

import pytest

from .support_http import post_multipart


@pytest.mark.parametrize(
    ("disposition", "name", "filename"),
    [
        (b"form-data; name*0=gr; name*1=un", "grun", None),
        # RFC 2231: a file, though no plain parameter names it
        (b'form-data; name=a; filename*0=x; filename*1=".txt"', "a", "x.txt"),
        (b"form-data; name=a; filename*0*=utf-8''%C3%A9; filename*1=.txt", "a", "\u00e9.txt"),
    ],
)
def test_b4_a_name_in_pieces_is_joined(disposition, name, filename):
    part = b"--B\r\nContent-Disposition: " + disposition + b"\r\n\r\n1\r\n--B--\r\n"
    request = post_multipart(part)
    if filename is None:
        assert request.form.to_dict() == {name: "1"}
    else:
        assert request.files[name].filename == filename
        assert not request.form
