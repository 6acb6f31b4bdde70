"""Frames to packets, in segments that know nothing of each other, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import Field

from tfnst.images import clip_colors
from tfnst.images.arrays import Array
from tfnst.images.clip_info import ClipInfo
from tfnst.images.video_library import pyav
from tfnst.validation import Checked

_LOSSLESS = 400_000_000  # bytes of the frames of a lossless segment, before they are encoded
Codec = Literal["h264", "vp9", "av1", "prores", "ffv1"]
Preset = Literal["fast", "medium", "slow"]


@dataclass(frozen=True)
class Encoder:
    """How FFmpeg makes a codec's packets: its encoder, its pixels, its usual crf, its options."""

    name: str
    pixels: str
    crf: float | None
    options: Mapping[str, str]
    presets: Mapping[Preset, Mapping[str, str]]


def _each(option: str, fast: str, medium: str, slow: str) -> Mapping[Preset, Mapping[str, str]]:
    return {"fast": {option: fast}, "medium": {option: medium}, "slow": {option: slow}}


_NONE: Mapping[Preset, Mapping[str, str]] = {"fast": {}, "medium": {}, "slow": {}}
_VP9 = {"b:v": "0", "deadline": "good", "row-mt": "1"}
# Brush strokes are fine grain, which the encoders' own crf (23, 32, 35) smears.
ENCODERS: Mapping[Codec, Encoder] = {
    "h264": Encoder("libx264", "yuv420p", 18, {}, _each("preset", "veryfast", "medium", "slow")),
    "vp9": Encoder("libvpx-vp9", "yuv420p", 24, _VP9, _each("cpu-used", "5", "3", "1")),
    "av1": Encoder("libsvtav1", "yuv420p", 24, {}, _each("preset", "10", "8", "5")),
    "prores": Encoder("prores_ks", "yuv422p10le", None, {"profile": "hq"}, _NONE),
    "ffv1": Encoder("ffv1", "bgr0", None, {"level": "3", "slicecrc": "1"}, _NONE),
}


@dataclass(frozen=True)
class ClipSettings(Checked):
    """How a painted clip is written.

    Attributes:
        codec: of the pictures; None for what the file's kind usually holds: H.264, in .webm VP9.
        crf: constant rate factor, lower is better and larger; None for 18 of H.264, 24 of VP9, AV1.
        preset: fast, medium or slow: the slower, the smaller.
        quality: of animated WebP, 1 to 100.
        segment: frames that are encoded at a time, each beginning anew; an interruption costs at
            most so many.
    """

    codec: Codec | None = None
    crf: Annotated[float | None, Field(ge=0, le=63, description="a number from 0 to 63")] = None
    preset: Preset = "medium"
    quality: Annotated[int, Field(ge=1, le=100)] = 95
    segment: Annotated[int, Field(ge=1)] = 48


@dataclass(frozen=True)
class Packet:
    """A compressed frame: when it is shown and for how long, in ticks, and its bytes."""

    data: bytes
    pts: int
    duration: int
    is_key: bool


@dataclass(frozen=True)
class Segment:
    """Frames that can be decoded without any other, in the order of decoding.

    Attributes:
        packets: one a frame.
        header: what the codec says once for all.
    """

    packets: tuple[Packet, ...]
    header: bytes

    @property
    def pts(self) -> list[int]:
        """The frames' time stamps as they rise."""
        return sorted(packet.pts for packet in self.packets)


@dataclass(frozen=True)
class Pictures:
    """What pictures are made into: codec, size, clock and colours.

    Attributes:
        codec: of the packets.
        settings: how they are made.
        width: in pixels; of H.264 and ProRes even.
        height: likewise.
        source: the clip whose clock, rate, shape of pixels and colours they keep.
    """

    codec: Codec
    settings: ClipSettings
    width: int
    height: int
    source: ClipInfo

    @classmethod
    def of(cls, codec: Codec, settings: ClipSettings, frame: Array, source: ClipInfo) -> Pictures:
        """For frames like that one."""
        height, width = fitting(codec, frame).shape[:2]
        return cls(codec, settings, width, height, source)

    @property
    def segment(self) -> int:
        """Frames of a segment: fewer of large ones where nothing is lost, as a segment is held."""
        if self.codec != "ffv1":
            return self.settings.segment
        most = max(1, _LOSSLESS // (3 * self.width * self.height))
        return min(self.settings.segment, most)

    def prepare(self, context: Any) -> None:
        """Have an encoder make them; its header goes to the file, not into each key frame."""
        encoder = ENCODERS[self.codec]
        context.width, context.height = self.width, self.height
        context.pix_fmt, context.time_base = encoder.pixels, self.source.time_base
        context.framerate = self.source.rate or Fraction(25)
        context.sample_aspect_ratio = self.source.sample_aspect_ratio
        context.options = self._options(encoder)
        is_rgb = encoder.pixels.startswith("bgr")
        context.color_range = clip_colors.FULL if is_rgb else clip_colors.LIMITED
        context.colorspace = 0 if is_rgb else 1
        primaries, transfer = self.source.primaries, self.source.transfer
        context.color_primaries = 1 if primaries in (0, 2) else primaries
        context.color_trc = 1 if transfer in (0, 2) else transfer
        context.flags |= pyav().codec.context.Flags.global_header

    def _options(self, encoder: Encoder) -> dict[str, str]:
        crf = encoder.crf if self.settings.crf is None else self.settings.crf
        options = {**encoder.options, **encoder.presets[self.settings.preset]}
        return options if encoder.crf is None else {**options, "crf": f"{crf:g}"}


def fitting(codec: Codec, frame: Array) -> Array:
    """A frame without its last row or column where the codec takes even sizes alone.

    Chroma of 4:2:0 and 4:2:2 covers two pixels; H.264 has no half of them, VP9 and AV1 have. To
    cut, as HandBrake does, invents no pixels and scales none.

    Raises:
        ValueError: a frame of one row or column.
    """
    if codec not in ("h264", "prores"):
        return frame
    height, width = frame.shape[:2]
    if min(height, width) < 2:
        raise ValueError(f"the frame is {width} x {height} pixels; {codec} takes 2 x 2 at least")
    return frame[: height // 2 * 2, : width // 2 * 2]


class SegmentEncoder:
    """Frames of one segment, (H, W, 3) uint8, to packets."""

    def __init__(self, pictures: Pictures) -> None:
        self.pictures, encoder = pictures, ENCODERS[pictures.codec]
        self._context = pyav().CodecContext.create(encoder.name, "w")
        pictures.prepare(self._context)
        self._pixels = encoder.pixels
        self._durations: dict[int, int] = {}
        self._packets: list[Packet] = []

    def __len__(self) -> int:
        return len(self._durations)

    def add(self, rgb: Array, pts: int, duration: int) -> None:
        """Encode a frame; ValueError for one of another size."""
        rgb, wanted = fitting(self.pictures.codec, rgb), (self.pictures.height, self.pictures.width)
        if rgb.shape[:2] != wanted:
            size = f"{rgb.shape[1]} x {rgb.shape[0]}"
            raise ValueError(
                f"a painted frame has {size} pixels, the first {wanted[1]} x {wanted[0]}; "
                "paint all in one size"
            )
        frame = clip_colors.from_rgb(rgb, self._pixels)
        frame.pts, frame.time_base = pts, self.pictures.source.time_base
        self._durations[pts] = duration
        self._take(self._context.encode(frame))

    def finished(self) -> Segment:
        """All that was added."""
        self._take(self._context.encode(None))
        if len(self._packets) != len(self._durations):
            count = f"{len(self._packets)} packets of {len(self._durations)} frames"
            raise RuntimeError(f"{self._context.name} made {count}")
        return Segment(tuple(self._packets), bytes(self._context.extradata or b""))

    def _take(self, packets: Iterable[Any]) -> None:
        for packet in packets:
            duration = self._durations[packet.pts]
            self._packets.append(
                Packet(bytes(packet), packet.pts, duration, bool(packet.is_keyframe))
            )


def decoded(pictures: Pictures, segments: Iterable[Segment]) -> Iterator[tuple[Array, int, int]]:
    """The frames of lossless segments: (H, W, 3) uint8, time stamp and duration."""
    av = pyav()
    for segment in segments:
        context = av.CodecContext.create("ffv1", "r")
        context.extradata = segment.header
        context.width, context.height = pictures.width, pictures.height
        context.thread_type = "SLICE"  # no frame waits for another
        for packet in segment.packets:
            coded = av.Packet(packet.data)
            coded.pts = coded.dts = packet.pts
            for frame in context.decode(coded):
                yield frame.to_ndarray(format="rgb24"), packet.pts, packet.duration
