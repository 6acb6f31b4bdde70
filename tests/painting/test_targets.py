"""Tests of tfnst.painting.targets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tfnst import images
from tfnst.painting.targets import Targets


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        images.save(folder / name, np.zeros((8, 8, 3), np.float32))


def test_one_picture_becomes_one_file(tmp_path: Path) -> None:
    targets = Targets([tmp_path / "a.png"], tmp_path / "b.jpg")
    assert targets.single and targets.pairs == ((tmp_path / "a.png", tmp_path / "b.jpg"),)


def test_trees_are_kept(tmp_path: Path) -> None:
    write(tmp_path / "in", "a.png", "deep/b.jpg", "deep/er/c.png")
    (tmp_path / "in" / "notes.txt").write_text("no picture")
    out = tmp_path / "out"
    targets = Targets([tmp_path / "in"], out)
    assert [str(t.relative_to(out)) for _, t in targets.pairs] == [
        "a.png",
        "deep/b.jpg",
        "deep/er/c.png",
    ]
    write(tmp_path / "more", "a.png")
    targets = Targets([tmp_path / "in", tmp_path / "more", tmp_path / "in" / "a.png"], out)
    assert [str(t.relative_to(out)) for _, t in targets.pairs] == [
        "in/a.png",
        "in/deep/b.jpg",
        "in/deep/er/c.png",
        "more/a.png",
        "a.png",
    ]


def test_a_tree_may_be_written_beside_or_above(tmp_path: Path) -> None:
    write(tmp_path / "in", "b.png")
    above = Targets([tmp_path / "in"], tmp_path)
    assert above.pairs == ((tmp_path / "in" / "b.png", tmp_path / "b.png"),)
    (tmp_path / "in" / "deep").mkdir()
    dotted = Targets([tmp_path / "in" / "deep" / "..", tmp_path / "in" / "b.png"], tmp_path / "out")
    assert [target for _, target in dotted.pairs] == [
        tmp_path / "out" / "in" / "b.png",
        tmp_path / "out" / "b.png",
    ]


def test_results_inside_the_folder_are_not_painted_again(tmp_path: Path) -> None:
    write(tmp_path, "a.png", "out/a.png")
    assert [source for source, _ in Targets([tmp_path], tmp_path / "out").pairs] == [
        tmp_path / "a.png"
    ]


def test_kinds_that_are_not_written_become_png(tmp_path: Path) -> None:
    targets = Targets(
        [tmp_path / "a.gif", tmp_path / "a.png", tmp_path / "b.BMP"], tmp_path / "out"
    )
    assert [target.name for _, target in targets.pairs] == ["a.gif.png", "a.png", "b.BMP.png"]


def test_nothing_is_written_over(tmp_path: Path) -> None:
    write(tmp_path, "a.png", "b/a.png")
    for sources, output in (
        (["a.png"], "a.png"),
        (["b"], "b"),
        (["."], "."),
    ):
        with pytest.raises(ValueError, match="would overwrite"):
            Targets([tmp_path / source for source in sources], tmp_path / output)
    with pytest.raises(ValueError, match=r"a.png and .*b/a.png would both become .*out/a.png"):
        Targets([tmp_path / "a.png", tmp_path / "b" / "a.png"], tmp_path / "out")
    with pytest.raises(ValueError, match="would overwrite"):
        Targets([tmp_path / "b" / "a.png"], tmp_path / "mask.png", [tmp_path / "mask.png"])
    (tmp_path / "file").write_bytes(b"")
    for name in ("out.png", "file"):
        with pytest.raises(ValueError, match="is one file; name a folder for several"):
            Targets([tmp_path / "a.png", tmp_path / "b"], tmp_path / name)


def test_what_macos_lays_beside_photos_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("IMG.jpg", "._IMG.jpg"):
        (tmp_path / "in" / name).touch()
    targets = Targets([tmp_path / "in"], tmp_path / "out")
    assert [source.name for source, _ in targets.pairs] == ["IMG.jpg"]


def test_pictures_of_other_kinds_are_counted(tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for name in ("a.png", "b.CR2", "deep/c.cr2", "d.jxl", "._e.jxl", "notes.txt"):
        (tmp_path / "in" / name).touch()
    targets = Targets([tmp_path / "in"], tmp_path / "out")
    assert targets.unread == {".cr2": 2, ".jxl": 1} and len(targets.pairs) == 1
