"""Tests of tfnst.painting.clips: painting, interruptions, and going on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import ROOT, heeding
from tests.images.clip_samples import (
    distance,
    frames_of,
    make_clip,
    packets,
    pattern,
    pictures,
    timing,
)
from tests.images.samples import names, problem
from tfnst import images
from tfnst.images import ClipSettings
from tfnst.painting import ClipInterrupted, ClipProgress, PaintedClip, paint_clip

FEW = ClipSettings(preset="fast", segment=4)


def negative(frame: np.ndarray, seconds: float) -> np.ndarray:
    return 255 - frame


class Trail:
    """Frames that hold what was before: a painter that remembers."""

    def __init__(self) -> None:
        self.mean: np.ndarray | None = None

    def __call__(self, frame: np.ndarray, seconds: float) -> np.ndarray:
        values = frame.astype(np.float32) / 255
        self.mean = values if self.mean is None else 0.7 * self.mean + 0.3 * values
        return self.mean

    def state(self) -> Mapping[str, np.ndarray]:
        assert self.mean is not None
        return {"mean": self.mean}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self.mean = state["mean"]


def painted(source: Any, target: Any, painter: Any = negative, **options: Any) -> PaintedClip:
    options = {"settings": FEW, **options}
    *_, last = paint_clip(source, target, painter, **options)
    assert last.done is not None
    return last.done


def same(first: Path, second: Path) -> bool:
    pairs = zip(frames_of(first), frames_of(second), strict=True)
    return timing(first) == timing(second) and all((a.rgb == b.rgb).all() for a, b in pairs)


def test_a_clip_is_painted_with_all_that_goes_along(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mkv", sounds=("eng", "deu"), subtitles=True, chapters=True)
    done = painted(source, tmp_path / "b.mkv")
    assert done == PaintedClip(str(tmp_path / "b.mkv"), 12, 0, None, ())
    for kind in ("audio", "subtitle"):
        assert packets(tmp_path / "b.mkv", kind) == packets(source, kind) != []
    with images.open_clip(tmp_path / "b.mkv") as clip:
        assert [chapter.title for chapter in clip.info.chapters] == ["Dawn", "Day"]
        for frame, was in zip(clip.frames(), frames_of(source), strict=True):
            assert distance(frame.rgb, 255 - was.rgb) < 4
    assert timing(tmp_path / "b.mkv") == timing(source)
    assert sorted(names(tmp_path)) == ["a.mkv", "b.mkv"]


def test_progress_is_data(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4")
    *reports, last = paint_clip(source, tmp_path / "b.mp4", negative, FEW)
    assert [report.frames for report in reports] == list(range(1, 13))
    assert {report.total for report in reports} == {12}
    assert reports[0].rate is None and all((r.rate or 0) > 0 for r in reports[1:])
    assert reports[-1].seconds_left == 0 and all(report.done is None for report in reports)
    assert last == ClipProgress(12, 12, None, 0.0, last.done)


def test_painters_get_upright_frames_and_their_times(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", pictures(3))
    seen = []

    def larger(frame: np.ndarray, seconds: float) -> np.ndarray:
        seen.append((frame.shape, frame.dtype, round(seconds, 3)))
        frame += 1  # its own
        return np.repeat(np.repeat(frame, 2, 0), 2, 1) / 255

    painted(source, tmp_path / "b.webm", larger)
    assert seen == [((48, 64, 3), np.uint8, round(0.04 * n, 3)) for n in range(3)]
    assert frames_of(tmp_path / "b.webm")[0].rgb.shape == (96, 128, 3)


@pytest.mark.parametrize("name", ["b.gif", "b.webp", "b.png", "b"])
def test_animations_and_folders_are_painted_too(name: str, tmp_path: Path) -> None:
    painted(make_clip(tmp_path / "a.mkv", codec="ffv1", pixels="bgr0"), tmp_path / name)
    frames = frames_of(tmp_path / name)
    assert len(frames) == 12
    for number, frame in enumerate(frames):
        assert distance(frame.rgb, 255 - pattern(number)) < 9
    again = painted(tmp_path / name, tmp_path / "c.mp4", rate=Fraction(25))
    assert again.frames == 12 and again.notes == ()
    starts = [start for start, _ in timing(tmp_path / "c.mp4")]
    np.testing.assert_allclose(starts, np.arange(12) / 25, atol=1e-6)


def dying(monkeypatch: pytest.MonkeyPatch, at: int) -> Callable[[], int]:
    """Have the renaming of a file end everything, when so many were renamed before."""
    replace_file, calls = Path.replace, []

    def renamed(path: Path, target: Path) -> Path:
        calls.append(target.name)
        if len(calls) > at:
            raise KeyboardInterrupt
        return replace_file(path, target)

    monkeypatch.setattr(Path, "replace", renamed)
    return lambda: len(calls)


@pytest.mark.parametrize("painter", [lambda: negative, Trail], ids=["plain", "remembering"])
def test_stopping_before_any_file_is_there_changes_no_frame(
    painter: Callable[[], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_clip(tmp_path / "a.mkv", sounds=("eng",))
    painted(source, tmp_path / "whole.mp4", painter())
    for at in range(99):
        with monkeypatch.context() as patched:
            calls = dying(patched, at)
            try:
                painted(source, tmp_path / "b.mp4", painter())
            except KeyboardInterrupt as error:
                assert isinstance(error, ClipInterrupted) or at == 0
            if calls() <= at:
                break
        assert not (tmp_path / "b.mp4").exists()
        done = painted(source, tmp_path / "b.mp4", painter(), resume=True)
        assert done.frames == 12 and same(tmp_path / "b.mp4", tmp_path / "whole.mp4")
        assert packets(tmp_path / "b.mp4") == packets(tmp_path / "whole.mp4") != []
        assert sorted(names(tmp_path)) == ["a.mkv", "b.mp4", "whole.mp4"]
        (tmp_path / "b.mp4").unlink()
    assert at >= 6  # the card, three parts, the end and the clip


SCRIPT = """
import sys
from tests.painting.test_clips import FEW, Trail
from tfnst.painting import paint_clip
for report in paint_clip(sys.argv[1], sys.argv[2], Trail(), FEW, resume=True):
    print(report.frames, flush=True)
"""


def begun(source: Path, target: Path, until: int, number: int) -> subprocess.Popen[str]:
    """A process that paints, which is sent a signal after so many frames."""
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, source, target],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heeding(signal.SIGINT),
    )
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) >= until:
            break
    process.send_signal(number)
    return process


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_run_that_is_killed_goes_on_to_the_same_clip(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", pictures(24), sounds=("eng",))
    painted(source, tmp_path / "whole.mp4", Trail())
    for until in (6, 19):
        process = begun(source, tmp_path / "b.mp4", until, signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert not (tmp_path / "b.mp4").exists() and (tmp_path / "b.mp4.parts").is_dir()
    done = painted(source, tmp_path / "b.mp4", Trail(), resume=True)
    assert 12 <= done.resumed <= 24 and same(tmp_path / "b.mp4", tmp_path / "whole.mp4")
    assert packets(tmp_path / "b.mp4") == packets(source) != []
    assert sorted(names(tmp_path)) == ["a.mp4", "b.mp4", "whole.mp4"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_ends_promptly_and_says_how_to_go_on(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", pictures(60))
    process = begun(source, tmp_path / "b.mp4", 9, signal.SIGINT)
    _, err = process.communicate(timeout=20)
    if "ClipInterrupted" in err:  # not in the print between two frames
        assert "frames are kept; the same command with --resume goes on" in err
    assert "KeyboardInterrupt" in err or "ClipInterrupted" in err
    done = painted(source, tmp_path / "b.mp4", Trail(), resume=True)
    assert done.frames == 60 and done.resumed >= 4


def test_an_interrupted_painter_says_what_is_kept(tmp_path: Path) -> None:
    source, count = make_clip(tmp_path / "a.mp4"), iter(range(99))

    def interrupted(frame: np.ndarray, seconds: float) -> np.ndarray:
        if next(count) == 10:
            raise KeyboardInterrupt
        return frame

    with pytest.raises(ClipInterrupted, match=r"stopped, \d+ frames are kept; the same command"):
        painted(source, tmp_path / "b.mp4", interrupted)
    assert threading.active_count() == 1
    message = problem(painted, source, tmp_path / "b.mp4")
    assert "holds painted frames; go on with --resume" in message
    for options, what in (
        (dict(settings=replace(FEW, crf=30.0)), "settings (crf)"),
        (dict(settings=replace(FEW, segment=6)), "settings (segment)"),
        (dict(recipe="in another way"), "recipe"),
    ):
        message = problem(painted, source, tmp_path / "b.mp4", resume=True, **options)
        assert f"b.mp4.parts: is of another {what}; give" in message
    other = make_clip(tmp_path / "c.mp4", pictures(13))
    assert "another source" in problem(painted, other, tmp_path / "b.mp4", resume=True)
    assert painted(source, tmp_path / "b.mp4", resume=True).resumed >= 4


def test_leaving_in_the_middle_ends_the_threads(tmp_path: Path) -> None:
    reports = paint_clip(make_clip(tmp_path / "a.mp4"), tmp_path / "b.mp4", negative, FEW)
    next(reports)
    reports.close()
    assert threading.active_count() == 1 and names(tmp_path) == ["a.mp4"]


def test_reading_painting_and_writing_keep_few_frames(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", pictures(40))
    alive: list[weakref.ref[np.ndarray]] = []
    most = 0

    def counting(frame: np.ndarray, seconds: float) -> np.ndarray:
        nonlocal most
        result = 255 - frame
        alive.append(weakref.ref(result))
        most = max(most, sum(reference() is not None for reference in alive))
        return result

    painted(source, tmp_path / "b.mp4", counting)
    assert len(alive) == 40 and most <= 8


def test_what_breaks_off_is_painted_up_to_there(tmp_path: Path) -> None:
    source = make_clip(
        tmp_path / "a.mkv", pictures(30), sounds=("eng",), options={"cluster_time_limit": "100"}
    )
    data = source.read_bytes()
    source.write_bytes(data[: len(data) * 6 // 10])
    done = painted(source, tmp_path / "b.mp4")
    assert done.damage is not None and 5 < done.frames < 28
    assert done.damage.frames == done.frames == len(frames_of(tmp_path / "b.mp4"))
    assert str(done.damage).startswith(f"the clip ends after {done.damage.seconds:.2f} s")
    last = max(time or 0 for *_, time in packets(tmp_path / "b.mp4"))
    assert 0.2 < last <= done.damage.seconds


def test_a_failing_painter_or_disk_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_clip(tmp_path / "a.mp4")
    (tmp_path / "b.mp4").write_bytes(b"before")

    def failing(frame: np.ndarray, seconds: float) -> np.ndarray:
        raise RuntimeError("no memory")

    with pytest.raises(RuntimeError, match="no memory"):
        painted(source, tmp_path / "b.mp4", failing)
    for wrong, message in (
        (lambda frame, _: frame[..., 0], "the painted frame has shape (48, 64)"),
        (lambda frame, _: np.full(frame.shape, np.nan), "the painted frame holds NaN"),
    ):
        assert message in problem(painted, source, tmp_path / "b.mp4", wrong)
    sizes = iter(range(99))

    def growing(frame: np.ndarray, seconds: float) -> np.ndarray:
        return np.pad(frame, ((0, 2 * next(sizes)), (0, 0), (0, 0)))

    assert "paint all in one size" in problem(painted, source, tmp_path / "b.mp4", growing)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        message = problem(painted, source, tmp_path / "b.mp4")
    assert "cannot be written (No space left on device); check disk space" in message
    assert (tmp_path / "b.mp4").read_bytes() == b"before"
    assert sorted(names(tmp_path)) == ["a.mp4", "b.mp4"]


def test_what_cannot_be_painted_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("no clip")
    source = make_clip(tmp_path / "a.mp4", pictures(2))
    for first, target, message in (
        (tmp_path / "a.txt", "b.mp4", "a.txt: no clip"),
        (tmp_path / "none.mp4", "b.mp4", "there is no such file"),
        (source, "b.avi", "no kind of clip that tfnst writes"),
        (source, "a.mp4", "is the clip itself; name another file to write"),
    ):
        assert message in problem(painted, first, tmp_path / target)
    assert sorted(names(tmp_path)) == ["a.mp4", "a.txt"]


PIPES = """
import sys
from tests.painting.test_clips import FEW, negative
from tfnst.painting import paint_clip
*_, last = paint_clip(sys.argv[1], sys.argv[2], negative, FEW)
sys.stderr.write(repr(last.done.notes))
"""


@pytest.mark.parametrize(("source", "target"), [("-", "-"), ("a.mkv", "-"), ("-", "b.mp4")])
def test_clips_go_through_pipes(source: str, target: str, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mkv", sounds=("eng", "deu"), subtitles=True, chapters=True)
    output = tmp_path / ("piped.mkv" if target == "-" else target)
    with clip.open("rb") as incoming, (tmp_path / "out").open("wb") as outgoing:
        # Through cat, or standard input would be a file, which can go back.
        cat = subprocess.Popen(["cat"], stdin=incoming, stdout=subprocess.PIPE)
        done = subprocess.run(
            [sys.executable, "-c", PIPES, source, target],
            stdin=cat.stdout,
            stdout=outgoing,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        cat.communicate()
    assert done.returncode == 0, done.stderr
    if target == "-":
        (tmp_path / "out").rename(output)
        assert done.stderr == "()"
        assert packets(output, "subtitle") == packets(clip, "subtitle")
    times = {(n, data): time for n, data, time in packets(clip)}
    assert {(n, data) for n, data, _ in packets(output)} == set(times)
    with images.open_clip(output) as reader:
        assert [chapter.title for chapter in reader.info.chapters] == ["Dawn", "Day"]
        for frame in reader.frames():
            assert distance(frame.rgb, 255 - pattern(frame.number)) < 9
    assert frame.number == 11
    assert timing(output) == timing(clip)
    assert not (tmp_path / "b.mp4.parts").exists()
