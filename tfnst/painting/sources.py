"""Where a picture came from: the files it was made from, and the versions it depends on."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tfnst import assets, files

PACKAGES = ("tfnst", "tensorflow", "keras", "ai-edge-litert", "numpy", "pillow", "scipy")


@dataclass(frozen=True)
class Source:
    """A file that a picture was made from, and the SHA-256 of its bytes at that time."""

    path: str
    sha256: str

    def __post_init__(self) -> None:
        if not isinstance(self.path, str) or not isinstance(self.sha256, str):
            raise ValueError(f"path {self.path!r} and sha256 {self.sha256!r} are to be texts")

    @classmethod
    def of(cls, path: str | Path) -> Source:
        """A file as it is now; ValueError for one that cannot be read."""
        return cls(str(path), files.sha256(path))

    def by_name(self) -> Source:
        """The same without its folders, which are nobody else's business."""
        return Source(Path(self.path).name, self.sha256)

    def places(self, *folders: Path) -> list[Path]:
        """Where it may be: where it was, or in one of the folders; a mere name, where you are."""
        return [Path(self.path), *(folder / Path(self.path).name for folder in folders)]

    def find(self, *folders: Path) -> Path:
        """The file where it was, or by its name in one of the folders; ValueError if it differs."""
        found = [place for place in self.places(*folders) if _is_file(place)]
        for place in found:
            if files.sha256(place) == self.sha256:
                return place
        if found:
            raise ValueError(
                f"{str(found[0])!r} has changed since the picture was made from it; "
                "put the old file back"
            )
        raise ValueError(
            f"{self.path!r} is not there any more; put it beside the picture, under the same name, "
            "or name its folder with --inputs"
        )


def homes(picture: Path, inputs: Sequence[Path] = ()) -> tuple[Path, ...]:
    """Folders where what a picture was made from may lie: its own, those named, the package's."""
    shipped = (assets.photo().parent, assets.ARTWORKS, assets.PRESETS["gallery"].parent)
    return (picture.parent, *inputs, *shipped)


def versions() -> dict[str, str]:
    """What the same bytes depend on, besides the processor's own arithmetic."""
    found = {}
    for name in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return {**found, "python": platform.python_version(), "machine": platform.machine()}


def kind(text: str) -> str | None:
    """What made the picture of a recipe, such as "stylize"; None if it does not say."""
    try:
        return json.loads(text).get("tfnst")
    except (ValueError, AttributeError, RecursionError):
        return None


def is_share(value: object) -> bool:
    """Whether a value from JSON, where a number may have any length, is one from 0 to 1e9."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1e9


def _is_file(place: Path) -> bool:
    try:
        return place.is_file()
    except OSError:  # a name that is too long
        return False
