"""Tests of tfnst.images.clips: clips in and out."""

from __future__ import annotations

import os
import resource
import sys
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

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
from tfnst.images import ClipFrame, ClipInfo, ClipSettings, clips

FEW = ClipSettings(segment=5)


def copied(source: Path, target: Path, settings: ClipSettings = FEW) -> list[str]:
    with images.open_clip(source) as clip:
        return images.save_clip(target, clip.frames(), clip.info, settings, source)


@pytest.mark.parametrize(
    ("name", "codec", "written"),
    [
        ("b.mp4", None, "h264"),
        ("b.m4v", None, "h264"),
        ("b.mov", None, "h264"),
        ("b.mov", "prores", "prores"),
        ("b.mkv", None, "h264"),
        ("b.mkv", "ffv1", "ffv1"),
        ("b.webm", None, "vp9"),
        ("b.webm", "av1", "libdav1d"),
        ("b.mp4", "av1", "libdav1d"),
    ],
)
def test_videos_keep_frames_and_times(
    name: str, codec: str | None, written: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source = make_clip(tmp_path / "a.mp4")
    settings = ClipSettings(codec, preset="fast", segment=5)  # type: ignore[arg-type]
    assert copied(source, tmp_path / name, settings) == []
    with images.open_clip(tmp_path / name) as clip:
        info, frames = clip.info, list(clip.frames())
    assert info.codec == written and (info.width, info.height) == (64, 48)
    if codec != "ffv1":
        assert (info.matrix, info.is_full_range) == ("bt709", False)
    for frame, was in zip(frames, frames_of(source), strict=True):
        assert distance(frame.rgb, was.rgb) < 4
    assert timing(tmp_path / name) == timing(source)
    assert capfd.readouterr() == ("", "")
    assert sorted(names(tmp_path)) == ["a.mp4", name]


def test_a_video_is_tagged_and_has_its_index_first(tmp_path: Path) -> None:
    copied(make_clip(tmp_path / "a.mkv"), tmp_path / "b.mp4")
    data = (tmp_path / "b.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(tmp_path / "b.mp4")) as clip:
        context = clip.streams.video[0].codec_context
        tags = (context.colorspace, context.color_primaries, context.color_trc)
        assert tuple(map(int, tags)) == (1, 1, 1) and int(context.color_range) == 1
        assert context.pix_fmt == "yuv420p"


def test_lossless_is_lossless(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mkv", codec="ffv1", pixels="bgr0")
    copied(source, tmp_path / "b.mkv", ClipSettings("ffv1", segment=5))
    for number, frame in enumerate(frames_of(tmp_path / "b.mkv")):
        np.testing.assert_array_equal(frame.rgb, pattern(number))


def test_a_lower_crf_is_better_and_larger(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mkv", codec="ffv1", pixels="bgr0")
    sizes, distances = [], []
    for crf in (5, 18, 40):
        copied(source, tmp_path / "b.mp4", ClipSettings(crf=crf))
        sizes.append((tmp_path / "b.mp4").stat().st_size)
        frames = frames_of(tmp_path / "b.mp4")
        distances.append(np.mean([distance(f.rgb, pattern(f.number)) for f in frames]))
    assert sizes == sorted(sizes, reverse=True) and distances == sorted(distances)


def test_variable_rate_and_offset_are_kept(tmp_path: Path) -> None:
    stamps = [5, 6, 9, 10, 30, 31, 33, 60, 61, 62, 63, 90]
    source = make_clip(tmp_path / "a.mkv", pts=stamps, base=Fraction(1, 100), sounds=("eng",))
    wanted = timing(source)
    assert [start for start, _ in wanted] == [stamp / 100 for stamp in stamps]
    for name in ("b.mp4", "b.mkv", "b.mov"):
        copied(source, tmp_path / name)
        starts = [start for start, _ in timing(tmp_path / name)]
        assert starts == [start for start, _ in wanted], name


def test_shape_of_pixels_is_kept(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mkv", codec="ffv1", pixels="bgr0")
    with images.open_clip(source) as clip:
        info = replace(clip.info, sample_aspect_ratio=Fraction(4, 3))
        images.save_clip(tmp_path / "b.mp4", clip.frames(), info)
    with images.open_clip(tmp_path / "b.mp4") as clip:
        assert clip.info.sample_aspect_ratio == Fraction(4, 3)


@pytest.mark.parametrize(("name", "size"), [("b.mp4", (46, 62)), ("b.webm", (47, 63))])
def test_odd_sizes_lose_a_row_or_column_in_h264_alone(
    name: str, size: tuple[int, int], tmp_path: Path
) -> None:
    source = make_clip(
        tmp_path / "a.mkv",
        [pattern(n, 47, 63) for n in range(3)],
        codec="ffv1",
        pixels="bgr0",
    )
    copied(source, tmp_path / name)
    frame = frames_of(tmp_path / name)[0]
    assert frame.rgb.shape[:2] == size
    assert distance(frame.rgb, pattern(0, 47, 63)[: size[0], : size[1]]) < 4


@pytest.mark.parametrize("name", ["b.mp4", "b.webm", "b.gif", "b.webp", "b.png", "b"])
def test_one_frame_is_a_clip(name: str, tmp_path: Path) -> None:
    copied(make_clip(tmp_path / "a.mp4", pictures(1)), tmp_path / name)
    (frame,) = frames_of(tmp_path / name)
    assert distance(frame.rgb, pattern(0)) < 12


def test_sound_is_copied_byte_for_byte(tmp_path: Path) -> None:
    source = make_clip(
        tmp_path / "a.mkv", sounds=("eng", "deu"), subtitles=True, attachment=True,
        chapters=True, title="Waves",
    )  # fmt: skip
    assert copied(source, tmp_path / "b.mkv") == []
    for kind in ("audio", "subtitle"):
        assert packets(tmp_path / "b.mkv", kind) == packets(source, kind) != []
    with images.open_clip(source) as before, images.open_clip(tmp_path / "b.mkv") as after:
        assert after.info.chapters == before.info.chapters != ()
        assert [(t.kind, t.codec, t.language, t.dispositions) for t in after.info.tracks] == [
            (t.kind, t.codec, t.language, t.dispositions) for t in before.info.tracks
        ]
        assert after.info.metadata["title"] == "Waves"
    with av.open(str(tmp_path / "b.mkv")) as clip:
        assert next(s.data for s in clip.streams if s.type == "attachment") == b"a font"


@pytest.mark.parametrize("name", ["b.mp4", "b.mov"])
def test_what_a_container_cannot_hold_is_told(name: str, tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mkv", sounds=("eng", "deu"), subtitles=True, chapters=True)
    form = name[2:]
    assert copied(source, tmp_path / name) == [
        f"track 3 (subtitle in srt, fra) was left out: {form} does not hold it, an .mkv file may"
    ]
    sounds = [(number, data) for number, data, _ in packets(source)]
    assert sorted((n, d) for n, d, _ in packets(tmp_path / name)) == sorted(sounds)
    with images.open_clip(tmp_path / name) as clip:
        assert [t.codec for t in clip.info.tracks] == ["aac", "aac"]
        german = "ger" if form == "mov" else "deu"
        assert [t.language for t in clip.info.tracks] == ["eng", german]
        assert [chapter.title for chapter in clip.info.chapters] == ["Dawn", "Day"]


def test_sound_that_webm_does_not_hold_is_told(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mkv", sounds=("eng",), sound="pcm_s16le")
    assert copied(source, tmp_path / "b.webm") == [
        "track 1 (audio in pcm_s16le, eng) was left out: webm does not hold it, an .mkv file may"
    ]
    with images.open_clip(tmp_path / "b.webm") as clip:
        assert clip.info.tracks == ()


@pytest.mark.parametrize("name", ["b.gif", "b.webp", "b.png", "b.apng"])
def test_animations_keep_frames_and_times(name: str, tmp_path: Path) -> None:
    stamps = [0, 4, 10, 30, 34, 40, 50]
    source = make_clip(
        tmp_path / "a.mkv", pictures(7), pts=stamps, base=Fraction(1, 100),
        codec="ffv1", pixels="bgr0", sounds=("eng",),
    )  # fmt: skip
    (note,) = copied(source, tmp_path / name)
    assert note.endswith(" holds pictures alone; left out: track 1 (audio in aac, eng)")
    ends = [0.04, 0.06, 0.2, 0.04, 0.06, 0.1]
    times = timing(tmp_path / name)
    assert [start for start, _ in times] == [stamp / 100 for stamp in stamps]
    assert [duration for _, duration in times][:6] == ends
    for number, frame in enumerate(frames_of(tmp_path / name)):
        assert distance(frame.rgb, pattern(number)) < (0.1 if "png" in name else 8)
    with images.open_clip(tmp_path / name) as clip:
        assert clip.info.plays == 0
        images.save_clip(tmp_path / "c.mp4", clip.frames(), clip.info)
    assert [start for start, _ in timing(tmp_path / "c.mp4")] == [s / 100 for s in stamps]


def test_a_folder_of_frames_goes_in_and_out(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mkv", codec="ffv1", pixels="bgr0")
    copied(source, tmp_path / "frames")
    assert len(names(tmp_path / "frames")) == 12
    with images.open_clip(tmp_path / "frames", rate=Fraction(10)) as clip:
        assert (clip.info.rate, clip.info.total, clip.info.duration) == (10, 12, 1.2)
        images.save_clip(tmp_path / "b.mp4", clip.frames(), clip.info)
    for number, frame in enumerate(frames_of(tmp_path / "b.mp4")):
        assert frame.seconds == pytest.approx(number / 10)
        assert distance(frame.rgb, pattern(number)) < 4


def test_a_target_that_will_not_do_is_told(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a.txt").write_text("")
    (tmp_path / "d.mp4").mkdir()
    h264, plain = ClipSettings("h264"), ClipSettings()
    for name, settings, message in (
        ("b.avi", plain, "no kind of clip that tfnst writes; end it in one of .mp4, .m4v, .mov"),
        ("b.webm", h264, "webm is not written with h264; use vp9 or av1"),
        ("b.gif", h264, "codec is 'h264'; use None"),
        ("b.mp4", ClipSettings(crf=60), "crf is 60.0; use a number from 0 to 51"),
        ("b.mov", ClipSettings("prores", crf=5), "crf is 5.0; use None: prores has none"),
        ("none/b.mp4", plain, "there is no folder"),
        ("full", plain, "this folder is not empty"),
        ("d.mp4", plain, "this is a folder; name a file"),
    ):
        assert message in problem(clips.output_of, tmp_path / name, settings)
    assert problem(ClipSettings, crf=70) == "crf is 70; use a number from 0 to 63"


def test_frames_of_several_sizes_are_told(tmp_path: Path) -> None:
    info = ClipInfo("folder", "folder", "png", 64, 48, Fraction(1, 25))
    frames = [ClipFrame(n, pattern(n, 48 + 2 * n), n, 1, n / 25) for n in range(2)]
    message = problem(images.save_clip, tmp_path / "b.mp4", frames, info)
    assert message == (
        "a painted frame has 64 x 50 pixels, the first 64 x 48; paint all in one size"
    )
    assert problem(images.save_clip, tmp_path / "b.mp4", [], info).startswith("frames holds none")
    thin = [ClipFrame(0, pattern(0, 1), 0, 1, 0.0)]
    assert "takes 2 x 2 at least" in problem(images.save_clip, tmp_path / "b.mp4", thin, info)
    assert names(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="a limit that POSIX has")
@pytest.mark.parametrize("name", ["b.mkv", "b.mp4", "b.gif"])
def test_a_full_disk_leaves_what_was_there(name: str, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (20, 48, 64, 3), np.uint8)
    info = ClipInfo("folder", "folder", "png", 64, 48, Fraction(1, 25))
    frames = (ClipFrame(n, rgb, n, 1, n / 25) for n, rgb in enumerate(noise))
    (tmp_path / name).write_bytes(b"before")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        message = problem(images.save_clip, tmp_path / name, frames, info)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert f"{name}: cannot be written (File too large); check disk space" in message
    assert (tmp_path / name).read_bytes() == b"before" and names(tmp_path) == [name]


@pytest.mark.parametrize("name", ["b.mp4", "b.gif"])
def test_an_interruption_leaves_nothing(name: str, tmp_path: Path) -> None:
    def stopped() -> Iterator[ClipFrame]:
        yield ClipFrame(0, pattern(0), 0, 1, 0.0)
        raise KeyboardInterrupt

    info = ClipInfo("folder", "folder", "png", 64, 48, Fraction(1, 25))
    with pytest.raises(KeyboardInterrupt):
        images.save_clip(tmp_path / name, stopped(), info)
    assert names(tmp_path) == []


def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", [pattern(0, 96, 128)] * 8)
    info = images.open_clip(source).info
    settings = ClipSettings(preset="fast", segment=5)

    def peak(count: int) -> int:
        frames = (ClipFrame(n, pattern(n % 9, 96, 128), n, 1, n / 25) for n in range(count))
        tracemalloc.start()
        try:
            images.save_clip(tmp_path / "b.mp4", frames, info, settings)
            with images.open_clip(tmp_path / "b.mp4") as clip:
                assert sum(1 for _ in clip.frames()) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    few, many = peak(20), peak(120)
    assert many < few + 200_000  # a hundred frames are 3.7 MB


def test_without_pyav_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    frame = ClipFrame(0, pattern(0), 0, 1, 0.0)
    info = ClipInfo("folder", "folder", "png", 64, 48, Fraction(1, 25))
    for call, arguments in (
        (images.open_clip, ["a.mp4"]),
        (images.open_clip, [os.curdir]),
        (images.save_clip, ["b.mp4", [frame], info]),
        (images.save_clip, ["b.gif", [frame], info]),
    ):
        assert problem(call, *arguments).endswith("not installed; pip install 'tfnst[video]'")
