"""Frames to a picture that moves: GIF, WebP, or a folder of PNG files."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tfnst import files, images
from tfnst.files import FileError
from tfnst.files.folders import new_folder


def check_animation(target: Path) -> None:
    """ValueError unless the name is that of a .gif or .webp file, or of a folder for .png files."""
    if target.suffix.lower() not in ("", ".gif", ".webp"):
        raise FileError(
            target, "cannot animate this kind; end it in .gif or .webp, or name a folder"
        )
    if not target.parent.is_dir():
        raise FileError(target, f"there is no folder {target.parent}; make it first")
    if not target.suffix and target.is_dir() and any(target.iterdir()):
        raise FileError(target, "this folder is not empty; name a new one for the frames")
    if (target.suffix and target.is_dir()) or (not target.suffix and target.is_file()):
        raise FileError(target, "this is there already, and of another kind; use another name")


def save_animation(
    target: Path, frames: Iterable[np.ndarray], seconds: float = 0.08, quality: int = 95
) -> None:
    """Write (H, W, 3) frames in [0, 1] as a .gif or .webp that repeats, or a folder of .png files.

    `seconds` is how long each is shown, `quality` that of WebP. Either is written whole or not at
    all; ValueError for a name of another kind, and when the disk refuses.
    """
    check_animation(target)
    if not target.suffix:
        with new_folder(target, target.resolve()) as folder:
            for number, frame in enumerate(frames):
                images.save(folder / f"{number:04d}.png", frame)
        return
    kind = "GIF" if target.suffix.lower() == ".gif" else "WEBP"
    longest = images.LONGEST_SIDE[kind]
    pictures = (
        Image.fromarray(images.as_uint8(images.validate(frame, "frame"))) for frame in frames
    )
    first = next(pictures)
    if max(first.size) > longest:
        raise FileError(
            target, f"{kind} holds at most {longest} pixels a side; use a smaller --size"
        )
    options: dict[str, Any] = dict(
        save_all=True, append_images=list(pictures), duration=round(1000 * seconds), loop=0
    )
    first.save(
        data := io.BytesIO(), kind, **options, **({"quality": quality} if kind == "WEBP" else {})
    )
    files.write_bytes(target, data.getvalue())
