"""Tests of tfnst.images.video_reading."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.images.clip_samples import (
    distance,
    frames_of,
    make_clip,
    pattern,
    pictures,
    timing,
    turned,
)
from tests.images.samples import problem
from tfnst import images


def test_a_clip_is_described(tmp_path: Path) -> None:
    clip = make_clip(
        tmp_path / "a.mkv",
        sounds=("eng", "deu"),
        subtitles=True,
        attachment=True,
        chapters=True,
        title="Waves",
    )
    with images.open_clip(clip) as reader:
        info = reader.info
    assert (info.kind, info.codec, info.width, info.height) == ("video", "h264", 64, 48)
    assert (info.rate, info.total, info.depth, info.rotation) == (25, 12, 8, 0)
    assert info.duration == pytest.approx(0.5, abs=0.03)
    assert (info.matrix, info.is_full_range, info.sample_aspect_ratio) == ("bt601", False, 1)
    assert [(t.kind, t.codec, t.language) for t in info.tracks] == [
        ("audio", "aac", "eng"),
        ("audio", "aac", "deu"),
        ("subtitle", "srt", "fra"),
        ("attachment", "font.ttf", None),
    ]
    assert [track.dispositions for track in info.tracks[:2]] == [("default",), ()]
    assert [(c.start, c.end, c.title) for c in info.chapters] == [
        (0.0, 0.2, "Dawn"),
        (0.2, 0.48, "Day"),
    ]
    assert info.metadata["title"] == "Waves"


@pytest.mark.parametrize(
    ("name", "codec", "pixels"),
    [
        ("a.mp4", "libx264", "yuv420p"),
        ("a.avi", "mpeg4", "yuv420p"),
        ("a.webm", "libvpx-vp9", "yuv420p"),
        ("a.ts", "mpeg2video", "yuv420p"),
        ("a.mov", "prores_ks", "yuv422p10le"),
        ("a.mkv", "ffv1", "bgr0"),
    ],
)
def test_frames_are_read_from_any_container(
    name: str, codec: str, pixels: str, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / name, codec=codec, pixels=pixels)
    frames = frames_of(clip)
    assert [frame.number for frame in frames] == list(range(12))
    for frame in frames:
        assert frame.rgb.dtype == np.uint8 and frame.rgb.flags.writeable
        assert distance(frame.rgb, pattern(frame.number)) < 12
    starts = np.diff([frame.seconds for frame in frames])
    np.testing.assert_allclose(starts, 0.04, atol=1e-3)


def test_the_clock_of_a_broadcast_begins_at_nought(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.ts", pts=range(250, 262))
    frames = frames_of(clip)
    assert 0 <= frames[0].seconds < 0.2
    late = make_clip(tmp_path / "a.mkv", pts=range(250, 262))
    assert frames_of(late)[0].seconds == pytest.approx(10)


def test_frames_keep_the_times_that_they_have(tmp_path: Path) -> None:
    stamps = [0, 1, 2, 7, 8, 20]
    clip = make_clip(tmp_path / "a.mp4", pictures(6), pts=stamps, base=Fraction(1, 100))
    wanted = [(0, 0.01), (0.01, 0.01), (0.02, 0.05), (0.07, 0.01), (0.08, 0.12)]
    assert timing(clip)[:5] == wanted


def test_leaving_frames_out_changes_no_other(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4")
    whole = frames_of(clip)
    with images.open_clip(clip) as reader:
        rest = list(reader.frames(skip=9))
    assert [frame.number for frame in rest] == [9, 10, 11]
    for frame, same in zip(rest, whole[9:], strict=True):
        assert (frame.pts, frame.duration) == (same.pts, same.duration)
        np.testing.assert_array_equal(frame.rgb, same.rgb)
    with images.open_clip(clip) as reader:
        assert list(reader.frames(skip=99)) == [] and reader.damage is None


@pytest.mark.parametrize(
    ("matrix", "degrees", "mirrored"),
    [
        ((0, 1, -1, 0), 90, False),
        ((-1, 0, 0, -1), 180, False),
        ((0, -1, 1, 0), 270, False),
        ((-1, 0, 0, 1), 0, True),
    ],
)
def test_frames_are_upright(
    matrix: tuple[int, int, int, int], degrees: int, mirrored: bool, tmp_path: Path
) -> None:
    clip = turned(make_clip(tmp_path / "a.mp4", pictures(2)), matrix)
    with images.open_clip(clip) as reader:
        info, frame = reader.info, next(reader.frames())
    stored = pattern(0)[:, ::-1] if mirrored else pattern(0)
    wanted = np.rot90(stored, -degrees // 90)
    assert (info.rotation, info.mirrored) == (degrees, mirrored)
    assert (info.height, info.width) == wanted.shape[:2] == frame.rgb.shape[:2]
    assert distance(frame.rgb, wanted) < 7


def test_deep_frames_keep_more_than_eight_bits(tmp_path: Path) -> None:
    ramp = np.repeat(np.linspace(0, 1, 64)[None, :, None], 48, 0).repeat(3, 2)
    frames = [(ramp * 255).round().astype(np.uint8)]
    clip = make_clip(tmp_path / "a.mov", frames, codec="prores_ks", pixels="yuv422p10le")
    with images.open_clip(clip, deep=True) as reader:
        assert reader.info.depth == 10
        frame = next(reader.frames())
    assert frame.rgb.dtype == np.float32 and frame.rgb.min() >= 0 and frame.rgb.max() <= 1
    steps = frame.rgb * 255
    assert np.abs(steps - steps.round()).max() > 0.2
    np.testing.assert_allclose(frame.rgb, ramp, atol=0.03)


def test_a_file_that_is_cut_short_gives_what_it_has(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mkv", pictures(30), options={"cluster_time_limit": "100"})
    data = clip.read_bytes()
    clip.write_bytes(data[: len(data) * 6 // 10])
    with images.open_clip(clip) as reader:
        frames = list(reader.frames())
        damage = reader.damage
    assert damage is not None and 5 < len(frames) < 25
    assert damage.frames == len(frames)
    assert damage.seconds == pytest.approx(len(frames) / 25, abs=0.05)
    assert str(damage).startswith(f"the clip ends after {damage.seconds:.2f} s, {len(frames)} ")
    for frame in frames[:-1]:
        assert distance(frame.rgb, pattern(frame.number)) < 7


def test_an_index_that_tells_more_than_there_is(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", pictures(30), options={"movflags": "faststart"})
    data = clip.read_bytes()
    clip.write_bytes(data[: len(data) * 7 // 10])
    with images.open_clip(clip) as reader:
        assert reader.info.total == 30
        frames = list(reader.frames())
    assert 0 < len(frames) < 30
    assert reader.damage is not None and reader.damage.frames == len(frames)


def test_frames_end_before_what_is_damaged(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", pictures(30), options={"movflags": "faststart"})
    data = bytearray(clip.read_bytes())
    with av.open(str(clip)) as container:
        places = [packet.pos for packet in container.demux(video=0) if packet.size]
    data[places[14] : places[18]] = bytes(places[18] - places[14])
    clip.write_bytes(data)
    with images.open_clip(clip) as reader:
        frames = list(reader.frames())
    assert reader.damage is not None and reader.damage.reason == "what follows is damaged"
    assert 3 < len(frames) < 30
    for frame in frames:
        assert distance(frame.rgb, pattern(frame.number)) < 7


def test_a_whole_file_is_not_damaged(tmp_path: Path) -> None:
    for name in ("a.mkv", "a.mp4", "a.ts", "a.avi"):
        with images.open_clip(make_clip(tmp_path / name, sounds=("eng",))) as reader:
            assert len(list(reader.frames())) == 12
        assert reader.damage is None


def test_what_is_no_clip_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no clip at all\n" * 99)
    (tmp_path / "noise.mkv").write_bytes(np.random.default_rng(0).bytes(5000))
    (tmp_path / "empty.mp4").write_bytes(b"")
    images.save(tmp_path / "photo.jpg", pattern(0))
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n#EXTINF:1,\na.ts\n#EXT-X-ENDLIST\n")
    for name, message in (
        ("text.mp4", "no clip"),
        ("noise.mkv", "no clip that FFmpeg reads, or cut short before its index"),
        ("empty.mp4", "the file is empty, 0 bytes"),
        ("photo.jpg", "no clip: name a video"),
        ("list.m3u8", "no clip"),
        ("none.mp4", "there is no such file"),
    ):
        assert f"{name}: {message}" in problem(images.open_clip, tmp_path / name)


def test_sound_alone_is_no_clip(tmp_path: Path) -> None:
    sound = tmp_path / "a.mp3"
    with av.open(str(sound), "w") as output:
        track = output.add_stream("mp3", rate=44100, layout="mono")
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 44100), np.float32), format="fltp", layout="mono"
        )
        frame.sample_rate = 44100
        output.mux(track.encode(frame))
        output.mux(track.encode(None))
    assert "holds sound and no moving picture" in problem(images.open_clip, sound)


def test_an_mp4_without_its_index_is_told(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", pictures(30))
    clip.write_bytes(clip.read_bytes()[:-2000])
    assert "cut short before its index; try a copy" in problem(images.open_clip, clip)


def test_names_are_no_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_clip(tmp_path / "a.mp4").rename(tmp_path / "concat:a|b.mp4")
    monkeypatch.chdir(tmp_path)
    assert len(frames_of("concat:a|b.mp4")) == 12
    assert "no such file" in problem(images.open_clip, "http://localhost/a.mp4")
