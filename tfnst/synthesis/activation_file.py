"""Activations of a photo too large for memory, in a temporary file without a name."""

from __future__ import annotations

import math
import tempfile
import weakref
from collections.abc import Hashable, Mapping
from typing import IO, Any, NamedTuple

import numpy as np


class _Entry(NamedTuple):
    offset: int
    dtype: Any
    shape: tuple[int, ...]


class ActivationFile:
    """Arrays by key and layer, on disk: 24 bytes a pixel with VGG-19-lite, 96 with VGG-19.

    They are read twice a step.
    """

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._entries: dict[Hashable, dict[str, _Entry]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def write(self, key: Hashable, activations: Mapping[str, Any]) -> None:
        """Keep tensors by their layers.

        Raises:
            OSError: the disk is full; it names the folder of temporary files.
        """
        if not activations:
            return
        entries = self._entries[key] = {}
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as this is
                weakref.finalize(self, self._file.close)
            for layer, activation in activations.items():
                array = np.ascontiguousarray(activation)
                entries[layer] = _Entry(self._file.tell(), array.dtype, array.shape)
                self._file.write(array.view(np.uint8).data)
        except OSError as error:
            self.clear()
            raise OSError(error.errno, error.strerror, tempfile.gettempdir()) from error

    def read(self, key: Hashable) -> dict[str, np.ndarray]:
        """What is kept of a key; nothing of one that is not known."""
        arrays = {}
        for layer, entry in self._entries.get(key, {}).items():
            assert self._file is not None
            self._file.seek(entry.offset)
            content = self._file.read(math.prod(entry.shape) * entry.dtype.itemsize)
            arrays[layer] = np.frombuffer(content, entry.dtype).reshape(entry.shape)
        return arrays

    def clear(self) -> None:
        """Forget everything."""
        if self._file is not None:
            self._file.close()
        self._file = None
        self._entries.clear()
