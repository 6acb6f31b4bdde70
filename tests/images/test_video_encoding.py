"""Tests of tfnst.images.video_encoding."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from tests.images.clip_samples import pattern, pictures
from tests.images.samples import problem
from tfnst.images import ClipInfo, ClipSettings, video_encoding
from tfnst.images.video_encoding import ENCODERS, Codec, Pictures, Segment, SegmentEncoder

INFO = ClipInfo("video", "mp4", "h264", 64, 48, Fraction(1, 1000), rate=Fraction(25))


def segment(codec: Codec, frames: list[np.ndarray], begin: int = 0) -> tuple[Pictures, Segment]:
    made = Pictures.of(codec, ClipSettings(preset="fast"), frames[0], INFO)
    encoder = SegmentEncoder(made)
    for number, rgb in enumerate(frames, begin):
        encoder.add(rgb, 40 * number, 40)
    assert len(encoder) == len(frames)
    return made, encoder.finished()


@pytest.mark.parametrize("codec", ENCODERS)
def test_a_segment_has_a_packet_a_frame_and_begins_with_a_key(codec: Codec) -> None:
    _, made = segment(codec, pictures(7))
    assert made.pts == [40 * number for number in range(7)]
    assert made.packets[0].is_key and {packet.duration for packet in made.packets} == {40}


@pytest.mark.parametrize("codec", ["h264", "vp9", "ffv1"])
def test_encoding_twice_gives_the_same_bytes(codec: Codec) -> None:
    assert segment(codec, pictures(7)) == segment(codec, pictures(7))


def test_lossless_segments_are_decoded_as_they_were() -> None:
    made, first = segment("ffv1", pictures(3))
    _, second = segment("ffv1", pictures(2), 3)
    decoded = list(video_encoding.decoded(made, [first, second]))
    assert [(pts, duration) for _, pts, duration in decoded] == [(40 * n, 40) for n in range(5)]
    for (rgb, *_), wanted in zip(decoded, pictures(3) + pictures(2), strict=True):
        np.testing.assert_array_equal(rgb, wanted)


def test_large_frames_come_in_short_lossless_segments() -> None:
    settings = ClipSettings(segment=48)
    assert Pictures("ffv1", settings, 64, 48, INFO).segment == 48
    assert Pictures("ffv1", settings, 7680, 4320, INFO).segment == 4
    assert Pictures("h264", settings, 7680, 4320, INFO).segment == 48


def test_even_sizes_are_cut_where_chroma_needs_them() -> None:
    for codec, shape in (("h264", (46, 62)), ("vp9", (47, 63)), ("ffv1", (47, 63))):
        assert video_encoding.fitting(codec, pattern(0, 47, 63)).shape[:2] == shape  # type: ignore[arg-type]
    assert "takes 2 x 2 at least" in problem(video_encoding.fitting, "h264", pattern(0, 1, 9))
