"""Tests of tfnst.files.archives: no code of strangers, no more memory than weights take."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.conftest import untrained
from tfnst.features import vgg, vgg_weights
from tfnst.files import archives
from tfnst.networks import style_network


class Malicious:
    """Leaves a trace when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.trace,)


def test_weights_are_written_as_float16_and_read_again(tmp_path: Path) -> None:
    file = tmp_path / "a.npz"
    archives.write(file, {"a/kernel": np.arange(6.0).reshape(2, 3)}, config="of it")
    arrays = archives.read(file)
    assert (arrays["a/kernel"].dtype, str(arrays["config"])) == (np.float16, "of it")
    np.testing.assert_array_equal(arrays["a/kernel"], [[0, 1, 2], [3, 4, 5]])
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def test_npz_never_unpickles(tmp_path: Path) -> None:
    trace, file = tmp_path / "trace", tmp_path / "a.npz"
    np.savez(file, config=np.array([Malicious(trace)], object))
    for read in (archives.read, style_network.read, vgg_weights.read_weights):
        with pytest.raises(ValueError, match=r"a\.npz") as caught:
            read(file)
        assert len(str(caught.value).splitlines()) == 1
    assert not trace.exists()
    with np.load(file, allow_pickle=True) as arrays:
        arrays["config"]
    assert trace.exists(), "the trap works"


@pytest.mark.parametrize("name", ["a.npz", "a.keras"])
def test_what_unpacks_to_gigabytes_is_refused_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(archives, "LARGEST", 10_000)
    with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.weights.h5", bytes(20_000))
    read = style_network.read if name == "a.npz" else style_network.load_network
    with pytest.raises(ValueError, match=r"unpacks to .* GB; .* are the most"):
        read(tmp_path / name)


def test_arrays_that_take_no_room_in_the_file_are_refused_before(tmp_path: Path) -> None:
    with h5py.File(weights := io.BytesIO(), "w") as h5:
        h5.create_dataset("layers/0", (20_000, 20_000), "float32", chunks=(1000, 1000))
    with zipfile.ZipFile(tmp_path / "a.keras", "w") as archive:
        archive.writestr("model.weights.h5", weights.getvalue())
    assert (tmp_path / "a.keras").stat().st_size < 10_000
    with pytest.raises(ValueError, match=r"a\.keras: unpacks to 1\.6 GB; 1\.1 are the most"):
        style_network.load_network(tmp_path / "a.keras")


@pytest.mark.parametrize("kind", ["link", "storage"])
def test_weights_are_read_from_no_other_file(tmp_path: Path, kind: str) -> None:
    with h5py.File(weights := io.BytesIO(), "w") as h5:
        if kind == "link":
            h5["layers"] = h5py.ExternalLink("/etc/other.h5", "/")
        else:
            h5.create_dataset("layers/0", (4,), "uint8", external=[("/etc/hostname", 0, 4)])
    with zipfile.ZipFile(tmp_path / "a.keras", "w") as archive:
        archive.writestr("model.weights.h5", weights.getvalue())
    with pytest.raises(ValueError, match=r"a\.keras: its weights lie in other files"):
        style_network.load_network(tmp_path / "a.keras")


def test_what_is_no_zip_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(b"no zip")
    np.save(tmp_path / "b.npz.npy", np.zeros(3))
    for name in ("a.npz", "b.npz.npy", "none.npz"):
        with pytest.raises(ValueError, match=name):
            archives.read(tmp_path / name)
    np.savez(buffer := io.BytesIO(), a=np.arange(3))
    np.testing.assert_array_equal(archives.read(buffer)["a"], [0, 1, 2])


def arrays_of_a_network(tmp_path: Path) -> dict[str, np.ndarray]:
    style_network.write(untrained("wave"), tmp_path / "whole.npz")
    return archives.read(tmp_path / "whole.npz")


def test_doctored_networks_are_refused(tmp_path: Path) -> None:
    arrays = arrays_of_a_network(tmp_path)
    first = next(name for name in arrays if name != "config")
    wide = str(arrays["config"]).replace("12", "1000000000")
    doctored = {
        "missing": {k: v for k, v in arrays.items() if k != first},
        "other shape": arrays | {first: np.zeros(3, np.float16)},
        "text": arrays | {first: np.array(["a"])},
        "no config": {k: v for k, v in arrays.items() if k != "config"},
        "config of another kind": arrays | {"config": np.array("[]")},
        "config that is none": arrays | {"config": np.zeros(3)},
        "too wide": arrays | {"config": np.array(wide)},
        "no styles": arrays | {"config": np.array('{"styles": []}')},
    }
    for name, changed in doctored.items():
        np.savez(tmp_path / "doctored.npz", **changed)
        with pytest.raises(ValueError, match=r"doctored\.npz: holds no network") as caught:
            style_network.read(tmp_path / "doctored.npz")
        assert len(str(caught.value).splitlines()) == 1, name


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused(tmp_path: Path, bad: float) -> None:
    arrays = arrays_of_a_network(tmp_path)
    first = next(name for name in arrays if name != "config")
    arrays[first].flat[0] = bad
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(ValueError, match=r"bad\.npz: weights of .* are not finite"):
        style_network.read(tmp_path / "bad.npz")
    network = untrained("wave")
    network.weights[0].assign(np.full(network.weights[0].shape, bad))
    network.save(tmp_path / "bad.keras")
    with pytest.raises(ValueError, match=r"bad\.keras: weights of .* are not finite"):
        style_network.load_network(tmp_path / "bad.keras")
    lite = archives.read(vgg_weights.LITE_WEIGHTS)
    lite["block1_conv1/kernel"].flat[0] = bad
    np.savez(tmp_path / "lite.npz", **lite)
    with pytest.raises(ValueError, match="block1_conv1 holds NaN or infinity"):
        vgg.FeatureExtractor("vgg19-lite", ("block1_conv1",), weights=tmp_path / "lite.npz")
