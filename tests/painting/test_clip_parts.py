"""Tests of tfnst.painting.clip_parts."""

from __future__ import annotations

from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.images.samples import names, problem
from tfnst import files
from tfnst.images import ClipDamage, ClipInfo
from tfnst.images.video_encoding import Packet, Segment
from tfnst.painting.clip_parts import ClipParts, End, identity

CARD: dict[str, Any] = {"source": {"bytes": 3}, "settings": {"crf": 18, "segment": 2}, "recipe": ""}


def segment(number: int) -> Segment:
    packets = (
        Packet(bytes([number] * 5), 20 * number, 10, True),
        Packet(b"", 20 * number + 10, 9, False),
    )
    return Segment(packets, b"header")


def filled(target: Path, count: int, remembering: bool = True) -> Path:
    with closing(ClipParts(target)) as parts:
        parts.begin(CARD, False)
        for number in range(count):
            state = {"last": np.full(3, number)} if remembering else None
            parts.add(segment(number), (48, 64), state)
        return parts.folder


def test_segments_and_the_last_state_outlive_the_process(tmp_path: Path) -> None:
    folder = filled(tmp_path / "a.mp4", 4)
    assert [n for n in sorted(names(folder)) if n.startswith("state")] == [
        "state-000002.npz",
        "state-000003.npz",
    ]
    with closing(ClipParts(tmp_path / "a.mp4")) as parts:
        parts.begin(CARD, True)
        assert (parts.count, parts.frames, parts.size, parts.end) == (4, 8, (48, 64), None)
        assert list(parts.segments()) == [segment(number) for number in range(4)]
        state = parts.state()
        assert state is not None and state["last"].tolist() == [3, 3, 3]
        parts.finish(ClipDamage(8, 0.32, "cut"))
    with closing(ClipParts(tmp_path / "a.mp4")) as parts:
        parts.begin(CARD, True)
        assert parts.end == End(8, ClipDamage(8, 0.32, "cut"))
        parts.delete()
    assert names(tmp_path) == []


def test_a_part_without_its_state_is_given_up(tmp_path: Path) -> None:
    folder = filled(tmp_path / "a.mp4", 4)
    (folder / "state-000003.npz").write_bytes(b"damaged")
    with closing(ClipParts(tmp_path / "a.mp4")) as parts:
        parts.begin(CARD, True)
        state = parts.state()
        assert state is not None and state["last"].tolist() == [2, 2, 2]
        assert (parts.count, parts.frames) == (3, 6)
    folder = filled(tmp_path / "b.mp4", 2, remembering=False)
    with closing(ClipParts(tmp_path / "b.mp4")) as parts:
        parts.begin(CARD, True)
        assert parts.state() is None and (parts.count, parts.frames) == (0, 0)


def test_a_last_part_that_is_damaged_is_none(tmp_path: Path) -> None:
    folder = filled(tmp_path / "a.mp4", 3)
    last = folder / "000002.npz"
    last.write_bytes(last.read_bytes()[:-40])
    with closing(ClipParts(tmp_path / "a.mp4")) as parts:
        parts.begin(CARD, True)
        assert (parts.count, parts.frames) == (2, 4)


def test_parts_of_something_else_are_refused(tmp_path: Path) -> None:
    filled(tmp_path / "a.mp4", 1)
    for card, message in (
        (CARD | {"source": {"bytes": 4}}, "is of another source; give what it was begun with"),
        (CARD | {"settings": {"crf": 20, "segment": 2}}, "is of another settings (crf); give"),
        (CARD | {"recipe": "wave", "source": {}}, "is of another source and recipe; give"),
    ):
        with closing(ClipParts(tmp_path / "a.mp4")) as parts:
            assert f"a.mp4.parts: {message}" in problem(parts.begin, card, True)
    with closing(ClipParts(tmp_path / "a.mp4")) as parts:
        message = problem(parts.begin, CARD, False)
    assert message.endswith("holds painted frames; go on with --resume, or delete this folder")
    assert (tmp_path / "a.mp4.parts" / "000000.npz").exists()


def test_one_process_at_a_time(tmp_path: Path) -> None:
    with closing(ClipParts(tmp_path / "a.mp4")) as parts:
        parts.begin(CARD, False)
        assert "is being written by another process" in problem(ClipParts, tmp_path / "a.mp4")
    assert names(tmp_path) == []  # nothing was kept


def test_a_folder_of_other_things_stays(tmp_path: Path) -> None:
    (tmp_path / "a.mp4.parts").mkdir()
    (tmp_path / "a.mp4.parts" / "thesis.txt").write_text("")
    message = problem(ClipParts, tmp_path / "a.mp4")
    assert message.endswith("holds thesis.txt, no part of a clip; name another target")
    (tmp_path / "b.mp4.parts").write_text("")
    assert "is a file" in problem(ClipParts, tmp_path / "b.mp4")
    assert sorted(names(tmp_path)) == ["a.mp4.parts", "b.mp4.parts"]


def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(target: Path, data: bytes) -> None:
        raise files.FileError(target, "cannot be written (No space left on device)")

    with closing(ClipParts(tmp_path / "a.mp4")) as parts:
        parts.begin(CARD, False)
        monkeypatch.setattr(files, "write_bytes", full)
        assert "000000.npz: cannot be written" in problem(parts.add, segment(0), (48, 64), None)
        assert (parts.count, parts.frames) == (0, 0)


def test_sources_are_told_apart_by_what_they_hold(tmp_path: Path) -> None:
    info = ClipInfo("video", "mp4", "h264", 64, 48, Fraction(1, 25), rate=Fraction(25))
    one, two, copy = (tmp_path / name for name in ("a.mp4", "b.mp4", "c.mp4"))
    one.write_bytes(bytes(3 << 20))
    copy.write_bytes(bytes(3 << 20))
    two.write_bytes(bytes((3 << 20) - 1) + b"\1")
    assert identity(one, info) == identity(copy, info) != identity(two, info)
    assert identity(None, info)["rate"] == "25"
    before = identity(tmp_path, info)
    (tmp_path / "d.png").write_bytes(b"")
    assert identity(tmp_path, info) != before
