"""Folders of numbered pictures as clips, in and out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

from tfnst import images
from tfnst.files import FileError
from tfnst.files.folders import new_folder
from tfnst.images import kinds
from tfnst.images.arrays import Array, as_uint8
from tfnst.images.clip_info import ClipDamage, ClipFrame, ClipInfo, ClipReader

RATE = Fraction(25)  # frames a second where nobody says another, as FFmpeg has it


def numbered(folder: Path) -> list[Path]:
    """The pictures of a folder, not of those within, 2 before 10; FileError if there is none."""
    files = [file for file in folder.iterdir() if file.suffix.lower() in kinds.READ]
    files = [file for file in files if file.is_file() and not kinds.is_shadow(file)]
    if not files:
        raise FileError(folder, "holds no pictures; name a folder of numbered frames, or a clip")
    return sorted(files, key=_natural)


def _natural(file: Path) -> list[tuple[int, str]]:
    parts = re.split(r"(\d+)", file.name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


class FolderReader(ClipReader):
    """Numbered pictures, all of one size, each shown equally long.

    Args:
        source: the folder.
        rate: frames a second.
        deep: have frames as float32, of more than 8 bits where the files have them.
    """

    def __init__(self, source: Path, rate: Fraction = RATE, deep: bool = False) -> None:
        self.source, self.deep, self.rate = source, deep, Fraction(rate)
        self.files = numbered(source)
        first = images.load(self.files[0])
        self.info = ClipInfo(
            kind="folder",
            container="folder",
            codec=self.files[0].suffix.lower()[1:],
            width=first.rgb.shape[1],
            height=first.rgb.shape[0],
            rate=self.rate,
            time_base=1 / self.rate,
            frames=len(self.files),
            duration=float(len(self.files) / self.rate),
            depth=first.depth,
        )

    def close(self) -> None:
        """Nothing is open between frames."""

    def frames(self, skip: int = 0) -> Iterator[ClipFrame]:
        """The frames; see `ClipReader`. A picture that cannot be read is the damage."""
        shape = self.info.height, self.info.width
        for number, file in enumerate(self.files[skip:], skip):
            seconds = float(number / self.rate)
            try:
                rgb = images.load(file).over_white()
                if rgb.shape[:2] != shape:
                    size = f"{rgb.shape[1]} x {rgb.shape[0]} pixels, the first {shape[1]} x"
                    raise FileError(file, f"has {size} {shape[0]}; frames are all of one size")
            except FileError as error:
                if not number:
                    raise
                self.damage = ClipDamage(number, seconds, str(error))
                return
            yield ClipFrame(number, rgb if self.deep else as_uint8(rgb), number, 1, seconds)


def write_folder(target: Path, frames: Iterable[Array]) -> None:
    """Write frames, (H, W, 3) uint8, as 000000.png and so on into a folder, whole or not at all."""
    with new_folder(target, target.resolve()) as folder:
        for number, frame in enumerate(frames):
            images.save(folder / f"{number:06d}.png", frame)
