"""Tests of tfnst.painting.sources."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest

from tfnst.painting import sources
from tfnst.painting.sources import Source


def test_versions_are_of_what_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = sources.versions()
    assert found["tensorflow"] == importlib.metadata.version("tensorflow")
    assert {"tfnst", "numpy", "python", "machine"} <= set(found)
    monkeypatch.setattr(sources, "PACKAGES", ("numpy", "no-such-package"))
    assert set(sources.versions()) == {"numpy", "python", "machine"}


def test_a_source_is_found_where_it_was(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(b"some bytes")
    source = Source.of(file)
    assert source.path == str(file) and len(source.sha256) == 64
    assert source.find() == file


def test_a_moved_source_is_found_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(b"some bytes")
    source = Source.of(file)
    new_home = tmp_path / "new"
    new_home.mkdir()
    moved = file.rename(new_home / "a.png")
    assert source.find(tmp_path, new_home) == moved
    file.write_bytes(b"another file of that name")
    assert source.find(new_home) == moved


def test_a_source_by_name_says_nothing_of_its_folders(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"some bytes")
    source = Source.of(tmp_path / "a.png").by_name()
    assert source.path == "a.png" and source.sha256 == Source.of(tmp_path / "a.png").sha256
    assert source.find(tmp_path) == tmp_path / "a.png"


def test_inputs_are_looked_for_beside_the_picture_then_as_asked(tmp_path: Path) -> None:
    folders = sources.homes(tmp_path / "out.png", [tmp_path / "b", tmp_path / "c"])
    assert folders[:3] == (tmp_path, tmp_path / "b", tmp_path / "c")
    assert all(folder.is_dir() for folder in folders[3:])


def test_a_changed_source_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(b"some bytes")
    source = Source.of(file)
    file.write_bytes(b"some byteS")
    with pytest.raises(ValueError) as caught:
        source.find()
    assert (
        str(caught.value)
        == f"{str(file)!r} has changed since the picture was made from it; put the old file back"
    )


def test_a_missing_source_is_named(tmp_path: Path) -> None:
    source = Source(str(tmp_path / "a.png"), "0" * 64)
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(ValueError) as caught:
        source.find(tmp_path / "elsewhere", tmp_path)
    assert str(tmp_path / "a.png") in str(caught.value)
    assert "not there any more; put it beside the picture" in str(caught.value)
    (tmp_path / "a.png").mkdir()  # a folder of that name is no file
    with pytest.raises(ValueError, match="not there any more"):
        source.find()
