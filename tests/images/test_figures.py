"""Tests of tfnst.images.figures: what the figures hold, and the files they become."""

from __future__ import annotations

import itertools
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from tfnst import images
from tfnst.images import figures

RANDOM = np.random.default_rng(0)


def colour(height: int = 12, width: int = 16, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((height, width, 3), np.float32)


def titles(figure: Figure) -> list[str]:
    return [axis.get_title() for axis in figure.axes if axis.get_title()]


def rendered(figure: Figure, folder: Path) -> np.ndarray:
    figures.write(figure, folder / "figure.png")
    return images.load(folder / "figure.png").rgb


@pytest.mark.parametrize(
    ("count", "columns", "grid"), [(1, 4, (1, 1)), (4, 4, (1, 4)), (5, 4, (2, 4)), (3, 2, (2, 2))]
)
def test_show_fills_rows(count: int, columns: int, grid: tuple[int, int]) -> None:
    figure = figures.show({f"picture {i}": colour(seed=i) for i in range(count)}, columns, 1.0)
    assert titles(figure) == [f"picture {i}" for i in range(count)]
    assert len(figure.axes) == grid[0] * grid[1]
    assert figure.axes[0].get_gridspec().get_geometry() == grid
    assert tuple(figure.get_size_inches()) == (grid[1], grid[0])
    assert not any(axis.axison for axis in figure.axes)


def test_show_holds_the_pictures_clipped_and_grey_as_grey() -> None:
    bright, grey = colour() * 1.5, colour()[..., 0]
    figure = figures.show({"bright": bright, "grey": grey})
    first, second = (axis.get_images()[0] for axis in figure.axes)
    np.testing.assert_array_equal(first.get_array(), bright.clip(0, 1))
    np.testing.assert_array_equal(second.get_array(), grey)
    assert second.get_cmap().name == "gray"


def test_comparison_sheet_is_photo_artworks_painting_in_one_row(tmp_path: Path) -> None:
    one = figures.comparison_sheet(colour(), [colour(seed=1)], colour(seed=2))
    assert titles(one) == ["photo", "style", "painting"]
    two = figures.comparison_sheet(colour(), [colour(20, 8, 1), colour(seed=3)], colour(seed=2))
    assert titles(two) == ["photo", "style 1", "style 2", "painting"]
    assert two.axes[0].get_gridspec().get_geometry() == (1, 4)
    shown = [axis.get_images()[0].get_array() for axis in two.axes]
    np.testing.assert_array_equal(shown[1], colour(20, 8, 1))
    np.testing.assert_array_equal(shown[3], colour(seed=2))
    sheet = rendered(one, tmp_path)
    assert sheet.shape[1] > 2.5 * sheet.shape[0] > 500
    assert (sheet[:10] > 0.99).all()  # a white border
    assert sheet.std() > 0.05


def test_labels_of_a_grid_do_not_run_into_each_other() -> None:
    cells = [[np.ones((40, 40, 3), np.float32)] * 2] * 2
    figure = figures.labelled_grid(cells, ["strength 0.3", "strength 0.6"], ["a label", "another"])
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [text.get_window_extent(renderer) for text in figure.texts]
    assert len(boxes) == 4
    assert all(not one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
    assert max(box.width for box in boxes[:2]) <= 40 and max(b.height for b in boxes[2:]) <= 40


def test_activation_grid_shows_the_strongest_channels_each_to_its_own_peak() -> None:
    activation = np.zeros((6, 7, 5), np.float32)
    for channel, strength in enumerate((0.0, 4.0, 1.0, 30.0, 2.0)):
        activation[2, 3, channel] = strength
    figure = figures.activation_grid(activation, count=4, columns=2)
    assert titles(figure) == ["channel 3", "channel 1", "channel 4", "channel 2"]
    for axis in figure.axes:
        assert axis.get_images()[0].get_array().max() == 1
    everything = figures.activation_grid(activation, count=16)
    assert len(titles(everything)) == 5
    assert np.isfinite(everything.axes[4].get_images()[0].get_array()).all()


def test_matrices_are_logarithmic_heat_maps_with_scales() -> None:
    named = {"one": RANDOM.normal(size=(4, 4)), "zero": np.zeros((3, 3))}
    figure = figures.matrices(named)
    assert titles(figure) == ["one", "zero"]
    assert len(figure.axes) == 4  # two maps, two colour bars
    heat = figure.axes[0].get_images()[0].get_array()
    np.testing.assert_allclose(10**heat, np.abs(named["one"]) + 1e-6)


@dataclass
class Report:
    step: int
    style_loss: float
    content_distance: float


def test_curves_follow_the_reports(tmp_path: Path) -> None:
    reports = [Report(10 * i, 1 / i, i / 10) for i in range(1, 6)]
    figure = figures.curves(reports, ["style_loss", "content_distance"])
    assert titles(figure) == ["style loss", "content distance"]
    line = figure.axes[0].lines[0]
    assert list(line.get_xdata()) == [10, 20, 30, 40, 50]
    assert list(line.get_ydata()) == [1 / i for i in range(1, 6)]
    assert figure.axes[1].get_yscale() == "log" and figure.axes[1].get_xlabel() == "step"
    assert rendered(figure, tmp_path).std() > 0.01


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [("png", "PNG"), ("jpg", "JPEG"), ("jpeg", "JPEG"), ("webp", "WEBP"), ("TIF", "TIFF")],
)
def test_write_knows_the_formats_of_pictures(tmp_path: Path, suffix: str, kind: str) -> None:
    target = tmp_path / f"sheet.{suffix}"
    figures.write(figures.show({"a": colour()}, height=2), str(target))
    with Image.open(target) as picture:
        assert (picture.format, picture.size) == (kind, (200, 200))
    assert [file.name for file in tmp_path.iterdir()] == [target.name]


def test_write_refuses_before_it_draws(tmp_path: Path) -> None:
    figure = figures.show({"a": colour()})
    for wrong in ("sheet.pdf", "sheet", "missing/sheet.png"):
        with pytest.raises(ValueError, match="sheet"):
            figures.write(figure, tmp_path / wrong)
    with pytest.raises(ValueError, match="folder"):
        figures.write(figure, tmp_path)
    assert not list(tmp_path.iterdir())


def test_no_window_system_is_touched() -> None:
    code = (
        "import sys, numpy as np; from tfnst.images import figures;"
        "figures.show({'a': np.zeros((4, 4, 3))});"
        "sys.exit('matplotlib.pyplot' in sys.modules or 'tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
