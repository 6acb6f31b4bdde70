"""Animated GIF, WebP and PNG, frame by frame, each for as long as its file says."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from tfnst.files import FileError, opened
from tfnst.images import decoding
from tfnst.images.arrays import Array, unit
from tfnst.images.clip_info import ClipDamage, ClipFrame, ClipInfo, ClipReader

_SIGNATURES = (b"GIF87a", b"GIF89a", b"\x89PNG\r\n\x1a\n")
_BASE = Fraction(1, 1000)  # seconds: WebP counts in milliseconds, GIF in hundredths
_SHORTEST, _USUAL = 10, 100  # ms: browsers show what asks for less than 11 for a tenth of a second


def is_animation(source: Path) -> bool:
    """Whether a file is a GIF, WebP or PNG by its first bytes, moving or not."""
    with opened(source) as file:
        prefix = file.read(12)
    return prefix.startswith(_SIGNATURES) or (prefix[:4] == b"RIFF" and prefix[8:] == b"WEBP")


class AnimationReader(ClipReader):
    """A GIF, WebP or PNG; what is transparent shows white paper.

    Args:
        source: its name.
        deep: have frames as float32.
    """

    def __init__(self, source: Path, deep: bool = False) -> None:
        self.source, self.deep = source, deep
        self._files = contextlib.ExitStack()
        file = self._files.enter_context(opened(source))
        try:
            self.image = decoding.identified(source, file, smallest=1)
            count = self._count()
            if count is None:  # and what looked for the end is lost
                file.seek(0)
                self.image = decoding.identified(source, file, smallest=1)
            self.image.load()  # of WebP that alone tells how long the first is shown
        except BaseException as error:
            self._files.close()
            if isinstance(error, ValueError) or not isinstance(error, Exception):
                raise
            raise FileError(source, "this animation is damaged; try a copy") from error
        kind = str(self.image.format)
        self.info = ClipInfo(
            kind="animation",
            container=kind,
            codec=kind.lower(),
            width=self.image.width,
            height=self.image.height,
            time_base=_BASE,
            frames=count,
            rate=Fraction(1000, self._duration()),
            plays=_plays(kind, self.image.info.get("loop")),
        )

    def close(self) -> None:
        """Close the file."""
        self._files.close()

    def _count(self) -> int | None:
        """How many frames there are; None where the file is damaged before it tells."""
        try:
            return getattr(self.image, "n_frames", 1)
        except Exception:
            return None

    def _duration(self) -> int:
        """How long the frame is shown, in milliseconds."""
        duration = round(float(self.image.info.get("duration") or 0))
        return duration if duration > _SHORTEST else _USUAL

    def frames(self, skip: int = 0) -> Iterator[ClipFrame]:
        """The frames; see `ClipReader`."""
        pts = 0
        for number in itertools.count():
            try:
                self.image.seek(number)
                self.image.load()
                rgb = _over_white(self.image)
            except EOFError:
                if number != self.info.frames:
                    self.damage = ClipDamage(number, pts / 1000, "it is cut short")
                return
            # Pillow's decoders meet damage with nearly any exception there is.
            except Exception:
                self.damage = ClipDamage(number, pts / 1000, "what follows is damaged")
                return
            duration = self._duration()
            if number >= skip:
                yield ClipFrame(number, unit(rgb) if self.deep else rgb, pts, duration, pts / 1000)
            pts += duration


def _plays(kind: str, loop: Any) -> int:
    """How often it is shown, 0 for ever; GIF counts how often it is shown again."""
    if loop is None:
        return 1
    return int(loop) + 1 if kind == "GIF" and loop else int(loop)


def _over_white(image: Any) -> Array:
    if not image.has_transparency_data:
        return np.asarray(image.convert("RGB"))
    values = np.asarray(image.convert("RGBA")).astype(np.uint16)
    colour, alpha = values[..., :3], values[..., 3:]
    rgb: Array = ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
    return rgb
