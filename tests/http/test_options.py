"""Parameters of the types that a client names."""

from __future__ import annotations

from microweb.http import FileStorage


def test_a_file_has_the_parameters_of_its_type():
    upload = FileStorage(filename="n", content_type="Text/Plain; charset=x")
    assert (upload.mimetype, upload.mimetype_params) == ("text/plain", {"charset": "x"})
