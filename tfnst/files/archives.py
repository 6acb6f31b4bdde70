"""Archives of arrays, .npz and .keras: what they unpack to is known before it is unpacked."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from tfnst.files import File, FileError, opened, write_bytes

LARGEST = 1 << 30  # bytes, unpacked: a dozen times VGG-19
_WEIGHTS = "model.weights.h5"  # as Keras calls them


@contextlib.contextmanager
def modest(path: File) -> Iterator[IO[bytes]]:
    """An archive to read, or another file; FileError for one that unpacks to over `LARGEST` bytes.

    A member is never longer than it says: zipfile reads no further.
    """
    with opened(path) as file:
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                size = sum(member.file_size for member in archive.infolist())
                if size <= LARGEST and _WEIGHTS in archive.namelist():
                    size = max(size, _size_in_h5(path, archive.read(_WEIGHTS)))
            if size > LARGEST:
                text = f"unpacks to {size / 1e9:.1f} GB; {LARGEST / 1e9:.1f} are the most"
                raise FileError(path, f"{text}, so use a file of tfnst train or distill")
        file.seek(0)
        yield file


def _size_in_h5(path: File, data: bytes) -> int:
    """Bytes of all arrays: HDF5 stores none of those that nobody has written to, such as zeros.

    FileError where an array lies in another file, which a stranger's would read in that way.
    """
    import h5py  # here: reading pictures does without

    links: list[object] = []
    arrays: list[h5py.Dataset] = []
    with contextlib.suppress(OSError), h5py.File(io.BytesIO(data), "r") as h5:  # no HDF5: 0 bytes
        h5.visititems_links(lambda _, link: links.append(link))
        h5.visititems(lambda _, item: arrays.append(item) if hasattr(item, "nbytes") else None)
        if any(not isinstance(link, h5py.HardLink) for link in links) or any(
            array.external or array.is_virtual for array in arrays
        ):
            raise FileError(path, "its weights lie in other files; use a file of tfnst train")
        return sum(array.nbytes for array in arrays)
    return 0


def read(path: File) -> dict[str, np.ndarray]:
    """The arrays of an .npz by name, without unpickling; FileError for other and damaged files."""
    try:
        with modest(path) as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileError:
        raise
    except Exception as error:  # of NumPy, zipfile, zlib, struct, as the damage will have it
        raise FileError(path, "is no .npz file of numbers, or damaged; make it again") from error


def write(path: Path, weights: Mapping[str, np.ndarray], **texts: str) -> None:
    """Write weights as a float16 .npz, texts beside them, whole or not at all."""
    arrays: dict[str, Any] = {name: w.astype(np.float16) for name, w in weights.items()}
    np.savez_compressed(buffer := io.BytesIO(), **arrays, **dict[str, Any](texts))
    write_bytes(path, buffer.getvalue())


def read_h5(path: File, layers: Sequence[str]) -> dict[str, np.ndarray]:
    """`{layer/kernel, layer/bias}` of the layers of a Keras 2 file of weights."""
    import h5py

    arrays: dict[str, np.ndarray] = {}
    with opened(path) as file, h5py.File(file, "r") as h5:
        groups = h5.get("model_weights", h5)
        for layer in layers:
            names = groups[layer].attrs["weight_names"]
            kernel, bias = (np.asarray(groups[layer][name]) for name in names)
            arrays[f"{layer}/kernel"], arrays[f"{layer}/bias"] = kernel, bias
    return arrays
