"""Tests of tfnst.files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tfnst import files
from tfnst.export import verification
from tfnst.files import archives, folders, read_text
from tfnst.images import masks
from tfnst.networks import style_network


def test_text_is_read_of_regular_files_alone(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Größe", "utf-8")
    assert read_text(tmp_path / "a.txt") == "Größe"
    (tmp_path / "a.txt").write_bytes(b"\xff")
    with pytest.raises(ValueError, match=r"a\.txt: is no text in UTF-8"):
        read_text(tmp_path / "a.txt")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_nothing_waits_for_a_pipe(tmp_path: Path) -> None:
    """Each of these waited for ever for somebody to write."""
    for name in ("card.json", "SHA256SUMS", "a.npz", "a.keras", "mask.png", "golden.npz"):
        os.mkfifo(tmp_path / name)
    for read in (
        lambda: verification.read_card(tmp_path),
        lambda: archives.read(tmp_path / "a.npz"),
        lambda: style_network.read(tmp_path / "a.npz"),
        lambda: style_network.load_network(tmp_path / "a.keras"),
        lambda: masks.read_mask(tmp_path / "mask.png"),
        lambda: verification._read_numbers(tmp_path / "golden.npz"),
    ):
        with pytest.raises(ValueError):
            read()
    assert folders.checksums(tmp_path) == {}


def test_sha256(tmp_path: Path) -> None:
    data = bytes(range(256)) * 5000
    (tmp_path / "a").write_bytes(data)
    assert files.sha256(tmp_path / "a") == hashlib.sha256(data).hexdigest()
    assert files.sha256(str(tmp_path / "a")) == files.sha256(tmp_path / "a")


def test_a_link_is_followed_to_a_file_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (link := tmp_path / "a.png").symlink_to(tmp_path / "real" / "b.png")
    for data in (b"one", b"two"):
        files.require_writable(link)
        files.write_bytes(link, data)
        assert link.is_symlink() and (tmp_path / "real" / "b.png").read_bytes() == data
    assert len(list((tmp_path / "real").iterdir())) == 1
    (loop := tmp_path / "loop.png").symlink_to(loop)
    (device := tmp_path / "null.png").symlink_to("/dev/null")
    os.mkfifo(pipe := tmp_path / "pipe.png")
    for target, reason in ((loop, "a link to itself"), (device, "no regular"), (pipe, "no reg")):
        for write in (files.require_writable, lambda name: files.write_bytes(name, b"")):
            with pytest.raises(files.FileError, match=reason):
                write(target)
    assert not Path("/dev/null").is_file()


def test_a_temporary_file_takes_the_place_of_another_when_it_is_whole(tmp_path: Path) -> None:
    def stopped(target: Path) -> Iterator[None]:
        with files.replaced_file(target) as temporary:
            temporary.write_bytes(b"half")
            yield

    (tmp_path / "a").write_bytes(b"before")
    work = stopped(tmp_path / "a")
    next(work)
    assert (tmp_path / "a").read_bytes() == b"before"
    work.close()  # type: ignore[attr-defined]
    assert os.listdir(tmp_path) == ["a"] and (tmp_path / "a").read_bytes() == b"before"
    for _ in stopped(tmp_path / "a"):
        pass
    assert (tmp_path / "a").read_bytes() == b"half"
