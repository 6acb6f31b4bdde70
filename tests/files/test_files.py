"""Tests of tfnst.files; reading and writing pictures is tried in tests.test_images."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tfnst.export import verification
from tfnst.files import archives, folders, read_text
from tfnst.networks import style_network
from tfnst.painting import appearance


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
        lambda: appearance.read_mask(tmp_path / "mask.png"),
        lambda: verification._read_numbers(tmp_path / "golden.npz"),
    ):
        with pytest.raises(ValueError):
            read()
    assert folders.sums(tmp_path) == {}
