"""Tests of tfnst.folders."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

import pytest

from tfnst import folders
from tfnst.folders import altered, replaced_folder


def write(folder: Path, **texts: str) -> None:
    """A folder of ours, with a file deeper within."""
    with replaced_folder(folder) as new:
        (new / "deep").mkdir()
        for name, text in texts.items():
            (new / "deep" / name).write_text(text)


def test_a_folder_takes_the_place_of_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("out"), one="1", both="1")
    write(Path("out"), two="2", both="2")
    assert [file.name for file in tmp_path.iterdir()] == ["out"]
    assert sorted(file.name for file in Path("out/deep").iterdir()) == ["both", "two"]
    assert Path("out/deep/both").read_text() == "2" and altered(Path("out")) == {}
    subprocess.run(["sha256sum", "--quiet", "-c", folders.SUMS], cwd="out", check=True)


def test_a_link_is_followed(tmp_path: Path) -> None:
    write(tmp_path / "out", one="1")
    (tmp_path / "link").symlink_to(tmp_path / "out")
    write(tmp_path / "link", one="2")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "out" / "deep" / "one").read_text() == "2"


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt])
def test_a_failure_leaves_what_was_there(tmp_path: Path, failure: type[BaseException]) -> None:
    write(tmp_path / "out", one="old")
    with pytest.raises(failure), replaced_folder(tmp_path / "out") as new:
        (new / "one").write_text("new")
        raise failure
    assert [file.name for file in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "deep" / "one").read_text() == "old"


def test_a_folder_that_cannot_be_replaced_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "out", one="old")
    honest = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if self.name.startswith(".new-"):
            raise OSError(errno.EBUSY, "busy")
        return honest(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(OSError, match="busy"):
        write(tmp_path / "out", one="new")
    assert [file.name for file in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "deep" / "one").read_text() == "old"


def test_a_full_disk_names_the_folder(tmp_path: Path) -> None:
    with pytest.raises(OSError) as caught, replaced_folder(tmp_path / "out"):
        raise OSError(errno.ENOSPC, "full", "another file")
    assert caught.value.filename == str(tmp_path / "out") and list(tmp_path.iterdir()) == []


def test_nothing_of_others_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "SHA256SUMS").write_text("")
    (tmp_path / "folder" / "mine.txt").write_text("mine")
    write(tmp_path / "out", one="1")
    (tmp_path / "out" / "deep" / "mine.txt").write_text("mine")
    for name, message in (
        ("file", "is a file; name a folder"),
        ("folder", "holds other files, as mine.txt; name a new folder"),
        ("out", "holds other files, as deep/mine.txt"),
        ("none/out", "there is no folder"),
        ("/proc", "is a mount point; name a folder in it"),
    ):
        with pytest.raises(ValueError, match=message), replaced_folder(tmp_path / name):
            pass
    assert (tmp_path / "folder" / "mine.txt").read_text() == "mine"
    assert (tmp_path / "out" / "deep" / "mine.txt").read_text() == "mine"


def test_what_was_altered_is_told(tmp_path: Path) -> None:
    write(tmp_path / "out", one="1", two="2", three="3")
    deep = tmp_path / "out" / "deep"
    (deep / "one").unlink()
    (deep / "two").write_text("other")
    (deep / "four").write_text("4")
    os.symlink("nowhere", deep / "five")
    assert altered(tmp_path / "out") == {
        "deep/one": "is not there",
        "deep/two": "is not the file that was written: its SHA-256 differs",
        "deep/four": "was not written by tfnst",
        "deep/five": "was not written by tfnst",
    }
