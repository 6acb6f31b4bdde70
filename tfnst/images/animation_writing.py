"""Frames to animated GIF, WebP and PNG, one at a time, each shown as long as it is to be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from tfnst.files import FileError
from tfnst.images import animation_durations
from tfnst.images.arrays import Array
from tfnst.images.clip_colors import from_rgb
from tfnst.images.sizes import LONGEST_SIDE
from tfnst.images.video_encoding import Pictures
from tfnst.images.video_library import pyav

Kind = Literal["gif", "webp", "apng"]
Frames = Iterable[tuple[Array, int, int]]  # (H, W, 3) uint8, time stamp and duration in ticks


@dataclass(frozen=True)
class _Format:
    unit: Fraction  # seconds in which it counts
    shortest: int  # units that a frame is shown at least
    encoder: str
    pixels: str
    option: str  # how the muxer calls the number of plays


_FORMATS: dict[Kind, _Format] = {
    # Browsers show what asks for less than two hundredths for ten.
    "gif": _Format(Fraction(1, 100), 2, "gif", "pal8", "loop"),
    "webp": _Format(Fraction(1, 1000), 1, "libwebp_anim", "bgra", "loop"),
    "apng": _Format(Fraction(1, 1000), 1, "apng", "rgb24", "plays"),
}


def write_animation(
    file: Path, target: Path, kind: Kind, pictures: Pictures, frames: Frames
) -> int:
    """Write an animation to `file`, which is to become `target`.

    GIF shows a frame for a fiftieth of a second at least, of those that come faster some.

    Returns:
        How many frames were left out.

    Raises:
        FileError: frames longer than the format holds; and FFmpeg's errors.
    """
    longest = LONGEST_SIDE.get(kind.upper())
    if longest and max(pictures.width, pictures.height) > longest:
        text = f"{kind} holds at most {longest} pixels a side; use a smaller --size"
        raise FileError(target, text)
    av, form = pyav(), _FORMATS[kind]
    plays = pictures.source.plays
    if kind == "gif":  # counts how often it is shown again, -1 for never
        plays = plays - 1 if plays > 1 else -plays
    timing = _Timing(pictures.source.time_base / form.unit, form.shortest)
    with av.open(str(file), "w", format=kind, options={form.option: str(plays)}) as output:
        stream = output.add_stream(form.encoder, rate=1 / form.unit)
        stream.width, stream.height, stream.pix_fmt = pictures.width, pictures.height, form.pixels
        stream.codec_context.time_base = form.unit
        if kind == "webp":
            stream.options = {"quality": str(pictures.settings.quality)}
        for frame in _converted(kind, form, pictures, timing.timed(frames)):
            for packet in stream.encode(frame):
                output.mux_one(timing.lasting(packet))
        for packet in stream.encode(None):
            output.mux_one(timing.lasting(packet))
    animation_durations.set_last(file, kind, timing.last)
    return timing.dropped


class _Timing:
    """Time stamps in a format's units, and how many frames were too short for it."""

    def __init__(self, factor: Fraction, shortest: int) -> None:
        self.factor, self.shortest = factor, shortest
        self.dropped, self.last = 0, 0
        self._durations: dict[int, int] = {}

    def timed(self, frames: Frames) -> Iterator[tuple[Array, int]]:
        """Frames and their time stamps; the first is shown at once."""
        first, previous = None, None
        for rgb, pts, duration in frames:
            first = pts if first is None else first
            begin = round((pts - first) * self.factor)
            end = round((pts - first + duration) * self.factor)
            if previous is not None and begin - previous < self.shortest:
                self.dropped += 1
            else:
                if previous is not None:
                    self._durations[previous] = begin - previous
                previous = begin
                yield rgb, begin
            self.last = max(self.shortest, end - previous)
        if previous is not None:
            self._durations[previous] = self.last

    def lasting(self, packet: Any) -> Any:
        """A packet that says how long it is shown, where that is known."""
        packet.duration = self._durations.pop(packet.pts, None) or self.last
        return packet


def _converted(
    kind: Kind, form: _Format, pictures: Pictures, frames: Iterable[tuple[Array, int]]
) -> Iterator[Any]:
    """Frames in the encoder's pixels; of GIF each with a palette of its own."""
    av = pyav()
    graph = _palettes(pictures, form.unit) if kind == "gif" else None
    for rgb, pts in frames:
        frame = from_rgb(rgb, "rgb24" if graph else form.pixels)
        frame.pts, frame.time_base = pts, form.unit
        if graph is None:
            yield frame
        else:
            graph.push(frame)
            yield from _pulled(graph, av)
    if graph is not None:
        graph.push(None)
        yield from _pulled(graph, av)


def _palettes(pictures: Pictures, unit: Fraction) -> Any:
    graph = pyav().filter.Graph()
    size = {"width": pictures.width, "height": pictures.height}
    source = graph.add_buffer(**size, format="rgb24", time_base=unit)
    split, palette = graph.add("split"), graph.add("palettegen", "stats_mode=single")
    dithered, sink = graph.add("paletteuse", "new=1"), graph.add("buffersink")
    source.link_to(split)
    split.link_to(palette, 0, 0)
    split.link_to(dithered, 1, 0)
    palette.link_to(dithered, 0, 1)
    dithered.link_to(sink)
    graph.configure()
    return graph


def _pulled(graph: Any, av: Any) -> Iterator[Any]:
    while True:
        try:
            yield graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
