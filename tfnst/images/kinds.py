"""Kinds of picture files by the endings of their names: those that are read, and those that not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

READ = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".gif", ".bmp", ".avif"}
READ |= {".heic", ".heif"}
_OTHERS = "jxl jp2 j2k psd svg tga ppm pgm exr hdr raw dng cr2 cr3 nef arw raf orf rw2"
UNREAD = {f".{ending}" for ending in _OTHERS.split()}


def is_shadow(file: Path) -> bool:
    """Whether it is a file of attributes that macOS lays beside another, such as ._IMG.jpg."""
    return file.name.startswith("._")


def pictures_in(folder: Path) -> list[Path]:
    """The files of kinds that are read, in a folder and those within it; shadows do not count."""
    files = (file for file in sorted(folder.rglob("*")) if file.suffix.lower() in READ)
    return [file for file in files if file.is_file() and not is_shadow(file)]


def irregular(folders: Iterable[Path]) -> list[Path]:
    """What has a picture's name in some folders and is no regular file: a pipe, a dead link."""
    files = (file for folder in folders if folder.is_dir() for file in sorted(folder.rglob("*")))
    named = (file for file in files if file.suffix.lower() in READ and not is_shadow(file))
    return [file for file in named if not (file.is_file() or file.is_dir())]


def unread(folders: Iterable[Path]) -> dict[str, int]:
    """How many pictures of kinds that are not read lie in some folders, by their endings.

    Files among the folders do not count, and neither do shadows.
    """
    files = (file for folder in folders if folder.is_dir() for file in folder.rglob("*"))
    endings = (file.suffix.lower() for file in files if not is_shadow(file))
    return dict(sorted(Counter(ending for ending in endings if ending in UNREAD).items()))
