"""Statistics of Portilla & Simoncelli of one grey picture, beside those that plenoptic 2 computes.

plenoptic (with torch) is no dependency: it lies in an environment of its own, whose interpreter
this calls.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from tfnst import images
from tfnst.images.color import LUMA
from tfnst.losses.portilla_simoncelli import portilla_simoncelli

THEIRS = """
import sys, numpy, torch, plenoptic
picture = torch.from_numpy(numpy.load(sys.argv[1]))[None, None]
model = plenoptic.models.PortillaSimoncelli(picture.shape[-2:])
statistics = model.convert_to_dict(model(picture))
numpy.savez(sys.argv[2], **{name: value[0, 0].numpy() for name, value in statistics.items()})
"""
SCALES, ORIENTATIONS, WIDTH = 4, 4, 7


def plenoptic_statistics(python: Path, picture: np.ndarray) -> dict[str, np.ndarray]:
    """What plenoptic gives for a grey picture (H, W)."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "picture.npy"), Path(folder, "statistics.npz")
        np.save(source, picture)
        subprocess.run([python, "-c", THEIRS, source, target], check=True)
        with np.load(target) as archive:
            return dict(archive)


def as_ours(theirs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The same in our groups and order; its bands grow by 4 from scale to scale."""
    growth = 4.0 ** np.arange(SCALES + 1)
    shapes = np.stack([theirs["skew_reconstructed"], theirs["kurtosis_reconstructed"]], 1)
    upper = np.triu_indices(ORIENTATIONS, 1)
    between = theirs["cross_orientation_correlation_magnitude"]
    between = np.where(np.isnan(between), between.swapaxes(0, 1), between)
    pixels = theirs["pixel_statistics"]
    return {
        "pixels": pixels[:4],
        "range": pixels[4:],
        "low_shape": shapes.ravel(),
        "low_correlation": shifts(theirs["auto_correlation_reconstructed"][:, :, None]),
        "low_deviation": theirs["std_reconstructed"] / growth,
        "magnitude_correlation": shifts(theirs["auto_correlation_magnitude"]),
        "magnitude_deviation": (theirs["magnitude_std"] / growth[:-1]).T.ravel(),
        "orientations": between[upper].T.ravel(),
        "scales": by_scale(theirs["cross_scale_correlation_magnitude"]),
        "phases": by_scale(theirs["cross_scale_correlation_real"]),
        "high_variance": np.ravel(theirs["var_highpass_residual"]),
    }


def by_scale(values: np.ndarray) -> np.ndarray:
    """(K, n, scales) as numbers, scale by scale."""
    return np.moveaxis(values, 2, 0).ravel()


def shifts(values: np.ndarray) -> np.ndarray:
    """(7, 7, K, scales) as numbers, scale by scale, for one of each two opposite shifts."""
    whole = np.where(np.isnan(values), values[::-1, ::-1], values)
    half = whole.reshape(WIDTH**2, *whole.shape[2:])[WIDTH**2 // 2 + 1 :]
    return np.moveaxis(half, (2, 1), (0, 1)).ravel()


def main() -> None:
    """Print, for each group, how far ours are from theirs."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("picture", type=Path)
    options.add_argument("--python", type=Path, required=True, help="where plenoptic is installed")
    options.add_argument("--size", type=int, default=256)
    arguments = options.parse_args()
    colors = images.resize(images.load(arguments.picture).rgb, arguments.size, arguments.size)
    grey = (colors @ LUMA).astype(np.float32)
    theirs = as_ours(plenoptic_statistics(arguments.python, grey))
    ours = {k: v.numpy()[0] for k, v in portilla_simoncelli(grey[None, None]).items()}
    print("group, numbers, ‖ours − theirs‖ / ‖theirs‖, greatest difference")
    for name, wanted in theirs.items():
        off = ours[name] - wanted
        ratio = np.linalg.norm(off) / np.linalg.norm(wanted)
        print(f"{name:22} {off.size:4} {ratio:10.2e} {np.abs(off).max():10.2e}")


if __name__ == "__main__":
    main()
