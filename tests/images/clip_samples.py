"""Clips that tests make: a pattern that moves, with sound."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.stream import Disposition

from tfnst import images

HEIGHT, WIDTH = 48, 64


def pattern(number: int, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """A smooth picture that moves to the right, (H, W, 3) uint8."""
    y, x = np.mgrid[:height, :width]
    wave = np.sin((x - 3 * number) / 9) * np.cos(y / 11)
    planes = [128 + 90 * wave, 60 + 2 * y, 200 - 60 * wave]
    return np.stack(planes, 2).clip(0, 255).astype(np.uint8)


def pictures(count: int) -> list[np.ndarray]:
    return [pattern(number) for number in range(count)]


def make_clip(
    path: Path,
    frames: Sequence[np.ndarray] | None = None,
    *,
    pts: Sequence[int] | None = None,
    base: Fraction = Fraction(1, 25),
    codec: str = "libx264",
    pixels: str = "yuv420p",
    sounds: Sequence[str] = (),
    sound: str = "aac",
    subtitles: bool = False,
    chapters: bool = False,
    attachment: bool = False,
    title: str = "",
    options: dict[str, str] | None = None,
    form: str | None = None,
) -> Path:
    """Write a clip of 25 frames a second; `sounds` are the languages of tracks of sound."""
    frames = pictures(12) if frames is None else frames
    pts = range(len(frames)) if pts is None else pts
    with av.open(str(path), "w", format=form, options=options or {}) as output:
        video = output.add_stream(codec, rate=25)
        video.height, video.width = frames[0].shape[:2]
        video.pix_fmt, video.codec_context.time_base, video.time_base = pixels, base, base
        video.options = {"g": "10"}
        tracks = [_sound(output, sound, language, not n) for n, language in enumerate(sounds)]
        text: Any = output.add_mux_stream("subrip") if subtitles else None
        if text is not None:
            text.metadata["language"] = "fra"
        if attachment:
            output.add_attachment("font.ttf", "application/x-truetype-font", b"a font")
        if chapters:
            base_of = Fraction(1, 1000)
            ends = [(1, 0, 200, "Dawn"), (2, 200, 480, "Day")]
            output.set_chapters([
                dict(id=n, start=a, end=b, time_base=base_of, metadata={"title": t})
                for n, a, b, t in ends
            ])  # fmt: skip
        if title:
            output.metadata["title"] = title
        for rgb, stamp in zip(frames, pts, strict=True):
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            frame.pts, frame.time_base = stamp, base
            output.mux(video.encode(frame))
        output.mux(video.encode(None))
        begin, end = (float(stamp * base) for stamp in (pts[0], pts[-1] + 1))
        for number, track in enumerate(tracks):
            _play(output, track, 300 + 200 * number, begin, end)
        if text is not None:
            packet = av.Packet(b"Bonjour")
            packet.stream, packet.pts, packet.dts, packet.duration = text, 100, 100, 200
            packet.time_base = Fraction(1, 1000)
            output.mux(packet)
    return path


def _sound(output: Any, codec: str, language: str, is_default: bool) -> Any:
    track = output.add_stream(codec, rate=44100, layout="mono")
    track.metadata["language"] = language
    track.disposition = (Disposition.default if is_default else Disposition(0)).value
    return track


def _play(output: Any, track: Any, pitch: int, begin: float, end: float) -> None:
    for at in range(int(44100 * begin), int(44100 * end), 1024):
        wave = np.sin(2 * np.pi * pitch * np.arange(at, at + 1024) / 44100)
        is_float = track.codec_context.format.name == "fltp"
        values = wave.astype(np.float32) if is_float else (9000 * wave).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(
            values[None], format="fltp" if is_float else "s16", layout="mono"
        )
        frame.sample_rate, frame.pts, frame.time_base = 44100, at, Fraction(1, 44100)
        output.mux(track.encode(frame))
    output.mux(track.encode(None))


def turned(path: Path, matrix: tuple[int, int, int, int]) -> Path:
    """Have an MP4 file say that its picture is turned: a, b, c, d of its display matrix."""
    data = bytearray(path.read_bytes())
    at = data.find(b"tkhd") + 44
    a, b, c, d = (value * 65536 for value in matrix)
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


def packets(path: Path, kind: str = "audio") -> list[tuple[int, bytes, Fraction | None]]:
    """Of all tracks of a kind: number among these, bytes, and when each is due, in seconds."""
    with av.open(str(path)) as clip:
        streams = [stream for stream in clip.streams if stream.type == kind]
        numbers = {stream.index: number for number, stream in enumerate(streams)}
        return [
            (numbers[p.stream_index], bytes(p), None if p.pts is None else p.pts * p.time_base)
            for p in clip.demux(streams)
            if p.size
        ]


def frames_of(path: Path | str) -> list[images.ClipFrame]:
    with images.open_clip(path) as clip:
        return list(clip.frames())


def timing(path: Path | str) -> list[tuple[float, float]]:
    """When each frame is shown, and for how long, in seconds."""
    with images.open_clip(path) as clip:
        base = clip.info.time_base
        return [
            (round(float(f.pts * base), 4), round(float(f.duration * base), 4))
            for f in clip.frames()
        ]


def distance(first: np.ndarray, second: np.ndarray) -> float:
    """The mean difference of two pictures, of 255."""
    return float(np.abs(first.astype(float) - second).mean())
