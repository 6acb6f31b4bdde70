"""Clips of any container and codec that FFmpeg reads, frame by frame."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

from tfnst.files import FileError, Name, opened
from tfnst.images import clip_colors
from tfnst.images.clip_info import Chapter, ClipDamage, ClipFrame, ClipInfo, ClipReader, Track
from tfnst.images.video_library import pyav

PIPE = "-"  # the name of standard input and of standard output
# Lists of other files, which a stranger's could lead anywhere; and texts taken for pictures.
_REFUSED = {"hls", "dash", "concat", "image2", "tty", "bin", "xbin", "adf", "idf", "lrc"}
# Only headers of these say how long a clip is; of others FFmpeg guesses.
_TIMED = ("matroska", "mov", "flv")
_SLACK = 0.25  # seconds by which a whole file may end before its header says


class _Input(io.RawIOBase):
    """Standard input, which cannot go back; what is read is copied into a file, if there is one."""

    def __init__(self, copy: IO[bytes] | None) -> None:
        self._file = io.FileIO(0, closefd=False)
        self._copy = copy

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._file.readinto(buffer) or 0
        if self._copy:
            self._copy.write(memoryview(buffer)[:count])
        return count


def open_container(source: Name, copy: IO[bytes] | None = None) -> Any:
    """FFmpeg's view of a file, or of standard input for "-".

    Raises:
        FileError: what is no clip, or damaged from its beginning.
    """
    av, is_pipe = pyav(), source == PIPE
    file: Any = _Input(copy)
    if not is_pipe:
        with opened(source) as stored:
            if not stored.read(1):
                raise FileError(source, "the file is empty, 0 bytes; copy or download it again")
        file = f"file:{Path(source).absolute()}"  # no name is taken for a protocol's
    try:
        container = av.open(file, metadata_errors="replace")
    except (av.error.FFmpegError, OSError, ValueError) as error:
        advice = "give the file itself, as its index may be at its end" if is_pipe else "try a copy"
        text = f"no clip that FFmpeg reads, or cut short before its index; {advice}"
        raise FileError(source, text) from error
    names = set(container.format.name.split(","))
    if names & _REFUSED or any(name.endswith("_pipe") for name in names):
        container.close()
        raise FileError(source, "no clip: name a video, a GIF, or a folder of numbered pictures")
    return container


def is_cover(stream: Any) -> bool:
    """Whether it is a picture that stands for a file, as an album's cover does."""
    return bool(stream.disposition & pyav().stream.Disposition.attached_pic)


def main_pictures(source: Name, container: Any) -> Any:
    """The stream of the moving picture: the largest of those that are there to be shown."""
    streams = [stream for stream in container.streams.video if not is_cover(stream)]
    if not streams:
        has_sound = bool(container.streams.audio)
        holds = "holds sound and no moving picture" if has_sound else "holds no moving picture"
        raise FileError(source, f"{holds}; name a video")
    default = pyav().stream.Disposition.default
    return max(streams, key=lambda s: (bool(s.disposition & default), s.width * s.height, -s.index))


def beginning(container: Any) -> float:
    """Seconds at which the clock of a file begins: of broadcasts anywhere, of others at 0."""
    discontinuous = pyav().format.Flags.ts_discont.value
    if container.start_time and int(container.format.flags) & discontinuous:
        return container.start_time / 1e6
    return 0.0


def packet_time(packet: Any) -> float | None:
    """When a packet is due, in seconds of its file's clock; None for one without a time."""
    stamp = packet.pts if packet.dts is None else packet.dts
    return None if stamp is None else float(stamp * packet.time_base)


class VideoReader(ClipReader):
    """A file, or standard input, by FFmpeg.

    Args:
        source: its name, or "-" for standard input.
        deep: have frames as float32, which keeps more than 8 bits.
        copy: an open file that gets all that standard input gives.
        passing: keep the packets of other tracks in `packets`, for one who takes them from there.
    """

    def __init__(
        self,
        source: Name,
        deep: bool = False,
        copy: IO[bytes] | None = None,
        passing: bool = False,
    ) -> None:
        self.source, self.deep = source, deep
        self.packets: deque[Any] | None = deque() if passing else None
        self.container = open_container(source, copy)
        try:
            self.stream = main_pictures(source, self.container)
            self.stream.thread_type = "AUTO"
            self._progress = _Progress()
            self._pictures = self._decode()
            self._first = next(self._pictures, None)
            if self._first is None:
                text = "no frame of it can be decoded; try a copy, or convert it with FFmpeg"
                raise FileError(source, text)
            self._way = clip_colors.orientation(self._first)
            self.info = _described(self.container, self.stream, self._first)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self.container.close()

    def frames(self, skip: int = 0) -> Iterator[ClipFrame]:
        """The frames; see `ClipReader`."""
        number, waiting = 0, None
        for picture, pts in self._stamped():
            if waiting is not None:
                yield replace(waiting, duration=pts - waiting.pts)
                waiting = None
            if number >= skip:
                seconds, usual = float(pts * self.info.time_base), self._usual(picture)
                waiting = ClipFrame(number, self._rgb(picture), pts, usual, seconds)
            number += 1
        self._find_damage(number)
        if waiting is not None:
            yield waiting

    def _rgb(self, picture: Any) -> Any:
        matrix, full = clip_colors.matrix_of(picture), clip_colors.is_full_range(picture)
        rgb = clip_colors.to_rgb(picture, matrix, full, self.deep)
        return clip_colors.upright(rgb, self._way)

    def _usual(self, picture: Any) -> int:
        """How long a frame lasts, in ticks, when no other follows."""
        rate, base = self.info.rate, self.info.time_base
        return picture.duration or max(1, round(1 / (rate * base)) if rate else 1)

    def _stamped(self) -> Iterator[tuple[Any, int]]:
        """Pictures with time stamps that rise: some files have none, or two alike."""
        base, last = self.info.time_base, None
        start = round(Fraction(beginning(self.container)) / base)
        first, self._first = self._first, None
        for picture in itertools.chain([first], self._pictures):
            step = self._usual(picture)
            expected = 0 if last is None else last + step
            pts = expected if picture.pts is None else picture.pts - start
            last = pts if last is None else max(pts, last + 1)
            self._progress.seconds = float((last + step) * base)
            yield picture, last

    def _decode(self) -> Iterator[Any]:
        """Decoded frames until the end, or until the first that cannot be decoded."""
        av, progress = pyav(), self._progress
        try:
            for packet in self.container.demux():
                if packet.stream.index != self.stream.index:
                    self._pass_on(packet)
                    continue
                progress.note(packet, counted=True)
                try:
                    pictures = packet.decode()
                except av.error.FFmpegError:
                    # Recordings may begin in the middle of a group of pictures.
                    if progress.pictures:
                        progress.reason = "what follows is damaged"
                        return
                    continue
                for picture in pictures:
                    if picture.is_corrupt and progress.pictures:
                        progress.reason = "what follows is damaged"
                        return
                    progress.pictures += 1
                    yield picture
        except av.error.EOFError:
            return
        except (av.error.FFmpegError, OSError) as error:
            progress.reason = f"what follows cannot be read ({error.strerror})"

    def _pass_on(self, packet: Any) -> None:
        self._progress.note(packet, counted=False)
        if self.packets is not None:
            self.packets.append(packet)

    def _find_damage(self, frames: int) -> None:
        progress, reason = self._progress, self._progress.reason
        if not reason and self.stream.frames and progress.packets < self.stream.frames:
            reason = f"it is cut short, of {self.stream.frames} frames"
        duration, names = self.container.duration, self.container.format.name.split(",")
        if not reason and duration and set(names) & set(_TIMED):
            whole = duration / 1e6
            if progress.end < whole - _SLACK and progress.seconds < whole - _SLACK:
                reason = f"it is cut short, of {whole:.2f} s"
        if reason:
            self.damage = ClipDamage(frames, progress.seconds, reason)


@dataclass
class _Progress:
    """How far a file is read, and why no further."""

    pictures: int = 0  # decoded
    packets: int = 0  # of pictures
    end: float = 0.0  # seconds, of what any packet holds
    seconds: float = 0.0  # when the last picture ends
    reason: str = ""

    def note(self, packet: Any, counted: bool) -> None:
        if packet.size:
            self.packets += counted
            if packet.pts is not None:
                end = float((packet.pts + (packet.duration or 0)) * packet.time_base)
                self.end = max(self.end, end)


def _described(container: Any, stream: Any, first: Any) -> ClipInfo:
    way = clip_colors.orientation(first)
    degrees, mirrored = clip_colors.rotation(way)
    aspect = Fraction(stream.sample_aspect_ratio or 1)
    width, height = first.width, first.height
    if way[0]:
        width, height, aspect = height, width, 1 / aspect
    rate = stream.average_rate or stream.guessed_rate
    base = stream.time_base
    seconds = _duration(container, stream)
    return ClipInfo(
        kind="video",
        container=container.format.name,
        codec=stream.codec_context.name,
        width=width,
        height=height,
        rotation=degrees,
        mirrored=mirrored,
        sample_aspect_ratio=aspect,
        rate=Fraction(rate) if rate else None,
        time_base=Fraction(base),
        frames=stream.frames or None,
        duration=seconds or None,
        matrix=clip_colors.matrix_of(first),
        is_full_range=clip_colors.is_full_range(first),
        primaries=int(first.color_primaries),
        transfer=int(first.color_trc),
        depth=clip_colors.depth_of(first),
        tracks=tuple(map(track_of, other_streams(container, stream))),
        chapters=tuple(_chapters(container)),
        metadata=dict(container.metadata),
    )


def _duration(container: Any, stream: Any) -> float:
    """Seconds that the pictures last, or else the file, or 0; Matroska tells it as a tag."""
    if stream.duration:
        return float(stream.duration * stream.time_base)
    if tag := re.fullmatch(r"(\d+):(\d\d):(\d\d\.\d+)", stream.metadata.get("DURATION", "")):
        hours, minutes, seconds = map(float, tag.groups())
        if length := 3600 * hours + 60 * minutes + seconds:
            return length
    return max(0, container.duration or 0) / 1e6


def other_streams(container: Any, pictures: Any) -> list[Any]:
    """The streams of a file but the pictures, and the text in which MP4 keeps its chapters."""
    streams = [stream for stream in container.streams if stream.index != pictures.index]
    if not container.chapters():
        return streams
    return [s for s in streams if s.type != "data" or track_of(s).codec != "bin_data"]


def track_of(stream: Any) -> Track:
    """What is said of a stream that goes along."""
    codec = stream.name if stream.type == "attachment" else _codec(stream)
    flags = pyav().stream.Disposition
    dispositions = tuple(str(flag.name) for flag in flags if stream.disposition & flag)
    return Track(
        stream.index, stream.type, codec, stream.language, dispositions, dict(stream.metadata)
    )


def _codec(stream: Any) -> str:
    with contextlib.suppress(AttributeError):
        if stream.codec_context is not None:
            return stream.codec_context.name
    return getattr(stream, "name", None) or "an unknown codec"


def _chapters(container: Any) -> Iterator[Chapter]:
    start = beginning(container)
    for chapter in container.chapters():
        base = chapter["time_base"]
        begin, end = (float(chapter[side] * base) - start for side in ("start", "end"))
        yield Chapter(begin, end, dict(chapter["metadata"]))


def is_regular(source: Name) -> bool:
    """Whether it can be read a second time."""
    return source != PIPE and os.path.isfile(source)
