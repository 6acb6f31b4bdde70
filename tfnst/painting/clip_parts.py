"""The parts of a clip that is being painted: what outlives an interruption, beside its target."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tfnst import files
from tfnst.files import FileError, archives, leftovers
from tfnst.images import ClipDamage
from tfnst.images.clip_info import ClipInfo
from tfnst.images.video_encoding import Packet, Segment
from tfnst.painting.frame_painters import State

_CARD, _LOCK, _END, _SOURCE = "card.json", "lock", "end.json", "source"
_OURS = re.compile(r"(state-)?\d{6,}\.npz|card\.json|end\.json|lock|source|\.tfnst-.*")
_KEPT = 2  # states: that of the last part, and that before, should the part not be whole
_ENDS = 1 << 20  # bytes at the beginning and the end of a file that tell it from others


@dataclass(frozen=True)
class End:
    """That all is painted, of how many frames, and where the source broke off."""

    frames: int
    damage: ClipDamage | None = None


class ClipParts:
    """The folder NAME.parts of a target: segments, each written whole, and what they are of.

    Nobody else can write it meanwhile.

    Args:
        target: the clip that they become.

    Attributes:
        folder: where they lie.
        count: of segments.
        frames: that these hold.
        size: height and width of the frames, None before the first.
        end: once all frames are painted.

    Raises:
        ValueError: another process is at them.
        FileError: the folder holds something else, or cannot be written.
    """

    def __init__(self, target: Path) -> None:
        self.folder = target.with_name(f"{target.name}.parts")
        self.count, self.frames = 0, 0
        self.size: tuple[int, int] | None = None
        self.end: End | None = None
        self._require_ours()
        try:
            self._claim = leftovers.Claim(self.folder / _LOCK, str(target))
        except OSError as error:
            text = f"cannot be made ({error.strerror}); check disk space and permissions"
            raise FileError(self.folder, text) from error
        leftovers.sweep(self.folder)
        self.count = self._whole_parts()

    def begin(self, card: Mapping[str, Any], resume: bool) -> None:
        """Begin, or go on with what is there.

        Args:
            card: JSON of the source and of the settings.
            resume: go on with the parts that are there.

        Raises:
            ValueError: parts are there and `resume` is not set, or they are of something else.
        """
        if not self.count:
            self._file(_END).unlink(missing_ok=True)
            files.write_bytes(self._file(_CARD), json.dumps(card, indent=1).encode())
            return
        if not resume:
            text = "holds painted frames; go on with --resume, or delete this folder"
            raise FileError(self.folder, text)
        self._require_same(card)
        last = self._arrays(self.count - 1)
        self.frames = int(last["begin"]) + len(last["pts"])
        self.size = (int(last["size"][0]), int(last["size"][1]))
        self._read_end()

    def _require_ours(self) -> None:
        if self.folder.exists() and not self.folder.is_dir():
            raise FileError(self.folder, "is a file, and parts were to lie there; rename it")
        names = (path.name for path in self.folder.glob("*")) if self.folder.exists() else ()
        if other := next((name for name in names if not _OURS.fullmatch(name)), None):
            raise FileError(self.folder, f"holds {other}, no part of a clip; name another target")

    def _require_same(self, card: Mapping[str, Any]) -> None:
        try:
            stored = json.loads(files.read_text(self._file(_CARD)))
        except ValueError as error:
            raise FileError(self.folder, "its card is damaged; delete this folder") from error
        if differing := [name for name in card if stored.get(name) != card[name]]:
            names = (_difference(name, stored.get(name), card[name]) for name in differing)
            what = " and ".join(names)
            text = f"is of another {what}; give what it was begun with, or delete this folder"
            raise FileError(self.folder, text)

    def _read_end(self) -> None:
        with contextlib.suppress(ValueError, TypeError, KeyError):
            values = json.loads(files.read_text(self._file(_END)))
            damage = ClipDamage(**values["damage"]) if values["damage"] else None
            self.end = End(values["frames"], damage) if values["frames"] == self.frames else None

    def _whole_parts(self) -> int:
        """How many parts there are from the first on; a last one that is damaged is none."""
        count = 0
        while self._file(self._name(count)).exists():
            count += 1
        while count:
            try:
                self._arrays(count - 1)
                return count
            except FileError:
                count -= 1
        return 0

    def _file(self, name: str) -> Path:
        return self.folder / name

    @staticmethod
    def _name(number: int) -> str:
        return f"{number:06d}.npz"

    def _arrays(self, number: int) -> dict[str, np.ndarray]:
        return archives.read(self._file(self._name(number)))

    @property
    def copy(self) -> Path:
        """Where what standard input gave is kept, for a second reading."""
        return self._file(_SOURCE)

    def state(self) -> State | None:
        """What was remembered after the last part that has its state; those after it are given up.

        None where none has, and all begins anew.
        """
        while self.count:
            with contextlib.suppress(FileError):
                return archives.read(self._file(f"state-{self._name(self.count - 1)}"))
            self.frames = int(self._arrays(self.count - 1)["begin"])
            self.count -= 1
        return None

    def add(self, segment: Segment, size: tuple[int, int], state: State | None) -> None:
        """Keep a segment, and what the painter remembers after it; FileError on a full disk."""
        if state is not None:
            self._write(f"state-{self._name(self.count)}", dict(state))
        packets = segment.packets
        arrays = {
            "begin": np.array(self.frames),
            "size": np.array(size),
            "header": np.frombuffer(segment.header, np.uint8),
            "data": np.frombuffer(b"".join(packet.data for packet in packets), np.uint8),
            "sizes": np.array([len(packet.data) for packet in packets]),
            "pts": np.array([packet.pts for packet in packets]),
            "durations": np.array([packet.duration for packet in packets]),
            "keys": np.array([packet.is_key for packet in packets]),
        }
        self._write(self._name(self.count), arrays)
        if state is not None and self.count >= _KEPT:
            self._file(f"state-{self._name(self.count - _KEPT)}").unlink(missing_ok=True)
        self.count, self.frames, self.size = self.count + 1, self.frames + len(packets), size

    def _write(self, name: str, arrays: Mapping[str, Any]) -> None:
        np.savez(buffer := io.BytesIO(), **arrays)
        files.write_bytes(self._file(name), buffer.getvalue())

    def segments(self) -> Iterator[Segment]:
        """All of them, one at a time; FileError where one is damaged."""
        for number in range(self.count):
            arrays = self._arrays(number)
            data, at, packets = arrays["data"].tobytes(), 0, []
            columns = (arrays[name].tolist() for name in ("sizes", "pts", "durations", "keys"))
            for size, pts, duration, is_key in zip(*columns, strict=True):
                packets.append(Packet(data[at : at + size], pts, duration, is_key))
                at += size
            yield Segment(tuple(packets), arrays["header"].tobytes())

    def finish(self, damage: ClipDamage | None) -> None:
        """Say that all frames are painted."""
        self.end = End(self.frames, damage)
        files.write_bytes(self._file(_END), json.dumps(asdict(self.end)).encode())

    def delete(self) -> None:
        """Delete the folder, once the target is there."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def close(self) -> None:
        """Let others have the folder; without a part it goes."""
        self._claim.close()
        if not self.count:
            shutil.rmtree(self.folder, ignore_errors=True)


def _difference(name: str, before: Any, now: Any) -> str:
    """What differs, of many settings by their names."""
    if name != "settings" or not isinstance(before, dict):
        return name
    return f"{name} ({', '.join(key for key in now if before.get(key) != now[key])})"


def identity(source: Path | None, info: ClipInfo) -> dict[str, Any]:
    """What tells a source from others; of standard input, which is None, only what it is."""
    if source is None:
        names = ("container", "codec", "width", "height")
        return {name: getattr(info, name) for name in names} | {"rate": str(info.rate)}
    digest = hashlib.sha256()
    if source.is_dir():
        entries = sorted(path for path in source.iterdir() if path.is_file())
        for path in entries:
            digest.update(f"{path.name}/{path.stat().st_size}/".encode())
        return {"files": len(entries), "sha256": digest.hexdigest()}
    size = source.stat().st_size
    with files.opened(source) as file:
        digest.update(file.read(_ENDS))
        file.seek(max(0, size - _ENDS))
        digest.update(file.read(_ENDS))
    return {"bytes": size, "sha256": digest.hexdigest()}
