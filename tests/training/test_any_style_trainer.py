"""Tests of tfnst.training.any_style_trainer and any_style_run: what learns, and from what."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tests.conftest import run_eagerly, untrained_any
from tests.training.samples import ANY_SETTINGS
from tfnst import images
from tfnst.networks import any_style
from tfnst.training import any_style_run, any_style_trainer, artwork_views
from tfnst.training.any_style_run import train_any
from tfnst.training.any_style_trainer import AnyStyleTrainer
from tfnst.training.batches import AnyStyleBatches
from tfnst.training.photo_folder import PhotoFolder
from tfnst.training.targets import STYLE_TERMS, view_targets

SETTINGS = ANY_SETTINGS


def eager(describe: Any, extractor: Any, settings: Any) -> Any:
    """`measuring` without a graph."""

    def measured(picture: Any) -> Any:
        both = describe(picture), view_targets(extractor, [picture], settings)
        return keras.tree.map_structure(keras.ops.convert_to_numpy, both)

    return measured


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few pixels, and no graphs, which take longer to trace than a few steps take."""
    monkeypatch.setattr(artwork_views, "SIDES", (64,))
    monkeypatch.setattr(any_style_run, "measuring", eager)
    run_eagerly(monkeypatch.setattr, AnyStyleTrainer)


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """One loss that is soon measured, for tests that are about files and weights."""

    def measure(_: Any, photo: Any, painted: Any, *__: Any) -> dict[str, Any]:
        distance = keras.ops.mean(keras.ops.square(painted - photo), (1, 2, 3))
        return dict.fromkeys(STYLE_TERMS, distance)

    monkeypatch.setattr(any_style_trainer, "measure", measure)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos, and artworks beside them."""
    base = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(0)
    for kind, count in (("photos", 3), ("artworks", 2)):
        (base / kind).mkdir()
        for number in range(count):
            coarse = images.resize(random.random((9, 9, 3), np.float32), 110, 120)
            images.save(base / kind / f"{number}.png", coarse)
    return base


def artworks(folder: Path) -> list[Path]:
    return sorted((folder / "artworks").iterdir())


def run(folder: Path, output: Path, settings: Any = SETTINGS, **options: Any) -> list[Any]:
    photos = PhotoFolder(folder / "photos")
    return list(train_any(artworks(folder), [], photos, output, settings, **options))


def made(folder: Path, settings: Any = SETTINGS) -> any_style_run.AnyStyleRun:
    photos = PhotoFolder(folder / "photos")
    return any_style_run.AnyStyleRun(
        artworks(folder), [], photos, folder / "unused.keras", settings, untrained_any()
    )


@pytest.mark.usefixtures("cheap")
def test_the_decoder_alone_learns(folder: Path) -> None:
    work = made(folder)
    before = {w.path: np.asarray(w) for w in work.network.weights}
    work.trainer.fit(work.batches(2), verbose=0, shuffle=False)
    changed = {w.path for w in work.network.weights if np.any(before[w.path] != np.asarray(w))}
    fixed = {path for path in before if "vgg19" in path or "components" in path}
    fixed |= {w.path for w in work.network.extractor.weights}
    assert changed and not changed & fixed
    trained = {w.path for w in work.trainer.trainable_variables}
    assert trained == {w.path for w in work.network.trainable_weights}


def test_batches_hold_views_and_their_targets_the_same_for_the_same_step(folder: Path) -> None:
    settings = replace(SETTINGS, photo_share=0.5, mixture_share=0.5, batch=4)
    work = made(folder, settings)
    (batch,), (again,) = work.batches(1)[0], work.batches(1)[0]
    side = settings.size + 2 * images.HALO
    assert batch["image"].shape == (4, side, side, 3)
    assert batch["style"].shape == (4, work.network.settings.length)
    assert batch["stroke"].shape == batch["strength"].shape == (4, 1)
    assert 0 <= batch["strength"].min() < batch["strength"].max() == 1
    assert batch["bands"].shape[0] == batch["coherence"].shape[0] == 4
    for one, other in zip(*map(keras.tree.flatten, (batch, again)), strict=True):
        np.testing.assert_array_equal(one, other)
    later = AnyStyleBatches(work.photos, work.views, settings, 1, first_step=7)[0][0]
    assert np.any(later["style"] != batch["style"])


def test_a_photo_at_strength_0_is_to_come_back(folder: Path) -> None:
    """At less than full strength what is to be the photo is compared with it, square by square."""
    work = made(folder)
    (batch,) = work.batches(1)[0]
    trainer: AnyStyleTrainer = work.trainer
    painted = trainer(batch)
    photo = float(
        trainer.compute_loss({**batch, "strength": np.zeros((2, 1), "f")}, y_pred=painted)
    )
    inner = np.s_[:, images.HALO : -images.HALO, images.HALO : -images.HALO]
    square = np.mean((np.asarray(painted)[inner] - batch["image"][inner]) ** 2)
    assert photo == pytest.approx(5 * square, rel=1e-4)
    style = float(trainer.compute_loss({**batch, "strength": np.ones((2, 1), "f")}, y_pred=painted))
    assert style != pytest.approx(photo, rel=0.1)


@pytest.mark.usefixtures("cheap")
def test_a_training_writes_its_network_card_log_and_sheet_and_goes_on(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blank = np.zeros((8, 8, 3), np.float32)
    monkeypatch.setattr(any_style_run.AnyStyleRun, "preview", lambda work: blank)
    output = tmp_path / "any.keras"
    settings = replace(SETTINGS, steps=2, log_every=1)
    reports = run(folder, output, settings)
    assert [report.step for report in reports] == [1, 2] and reports[-1].fraction == 1
    assert all(np.isfinite([r.style, r.content, r.bands]).all() for r in reports)
    network = any_style.load_any_network(output)
    photo = images.load(folder / "photos" / "0.png").rgb
    painted = network.stylize(photo, images.load(artworks(folder)[0]).rgb)
    assert painted.shape == photo.shape
    card = output.with_suffix(".md").read_text("utf-8")
    assert "2 steps of 2 crops of 64 px" in " ".join(card.split()) and "- 0.png" in card
    lines = Path(f"{output}.log.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [1, 2]
    assert images.load(output.with_suffix(".png")).rgb.shape == blank.shape
    longer = run(folder, output, replace(settings, steps=3), resume=True)
    assert [report.step for report in longer] == [3]
    begun = run(folder, tmp_path / "other.keras", settings, start=network)
    assert [report.step for report in begun] == [1, 2]


def test_a_preview_shows_photos_after_artworks(folder: Path) -> None:
    assert made(folder).preview(32).shape == (3 * 32, 4 * 32, 3)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"artworks": []}, "artworks is empty"),
        ({"output": Path("any.npz")}, "end its name in .keras"),
        ({"artworks": [Path("missing.png")]}, "missing.png"),
        ({"photos": None}, "photos is None"),
        ({"settings": {}}, "settings is {}"),
    ],
)
def test_misuse_is_told_before_it_begins(
    changes: dict[str, Any], says: str, folder: Path, tmp_path: Path
) -> None:
    arguments = {
        "artworks": artworks(folder),
        "others": [],
        "photos": PhotoFolder(folder / "photos"),
        "output": tmp_path / "any.keras",
        "settings": SETTINGS,
    }
    with pytest.raises(ValueError, match=says):
        train_any(**(arguments | changes))
    assert not list(tmp_path.iterdir())
