"""Uploaded files."""

from __future__ import annotations

import io

from microweb.http import FileStorage


def test_mp_11_a_file_is_saved_where_the_program_says(tmp_path):
    upload = FileStorage(io.BytesIO(b"x" * 100_000), filename="../../evil")
    upload.save(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"x" * 100_000
    upload.seek(0)
    target = io.BytesIO()
    upload.save(target, buffer_size=7)
    assert len(target.getvalue()) == 100_000
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_it_reads_like_its_stream():
    upload = FileStorage(io.BytesIO(b"a\nb"), filename="n", content_type="Text/Plain; charset=x")
    assert list(upload) == [b"a\n", b"b"]
    assert (upload.seek(0), upload.read(1)) == (0, b"a")
    assert upload.mimetype == "text/plain"
    assert (upload.content_length, FileStorage(content_length=5).content_length) == (0, 5)
    upload.close()
    assert upload.stream.closed


def test_truth_is_having_a_name():
    assert not FileStorage(filename="")
    assert not FileStorage()
    assert FileStorage(filename="a")


def test_an_open_file_knows_its_name(tmp_path):
    with open(tmp_path / "a.txt", "w+b") as file:
        assert FileStorage(file).filename == str(tmp_path / "a.txt")
