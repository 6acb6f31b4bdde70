"""Folders of photos to batches of training crops."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from tfnst import images
from tfnst.arguments import require
from tfnst.files import FileError, opened
from tfnst.images import kinds
from tfnst.images.decoding import identified

Folders = str | Path | Sequence[str | Path]


@dataclass(frozen=True)
class PhotoFolder:
    """Readable pictures below some folders, and how many files had to be skipped.

    Attributes:
        folders: where to look, at any depth; one or several.
        smallest: the shorter side that a picture needs, in pixels.
        files: the pictures, by folder and name.
        skipped: how many other files there are.

    Raises:
        ValueError: no folder, one that does not exist, or no picture that is large enough.
    """

    folders: Folders
    smallest: int = 64
    files: tuple[Path, ...] = field(init=False)
    skipped: int = field(init=False)

    def __post_init__(self) -> None:
        candidates: list[Path] = []
        for folder in require_folders(self.folders):
            names = (file for file in folder.rglob("*") if not kinds.is_shadow(file))
            candidates += sorted(file for file in names if not file.is_dir())
        files = tuple(file for file in candidates if self._usable(file))
        if not files:
            raise ValueError(
                f"photos: no picture of at least {self.smallest} px in "
                f"{', '.join(map(str, listed(self.folders)))}; name a folder of photos"
            )
        object.__setattr__(self, "files", files)
        object.__setattr__(self, "skipped", len(candidates) - len(files))

    @property
    def irregular(self) -> list[Path]:
        """What has a picture's name in the folders and is no regular file, such as a pipe."""
        return kinds.irregular(map(Path, listed(self.folders)))

    @property
    def unread(self) -> dict[str, int]:
        """How many pictures of kinds that are not read lie in the folders, by their endings."""
        return kinds.unread(map(Path, listed(self.folders)))

    @property
    def sha256(self) -> str:
        """Of the files' names and sizes: tells one set of pictures from another."""
        sizes = [(file.name, file.stat().st_size) for file in self.files]
        return hashlib.sha256(repr(sizes).encode()).hexdigest()

    def _usable(self, file: Path) -> bool:
        if file.suffix.lower() not in kinds.READ:
            return False
        try:
            with opened(file) as stream:
                if min(identified(file, stream).size) < self.smallest:
                    return False
            # The whole picture: a good header before a damaged body would end a training later.
            images.load(file, self.smallest, draft=True)
            return True
        except ValueError:
            return False


def listed(folders: Folders) -> Sequence[str | Path]:
    """Paths, of which there may be one alone."""
    return [folders] if isinstance(folders, str | Path) else folders


def require_folders(folders: Folders) -> list[Path]:
    """Them as paths; ValueError for none, what is no path, or no folder."""
    remedy = "a folder of photos, or a list of them"
    require("folders", several := listed(folders), Sequence, remedy)
    if not several:
        raise ValueError(f"folders is empty; give {remedy}")
    for number, folder in enumerate(several):
        require(f"folders[{number}]", folder, (str, Path), "a folder of photos")
    paths = [Path(folder) for folder in several]
    for path in paths:
        if not path.is_dir():
            raise ValueError(f"photos: {str(path)!r} is not a folder; give a folder of photos")
    return paths


@lru_cache(maxsize=256)
def _pixels(file: Path, largest: int) -> np.ndarray:
    return images.as_uint8(images.load(file, largest, draft=True).rgb)


def random_crop(
    file: Path, size: int, random: np.random.Generator, zoom: float = 1.0
) -> np.ndarray:
    """A random square of a picture at a random scale, as (size, size, 3) float32 in [0, 1]."""
    pixels = _pixels(file, 4 * size)
    shortest = min(pixels.shape[:2])
    least = min(size / zoom, shortest)
    side = int(np.exp(random.uniform(np.log(least), np.log(shortest))))
    top = random.integers(pixels.shape[0] - side + 1)
    left = random.integers(pixels.shape[1] - side + 1)
    square = Image.fromarray(pixels[top : top + side, left : left + side])
    square = square.resize((size, size), Image.Resampling.BICUBIC)
    crop = np.asarray(square, np.float32) / 255
    return crop[:, ::-1] if random.random() < 0.5 else crop


def crops(
    folder: PhotoFolder, size: int, batch: int, seed: int, first_step: int = 0, zoom: float = 1.0
) -> Iterator[np.ndarray]:
    """Endless (batch, size, size, 3) float32 crops, the same for the same seed and step."""
    step = first_step
    while True:
        random = np.random.default_rng((seed, step))
        chosen = random.choice(len(folder.files), batch)
        yield np.stack([_crop_from(folder.files, i, size, random, zoom) for i in chosen])
        step += 1


def _crop_from(
    files: Sequence[Path], first: int, size: int, random: np.random.Generator, zoom: float
) -> np.ndarray:
    """Of the first file that can still be read: one that is gone or broken ends no training."""
    for file in (*files[first:], *files[:first]):
        try:
            return random_crop(file, size, random, zoom)
        except FileError as error:
            last = error
    raise last


def disturb(batch: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """What an optimiser meets on its way from a photo to a painting: blends, odd colours, noise.

    Takes and returns (B, H, W, 3) float32 in [0, 1].
    """
    count = len(batch)
    shape = (count, 1, 1, 1)

    def some(share: float) -> np.ndarray:
        return (random.random(shape) < share).astype(np.float32)

    blend = some(0.3) * random.uniform(0.2, 0.8, shape)
    mixed = batch + blend * (batch[random.permutation(count)] - batch)
    contrast = np.exp(some(0.4) * random.normal(0, 0.5, shape))
    tint = some(0.4) * random.normal(0, 0.15, (count, 1, 1, 3))
    coloured = 0.5 + (mixed - 0.5) * contrast + tint
    deviation = some(0.5) * random.uniform(0, 0.25, shape) ** 1.5 * 2
    noisy = coloured + deviation * random.normal(0, 1, batch.shape)
    return np.clip(noisy, 0, 1).astype(np.float32)
