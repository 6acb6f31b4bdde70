"""Tests of tfnst.folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfnst.folders import replaced_folder

MARK = "card.json"


def fill(folder: Path, text: str) -> None:
    (folder / MARK).write_text(text)


def test_a_folder_takes_the_place_of_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for text in ("one", "two"):
        with replaced_folder(Path("out"), MARK) as new:
            fill(new, text)
            assert new.name == ".new-out"
        assert Path("out", MARK).read_text() == text
    assert [file.name for file in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt])
def test_a_failure_leaves_what_was_there(tmp_path: Path, failure: type[BaseException]) -> None:
    (tmp_path / "out").mkdir()
    fill(tmp_path / "out", "old")
    with pytest.raises(failure), replaced_folder(tmp_path / "out", MARK) as new:
        fill(new, "new")
        raise failure
    assert [file.name for file in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / MARK).read_text() == "old"


def test_nothing_else_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine.txt").write_text("mine")
    for name, message in (
        ("file", "is a file; name a folder"),
        ("folder", "holds other files; name a new folder"),
        ("none/out", "there is no folder"),
    ):
        with pytest.raises(ValueError, match=message), replaced_folder(tmp_path / name, MARK):
            pass
    assert (tmp_path / "folder" / "mine.txt").read_text() == "mine"
