"""Segments and tracks to one file or pipe, in any container."""

from __future__ import annotations

import contextlib
from collections import deque
from fractions import Fraction
from typing import Any

from tfnst.files import Name
from tfnst.images.clip_tracks import Tracks, about
from tfnst.images.video_encoding import ENCODERS, Pictures, Segment
from tfnst.images.video_library import pyav


class Muxer:
    """A container that is being written.

    Args:
        file: its name, or FFmpeg's of a pipe.
        form: FFmpeg's name of the format.
        pictures: what the segments hold.
        tracks: what goes along; None for nothing.

    Raises:
        FFmpeg's errors, and OSError, as its methods do.
    """

    def __init__(self, file: Name, form: str, pictures: Pictures, tracks: Tracks | None) -> None:
        # The index first: a browser then shows a clip before all of it is there.
        options = {"movflags": "faststart"} if form in ("mp4", "mov") else {}
        self._av, self._tracks = pyav(), tracks
        self._output = self._av.open(file, "w", format=form, options=options)
        self._base = pictures.source.time_base
        self._step = round(1 / ((pictures.source.rate or 25) * self._base)) or 1
        try:
            rate = pictures.source.rate or Fraction(25)
            self._stream = self._output.add_stream(ENCODERS[pictures.codec].name, rate=rate)
            pictures.prepare(self._stream.codec_context)
            self._stream.time_base = self._base
            self._streams: dict[int, Any] = {}
            if tracks is not None:
                self._stream.metadata.update(about(tracks.pictures.metadata))
                self._streams = tracks.add_to(self._output)
            self._output.start_encoding()
        except BaseException:
            self.abandon()
            raise
        self._delay = self._stream.codec_context.reorder_depth
        self._dts: deque[int] = deque()
        self._last: dict[int, int] = {}
        self._is_first = True

    def add(self, segment: Segment) -> None:
        """Write a segment, and of the tracks what is due by then.

        Frames are decoded in an order other than that of their time, each by the time that the
        frame `delay` places before it is shown: so segments that were encoded apart follow each
        other as if they had not been.
        """
        stamps = segment.pts
        if self._is_first:
            self._dts.extend(stamps[0] - self._step * n for n in range(self._delay, 0, -1))
            self._is_first = False
        self._dts.extend(stamps)
        for packet in segment.packets:
            coded = self._av.Packet(packet.data)
            coded.pts, coded.dts, coded.duration = packet.pts, self._dts.popleft(), packet.duration
            coded.time_base, coded.is_keyframe = self._base, packet.is_key
            coded.stream = self._stream
            self._pass_on(float(coded.dts * self._base))
            self._output.mux_one(coded)

    def finish(self) -> None:
        """Write the rest of the tracks, and the end."""
        self._pass_on(float("inf"))
        self._output.close()

    def abandon(self) -> None:
        """Close the file, whatever it holds."""
        with contextlib.suppress(Exception):  # of what is half-written, any
            self._output.close()

    def _pass_on(self, seconds: float) -> None:
        for packet in self._tracks.until(seconds) if self._tracks else ():
            index = packet.stream_index
            stream = self._streams[index]
            self._raise_dts(packet, index)
            packet.stream = stream
            self._output.mux_one(packet)

    def _raise_dts(self, packet: Any, index: int) -> None:
        """Times that do not rise, as broken files have them, would end the writing."""
        dts = packet.pts if packet.dts is None else packet.dts
        packet.dts = max(dts, self._last.get(index, dts - 1) + 1)
        if packet.pts is not None and packet.pts < packet.dts:
            packet.pts = packet.dts
        self._last[index] = packet.dts
