"""Tests of tfnst.images.clip_tracks."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tests.images.clip_samples import make_clip
from tfnst.images import clip_tracks, video_reading
from tfnst.images.clip_tracks import FileTracks, PassingTracks


def test_packets_come_when_they_are_due(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mkv", sounds=("eng", "deu"), subtitles=True)
    with closing(FileTracks(clip, "matroska")) as tracks:
        assert [stream.type for stream in tracks.kept] == ["audio", "audio", "subtitle"]
        early = [video_reading.packet_time(packet) for packet in tracks.until(0.2)]
        late = [video_reading.packet_time(packet) for packet in tracks.until(float("inf"))]
    assert len(early) > 10 and max(t or 0 for t in early) <= 0.2 < min(t or 0 for t in late)
    with closing(FileTracks(clip, "matroska", end=0.2)) as tracks:
        assert len(list(tracks.until(float("inf")))) == len(early)


def test_a_reader_passes_on_what_it_reads(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mkv", sounds=("eng",))
    with video_reading.VideoReader(clip, passing=True) as reader:
        tracks = PassingTracks(reader, "matroska")
        assert len(list(reader.frames())) == 12
        passed = [bytes(packet) for packet in tracks.until(float("inf"))]
    with closing(FileTracks(clip, "matroska")) as others:
        assert passed == [bytes(packet) for packet in others.until(float("inf"))] != []


def test_the_clock_of_a_broadcast_is_moved(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.ts", sounds=("eng",), pts=range(500, 512))
    with closing(FileTracks(clip, "mp4")) as tracks:
        packets = list(tracks.until(float("inf")))
    assert tracks.start > 0
    assert min(float(packet.pts * packet.time_base) for packet in packets) == pytest.approx(0)


def test_metadata_of_the_file_stay_behind() -> None:
    said = {"title": "Waves", "ENCODER": "Lavf", "major_brand": "isom", "_STATISTICS_TAGS": "BPS"}
    assert clip_tracks.about(said) == {"title": "Waves"}


def test_what_pictures_alone_leave_out_is_one_sentence(tmp_path: Path) -> None:
    with video_reading.VideoReader(make_clip(tmp_path / "a.mkv", sounds=("eng", "deu"))) as clip:
        (note,) = clip_tracks.lost(clip.info.tracks, "gif")
    assert note == (
        "gif holds pictures alone; left out: track 1 (audio in aac, eng), "
        "track 2 (audio in aac, deu)"
    )
    assert clip_tracks.lost((), "gif") == []
