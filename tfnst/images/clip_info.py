"""What a clip is: its description, its frames, and the reader that gives both."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from tfnst.images.arrays import Array

Kind = Literal["video", "animation", "folder"]
Matrix = Literal["rgb", "bt601", "bt709", "smpte240m", "bt2020"]


@dataclass(frozen=True)
class Track:
    """What goes along with the pictures: sound, subtitles, data, or a file that is attached.

    Attributes:
        index: of the stream in its file.
        kind: "audio", "subtitle", "data", "attachment", or "video" for further pictures.
        codec: FFmpeg's name; of an attachment, that of the file.
        language: as the file says, such as "eng"; None where it does not.
        dispositions: FFmpeg's names of what it is for, such as "default" or "forced".
        metadata: all that the file says of it.
    """

    index: int
    kind: str
    codec: str
    language: str | None = None
    dispositions: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        named = f", {self.language}" if self.language else ""
        return f"track {self.index} ({self.kind} in {self.codec}{named})"


@dataclass(frozen=True)
class Chapter:
    """A named stretch of a clip, in seconds."""

    start: float
    end: float
    metadata: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def title(self) -> str:
        """Its name, empty where it has none."""
        return self.metadata.get("title", "")


@dataclass(frozen=True)
class ClipDamage:
    """Where a clip ends before its time.

    Attributes:
        frames: that could be read before.
        seconds: how long they last.
        reason: what is wrong, as the end of a sentence.
    """

    frames: int
    seconds: float
    reason: str

    def __str__(self) -> str:
        count = f"{self.frames} frame{'s' * (self.frames != 1)}"
        return f"the clip ends after {self.seconds:.2f} s, {count}: {self.reason}"


@dataclass(frozen=True)
class ClipInfo:
    """A clip as it is shown.

    Attributes:
        kind: "video", "animation" for GIF, WebP and PNG, or "folder".
        container: FFmpeg's name of the format, or Pillow's.
        codec: of the pictures.
        width: in pixels, upright.
        height: likewise.
        rotation: degrees clockwise by which the stored frames are turned to be upright.
        mirrored: whether they are mirrored, before they are turned.
        sample_aspect_ratio: width to height of a pixel, upright.
        rate: frames a second, on average; None where the file does not say.
        time_base: seconds in which time stamps count.
        frames: how many there are, where the file says so.
        duration: in seconds, where it is known.
        matrix: of YCbCr to RGB; guessed from the size where the file does not say.
        is_full_range: whether black is 0, not 16 of 255.
        primaries: FFmpeg's number of the colours of red, green and blue; 2 if not said.
        transfer: FFmpeg's number of the curve of brightness; 2 if not said.
        depth: bits a channel.
        plays: how often an animation is to be shown, 0 for ever.
        tracks: all streams but that of the pictures.
        chapters: in the order of their time.
        metadata: what the file says of itself, such as its title.
    """

    kind: Kind
    container: str
    codec: str
    width: int
    height: int
    time_base: Fraction
    rotation: int = 0
    mirrored: bool = False
    sample_aspect_ratio: Fraction = Fraction(1)
    rate: Fraction | None = None
    frames: int | None = None
    duration: float | None = None
    matrix: Matrix = "rgb"
    is_full_range: bool = True
    primaries: int = 2
    transfer: int = 2
    depth: int = 8
    plays: int = 0
    tracks: tuple[Track, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def total(self) -> int | None:
        """How many frames are to be expected; None where nobody knows."""
        if self.frames or not (self.duration and self.rate):
            return self.frames
        return max(1, round(self.duration * self.rate))


@dataclass(frozen=True)
class ClipFrame:
    """A picture of a clip, upright.

    Attributes:
        number: from 0.
        rgb: (H, W, 3) uint8, or float32 in [0, 1] from a reader that is deep.
        pts: when it is shown, in the clip's time base.
        duration: for how long, likewise.
        seconds: when it is shown.
    """

    number: int
    rgb: Array
    pts: int
    duration: int
    seconds: float


class ClipReader(ABC):
    """A clip that is open: what it is, and its frames, one at a time.

    Attributes:
        info: what it is.
        damage: once all frames are read, where it is cut short or damaged, or None.
    """

    info: ClipInfo
    damage: ClipDamage | None = None

    @abstractmethod
    def frames(self, skip: int = 0) -> Iterator[ClipFrame]:
        """The frames in the order of their time, once; `skip` leaves out the first ones.

        Time stamps rise from frame to frame. Damage ends them, and `damage` then says where.
        """

    @abstractmethod
    def close(self) -> None:
        """Close the file."""

    def __enter__(self) -> ClipReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
