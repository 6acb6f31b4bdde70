"""Where a picture came from: the files it was made from, and the versions it depends on."""

from __future__ import annotations

import contextlib
import importlib.metadata
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tfnst import assets, files
from tfnst.validation import Checked

PACKAGES = ("tfnst", "tensorflow", "keras", "ai-edge-litert", "numpy", "pillow", "scipy")


@dataclass(frozen=True)
class Source(Checked):
    """A file that a picture was made from, and the SHA-256 of its bytes at that time."""

    path: str
    sha256: str

    @classmethod
    def of(cls, path: str | Path) -> Source:
        """A file as it is now; ValueError for one that cannot be read."""
        return cls(str(path), files.sha256(path))

    def by_name(self) -> Source:
        """The same without its folders, which are nobody else's business."""
        return Source(Path(self.path).name, self.sha256)

    def candidates(self, *folders: Path) -> list[Path]:
        """Where it may be: where it was, or in one of the folders; a mere name, where you are."""
        return [Path(self.path), *(folder / Path(self.path).name for folder in folders)]

    def find(self, *folders: Path) -> Path:
        """The file where it was, or by its name in one of the folders; ValueError if it differs."""
        there = [file for file in self.candidates(*folders) if _is_file(file)]
        for file in there:
            if files.sha256(file) == self.sha256:
                return file
        if there:
            raise ValueError(
                f"{str(there[0])!r} has changed since the picture was made from it; "
                "put the old file back"
            )
        raise ValueError(
            f"{self.path!r} is not there any more; put it beside the picture, under the same name, "
            "or name its folder with --inputs"
        )


def homes(picture: Path, inputs: Sequence[Path] = ()) -> tuple[Path, ...]:
    """Folders where what a picture was made from may lie: its own, those named, the package's."""
    shipped = (assets.photo().parent, assets.ARTWORKS, assets.NETWORKS["gallery"].parent)
    return (picture.parent, *inputs, *shipped)


def versions() -> dict[str, str]:
    """What the same bytes depend on, besides the processor's own arithmetic."""
    installed = {}
    for name in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            installed[name] = importlib.metadata.version(name)
    return {**installed, "python": platform.python_version(), "machine": platform.machine()}


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long
        return False
