"""A clip painted frame by frame: reading, painting and writing overlap, and may be interrupted."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from tfnst.files import FileError, Name
from tfnst.images import ClipReader, ClipSettings, clip_colors, clips
from tfnst.images.clip_tracks import PassingTracks, Tracks
from tfnst.images.frame_folders import RATE
from tfnst.images.video_encoding import Pictures, Segment, SegmentEncoder
from tfnst.images.video_library import pyav, writing
from tfnst.images.video_muxing import Muxer
from tfnst.images.video_reading import PIPE, VideoReader
from tfnst.painting.clip_parts import ClipParts, identity
from tfnst.painting.clip_progress import ClipInterrupted, ClipProgress, PaintedClip, Speed
from tfnst.painting.frame_painters import FramePainter, RememberingPainter, State, state_of
from tfnst.painting.overlap import Ahead, Behind

ROOM = 4  # frames that wait to be painted, and painted ones that wait to be written
_PROMPTLY = 1.0  # seconds that reading has to end, which a pipe may hold up for ever


def paint_clip(
    source: Name,
    target: Name,
    painter: FramePainter,
    settings: ClipSettings | None = None,
    resume: bool = False,
    recipe: str = "",
    rate: Fraction = RATE,
) -> Iterator[ClipProgress]:
    """Paint a clip.

    Sound, subtitles, chapters and metadata go along, packet by packet as they are. Frames are
    encoded in segments that know nothing of each other, and lie in NAME.parts beside the target
    until all are there: a run that is interrupted at any moment and resumed gives the frames of
    one run.

    Args:
        source: a video, a GIF, WebP or PNG, a folder of numbered pictures, or "-", standard input.
        target: .mp4, .m4v, .mov, .mkv, .webm, .gif, .webp, .png, .apng, a folder, or "-", which
            gives Matroska on standard output and cannot be resumed.
        painter: of frames; one that remembers is a `RememberingPainter`.
        settings: how the target is encoded.
        resume: go on with the parts of an earlier run, or begin where there are none.
        recipe: how frames are painted, in any words: parts with another one are refused.
        rate: frames a second of a folder.

    Yields:
        A report a frame, and a last one with `done`.

    Raises:
        FileError: the source cannot be read, or the target cannot be written; what was at the
            target stays.
        ValueError: settings that the target does not take; parts of another source, other settings
            or another recipe, or any without `resume`; painted frames of several sizes; PyAV is
            not installed.
        ClipInterrupted: Ctrl-C.
    """
    settings = settings or ClipSettings()
    output = clips.output_of(target, settings)
    work = _Work(source, target, painter, settings, output, rate)
    if target == PIPE:
        yield from work.into_pipe()
        return
    if source != PIPE and Path(source).resolve() == Path(target).resolve():
        raise FileError(target, "is the clip itself; name another file to write")
    yield from work.into_file(resume, recipe)


@dataclass(frozen=True)
class _Painted:
    """A frame to be written, and what the painter remembers where it ends a segment."""

    rgb: np.ndarray
    pts: int
    duration: int
    state: State | None


class _SegmentWriter:
    """Painted frames to segments, each handed on when it is whole."""

    def __init__(self, pictures: Pictures, keep: Callable[[Segment, State | None], None]) -> None:
        self._pictures, self._keep = pictures, keep
        self._encoder: SegmentEncoder | None = None

    def take(self, painted: _Painted) -> None:
        """Encode a frame."""
        self._encoder = self._encoder or SegmentEncoder(self._pictures)
        self._encoder.add(painted.rgb, painted.pts, painted.duration)
        if len(self._encoder) == self._pictures.segment:
            segment, self._encoder = self._encoder.finished(), None
            self._keep(segment, painted.state)

    def finish(self) -> None:
        """Hand on the last segment."""
        if self._encoder:
            self._keep(self._encoder.finished(), None)


@dataclass
class _Work:
    """One clip from its source to its target."""

    source: Name
    target: Name
    painter: FramePainter
    settings: ClipSettings
    output: clips.Output
    rate: Fraction
    pictures: Pictures | None = None  # known from the first painted frame
    is_stuck: bool = False  # whether a thread still waits for the source

    def into_file(self, resume: bool, recipe: str) -> Iterator[ClipProgress]:
        """Paint into parts, and then join them."""
        path = Path(self.target)
        with contextlib.ExitStack() as stack:
            parts = stack.enter_context(contextlib.closing(ClipParts(path)))
            reader = stack.enter_context(self._reader(parts))
            parts.begin(self._card(reader, recipe), resume)
            self._restore(parts, reader)
            resumed = parts.frames
            try:
                if parts.end is None:
                    yield from self._paint(reader, resumed, self._kept_in(parts))
                    parts.finish(reader.damage)
                elif self.source == PIPE:  # all is painted, but its sound is to come
                    for _ in reader.frames(parts.end.frames):
                        pass
                done = self._join(path, parts, resumed)
            except KeyboardInterrupt:
                kept = f"{parts.frames} frames are kept" if parts.count else "nothing is kept yet"
                text = f"stopped, {kept}; the same command with --resume goes on"
                raise ClipInterrupted(text) from None
            parts.delete()
            yield ClipProgress.last(done)

    def into_pipe(self) -> Iterator[ClipProgress]:
        """Paint, and write each segment when it is whole."""
        with contextlib.ExitStack() as stack:
            reader = stack.enter_context(self._reader(None))
            tracks = self._tracks_of(reader)
            if tracks is not None:
                stack.enter_context(contextlib.closing(tracks))
            muxers: list[Muxer] = []

            def keep(segment: Segment, _: State | None) -> None:
                assert self.pictures is not None
                with writing("standard output"):
                    if not muxers:
                        form = self.output.form
                        muxers.append(Muxer("pipe:1", form, self.pictures, tracks))
                        stack.callback(muxers[0].abandon)
                    muxers[0].add(segment)

            frames = 0
            for report in self._paint(reader, 0, keep):
                frames = report.frames
                yield report
            with writing("standard output"):
                muxers[0].finish()
            assert self.pictures is not None
            notes = clips.notes_of(self.output, self.pictures, tracks)
            yield ClipProgress.last(PaintedClip(PIPE, frames, 0, reader.damage, tuple(notes)))

    @contextlib.contextmanager
    def _reader(self, parts: ClipParts | None) -> Iterator[ClipReader]:
        """The source; where it can be read but once, what its tracks take is kept."""
        with contextlib.ExitStack() as stack:
            if self.source != PIPE:
                reader = clips.open_clip(self.source, rate=self.rate)
            elif parts is None:
                reader = VideoReader(PIPE, passing=True)
            else:
                is_video = self.output.kind == "video"
                copy = stack.enter_context(parts.copy.open("wb", 0)) if is_video else None
                reader = VideoReader(PIPE, copy=copy)
            try:
                yield reader
            finally:
                if not self.is_stuck:
                    reader.close()

    def _tracks_of(self, reader: ClipReader) -> Tracks | None:
        if self.source == PIPE and isinstance(reader, VideoReader):
            return PassingTracks(reader, self.output.form)
        return clips.tracks_of(self.source, self.output.form)

    def _card(self, reader: ClipReader, recipe: str) -> dict[str, Any]:
        source = None if self.source == PIPE else Path(self.source)
        settings = asdict(self.settings) | asdict(self.output) | {"rate": str(self.rate)}
        return {
            "source": identity(source, reader.info),
            "settings": settings,
            "recipe": recipe,
            "PyAV": pyav().__version__,
        }

    def _restore(self, parts: ClipParts, reader: ClipReader) -> None:
        if parts.count and parts.end is None and isinstance(self.painter, RememberingPainter):
            state = parts.state()
            if state is not None:
                self.painter.restore(state)
        if parts.size is not None:
            height, width = parts.size
            codec = self.output.codec
            self.pictures = Pictures(codec, self.settings, width, height, reader.info)

    def _kept_in(self, parts: ClipParts) -> Callable[[Segment, State | None], None]:
        def keep(segment: Segment, state: State | None) -> None:
            assert self.pictures is not None
            parts.add(segment, (self.pictures.height, self.pictures.width), state)

        return keep

    def _paint(
        self, reader: ClipReader, begin: int, keep: Callable[[Segment, State | None], None]
    ) -> Iterator[ClipProgress]:
        """Paint the frames from that one on, while others are read and written."""
        speed, total = Speed(), reader.info.total
        ahead = Ahead(reader.frames(begin), ROOM)
        writer: _SegmentWriter | None = None
        behind: Behind[_Painted] | None = None
        try:
            for frame in ahead:
                painted = self.painter(frame.rgb, frame.seconds)
                rgb = clip_colors.as_bytes(painted, "the painted frame")
                if self.pictures is None:
                    codec = self.output.codec
                    self.pictures = Pictures.of(codec, self.settings, rgb, reader.info)
                if behind is None or writer is None:
                    writer = _SegmentWriter(self.pictures, keep)
                    behind = Behind(writer.take, ROOM)
                ends = (frame.number + 1) % self.pictures.segment == 0
                state = state_of(self.painter) if ends else None
                behind.put(_Painted(rgb, frame.pts, frame.duration, state))
                yield speed.report(frame.number + 1, total)
            if behind is not None and writer is not None:
                behind.finish()
                writer.finish()
        finally:
            self.is_stuck = not ahead.close(_PROMPTLY)
            if behind is not None:
                behind.abandon()

    def _join(self, target: Path, parts: ClipParts, resumed: int) -> PaintedClip:
        assert self.pictures is not None and parts.end is not None
        damage, tracks = parts.end.damage, None
        if self.output.kind == "video":
            source = parts.copy if self.source == PIPE else self.source
            end = damage.seconds if damage else None
            tracks = clips.tracks_of(source, self.output.form, end)
        with contextlib.closing(tracks) if tracks else contextlib.nullcontext():
            segments = parts.segments()
            notes = clips.write_segments(target, self.output, self.pictures, segments, tracks)
        return PaintedClip(str(target), parts.end.frames, resumed, damage, tuple(notes))
