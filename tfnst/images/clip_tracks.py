"""Sound, subtitles, data and attachments of a clip, packet by packet as they are."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from tfnst.files import Name
from tfnst.images import video_reading
from tfnst.images.clip_info import Track
from tfnst.images.video_library import pyav

# What is said of a file or stream as it was stored, not of what it shows.
_OF_THE_FILE = {"major_brand", "minor_version", "compatible_brands", "encoder", "duration"}
_OF_THE_FILE |= {"number_of_frames", "number_of_bytes", "bps", "rotate", "vendor_id"}
# QuickTime files know these languages by their bibliographic codes alone (ISO 639-2/B, not /T).
_BIBLIOGRAPHIC = dict(
    sqi="alb", hye="arm", eus="baq", bod="tib", mya="bur", ces="cze", zho="chi", cym="wel",
    deu="ger", nld="dut", ell="gre", fas="per", fra="fre", kat="geo", isl="ice", mkd="mac",
    mri="mao", msa="may", ron="rum", slk="slo",
)  # fmt: skip


class Tracks(ABC):
    """The tracks of a source that a container can hold.

    Attributes:
        container: the source, as FFmpeg sees it.
        pictures: its stream that is painted.
        form: FFmpeg's name of the container that they go to.
        kept: the streams that go along.
        notes: a sentence for each that cannot.
        start: seconds at which the source's clock begins, and that of the copy does not.
    """

    def __init__(self, container: Any, pictures: Any, form: str) -> None:
        self.container, self.pictures, self.form = container, pictures, form
        self.start = video_reading.beginning(container)
        self.kept, self.notes = [], []
        for stream in video_reading.other_streams(container, pictures):
            if stream.type != "video" and carries(form, stream):
                self.kept.append(stream)
            else:
                self.notes.append(_note(form, stream))

    kept: list[Any]
    notes: list[str]

    @abstractmethod
    def until(self, seconds: float) -> Iterator[Any]:
        """The packets that are due by then and were not given before."""

    def close(self) -> None:
        """Close the source."""
        self.container.close()

    def add_to(self, output: Any) -> dict[int, Any]:
        """Give an output the same tracks, chapters and metadata; its streams by the source's."""
        streams = {}
        for stream in self.kept:
            added = add_stream(output, stream)
            added.metadata.update(about(stream.metadata))
            if self.form == "mov" and stream.language in _BIBLIOGRAPHIC:
                added.metadata["language"] = _BIBLIOGRAPHIC[stream.language]
            if stream.type != "attachment":
                added.disposition = stream.disposition.value
                streams[stream.index] = added
        if chapters := self.container.chapters():
            output.set_chapters([self._moved(chapter) for chapter in chapters])
        output.metadata.update(about(self.container.metadata))
        return streams

    def _moved(self, chapter: Any) -> Any:
        by = round(Fraction(self.start) / chapter["time_base"])
        return {**chapter, "start": chapter["start"] - by, "end": chapter["end"] - by}

    def _passes(self, packet: Any) -> bool:
        """Whether a packet is of a track that is kept; then it is moved to the copy's clock."""
        if packet.size == 0 or video_reading.packet_time(packet) is None:
            return False
        by = round(Fraction(self.start) / packet.time_base)
        packet.pts = None if packet.pts is None else packet.pts - by
        packet.dts = None if packet.dts is None else packet.dts - by
        return any(packet.stream_index == stream.index for stream in self.kept)


class FileTracks(Tracks):
    """Those of a file, which is read a second time.

    Args:
        source: the file.
        form: FFmpeg's name of the container that they go to.
        end: seconds after which nothing is taken, as of a file that is damaged there.
    """

    def __init__(self, source: Name, form: str, end: float | None = None) -> None:
        container = video_reading.open_container(source)
        try:
            super().__init__(container, video_reading.main_pictures(source, container), form)
        except BaseException:
            container.close()
            raise
        self.end = end
        self._packets = self._read()
        self._next = next(self._packets, None)

    def _read(self) -> Iterator[Any]:
        streams = [stream for stream in self.kept if stream.type != "attachment"]
        try:
            for packet in self.container.demux(streams) if streams else ():
                if self._passes(packet):
                    yield packet
        except (pyav().error.FFmpegError, OSError):  # the pictures' reader says where it ends
            return

    def until(self, seconds: float) -> Iterator[Any]:
        """See `Tracks`."""
        limit = seconds if self.end is None else min(self.end, seconds)
        while self._next is not None and (video_reading.packet_time(self._next) or 0) <= limit:
            yield self._next
            self._next = next(self._packets, None)


class PassingTracks(Tracks):
    """Those of a source that is read but once, as they come by; the reader is a passing one."""

    def __init__(self, reader: video_reading.VideoReader, form: str) -> None:
        super().__init__(reader.container, reader.stream, form)
        self._waiting: deque[Any] = reader.packets if reader.packets is not None else deque()

    def until(self, seconds: float) -> Iterator[Any]:
        """See `Tracks`."""
        while self._waiting:
            time = video_reading.packet_time(self._waiting[0]) or 0
            if time - self.start > seconds:
                return
            packet = self._waiting.popleft()
            if self._passes(packet):
                yield packet

    def close(self) -> None:
        """The reader closes its source."""


def add_stream(output: Any, stream: Any) -> Any:
    """A stream like another in an output; ValueError or FFmpeg's error where it takes none."""
    if stream.type == "attachment":
        return output.add_attachment(stream.name, stream.mimetype or "", stream.data)
    return output.add_stream_from_template(stream)


def carries(form: str, stream: Any) -> bool:
    """Whether a container holds such a stream: FFmpeg alone knows, which is asked to try."""
    av = pyav()
    output = av.open(io.BytesIO(), "w", format=form)
    try:
        add_stream(output, stream)
        output.start_encoding()
        output.close()
    except (ValueError, OSError, av.error.FFmpegError):
        return False
    return True


def about(metadata: Mapping[str, str]) -> dict[str, str]:
    """What metadata say of a clip, and not of the file that it was in."""
    return {
        name: value
        for name, value in metadata.items()
        if name.lower() not in _OF_THE_FILE and not name.lower().startswith("_statistics")
    }


def lost(tracks: tuple[Track, ...], kind: str) -> list[str]:
    """The sentence that tells what a target of pictures alone leaves out, if anything."""
    if not tracks:
        return []
    return [f"{kind} holds pictures alone; left out: {', '.join(map(str, tracks))}"]


def _note(form: str, stream: Any) -> str:
    track = video_reading.track_of(stream)
    if stream.type == "video":
        what = "a cover" if video_reading.is_cover(stream) else "not the one that is painted"
        return f"{track} was left out: {what}"
    other = "" if form == "matroska" else ", an .mkv file may"
    return f"{track} was left out: {form} does not hold it{other}"
