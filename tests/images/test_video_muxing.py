"""Tests of tfnst.images.video_muxing."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest

from tests.images.clip_samples import pictures
from tfnst.images import ClipInfo, ClipSettings
from tfnst.images.video_encoding import Pictures, SegmentEncoder
from tfnst.images.video_muxing import Muxer


@pytest.mark.parametrize("stamps", [range(20), [0, 1, 2, 3, 40, 41, 80, 81, *range(100, 112)]])
def test_segments_follow_each_other_in_time(stamps: list[int], tmp_path: Path) -> None:
    info = ClipInfo("video", "mp4", "h264", 64, 48, Fraction(1, 50), rate=Fraction(25))
    frames = pictures(20)
    made = Pictures.of("h264", ClipSettings(), frames[0], info)
    muxer = Muxer(tmp_path / "a.mp4", "mp4", made, None)
    for first in range(0, 20, 5):
        encoder = SegmentEncoder(made)
        for rgb, pts in list(zip(frames, stamps, strict=True))[first : first + 5]:
            encoder.add(rgb, pts, 1)
        muxer.add(encoder.finished())
    muxer.finish()
    with av.open(str(tmp_path / "a.mp4")) as clip:
        packets = [packet for packet in clip.demux(video=0) if packet.size]
        assert [packet.dts for packet in packets] == sorted({packet.dts for packet in packets})
        assert all(packet.dts <= packet.pts for packet in packets)
        assert [number for number, p in enumerate(packets) if p.is_keyframe] == [0, 5, 10, 15]
        base = clip.streams.video[0].time_base
        assert sorted(p.pts * base for p in packets) == [Fraction(s, 50) for s in stamps]
