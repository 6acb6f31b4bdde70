"""Tests of tfnst.images.clip_info."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from tfnst.images import ClipDamage, ClipInfo
from tfnst.images.clip_info import Chapter, Track

INFO = ClipInfo("video", "mp4", "h264", 64, 48, Fraction(1, 25))


def test_how_many_frames_are_to_be_expected() -> None:
    assert INFO.total is None and replace(INFO, frames=7).total == 7
    assert replace(INFO, rate=Fraction(30000, 1001), duration=10.01).total == 300
    assert replace(INFO, rate=Fraction(25), duration=0.001).total == 1


def test_what_is_said_of_parts_of_a_clip() -> None:
    assert str(Track(2, "audio", "aac", "eng")) == "track 2 (audio in aac, eng)"
    assert str(Track(2, "data", "tmcd")) == "track 2 (data in tmcd)"
    assert Chapter(0, 1).title == "" and Chapter(0, 1, {"title": "Dawn"}).title == "Dawn"
    said = str(ClipDamage(1, 0.04, "what follows is damaged"))
    assert said == "the clip ends after 0.04 s, 1 frame: what follows is damaged"
    assert "0.08 s, 2 frames: " in str(ClipDamage(2, 0.08, ""))
    assert hash(INFO) == hash(replace(INFO, metadata={"title": "Waves"}))
