"""Tests of tfnst.images.kinds."""

from __future__ import annotations

import os
from pathlib import Path

from PIL import Image

from tfnst.images import kinds


def test_kinds_that_are_not_read_are_counted(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("a.CR2", "deep/b.cr2", "c.jxl", "d.jpg", "._e.cr2", "notes.txt"):
        (tmp_path / name).touch()
    assert kinds.unread([tmp_path, tmp_path / "c.jxl"]) == {".cr2": 2, ".jxl": 1}


def test_what_is_no_regular_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file.png").touch()
    os.mkfifo(pipe := tmp_path / "folder.png" / "pipe.jpg")
    (link := tmp_path / "link.png").symlink_to("nowhere")
    os.mkfifo(tmp_path / "queue")
    assert kinds.irregular([tmp_path, tmp_path / "file.png"]) == [pipe, link]


def test_nothing_is_said_to_be_both() -> None:
    assert not kinds.READ & kinds.UNREAD


def test_what_is_read_can_be_read() -> None:
    """By Pillow; HEIC by a plugin of it."""
    assert set(Image.registered_extensions()) >= kinds.READ - {".heic", ".heif"}
