"""Tests of the commands apply, styles and train, end to end on small pictures."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from tests.conftest import ROOT, Call, untrained, untrained_any
from tests.images.samples import camera_exif
from tfnst import assets, images
from tfnst.networks import settings as shapes
from tfnst.networks.any_style import load_any_network
from tfnst.networks.settings import NetworkSettings
from tfnst.networks.style_network import StyleNetwork, load_network
from tfnst.training import photo_folder, settings, training_run
from tfnst.training.training_run import StyleRun

QUICK = ("--size", "64", "--style-size", "96", "--steps", "4", "--batch", "1")
SMALL = NetworkSettings((0, 8, 12), 1)
STROKES = ("photo.png", "--style", "wave", "--model", "strokes.keras")


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo, a folder of photos, an artwork and a network."""
    folder = tmp_path_factory.mktemp("stock")
    photo = images.load(assets.photo(), 90).rgb
    images.save(folder / "photo.png", photo)
    (folder / "photos" / "deep").mkdir(parents=True)
    images.save(folder / "photos" / "one.jpg", photo)
    images.save(folder / "photos" / "deep" / "two.png", photo[:70])
    images.save(folder / "art.png", images.load(assets.artwork("swirl"), 100).rgb)
    keras.utils.set_random_seed(0)
    network = StyleNetwork(["wave", "night"], SMALL)
    for weight in network.weights:
        if weight.name == "beta":
            weight.assign(np.random.default_rng(0).normal(0, 0.3, weight.shape))
    network.save(folder / "my.keras")
    untrained("wave", "night", strokes=2).save(folder / "strokes.keras")
    untrained_any().save(folder / "any.keras")
    return folder


@pytest.fixture
def home(stock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with all of that."""
    shutil.copytree(stock, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    keras.utils.set_random_seed(0)
    return tmp_path


# apply


def test_a_photo_is_painted_by_the_gallery(tfnst: Call, home: Path) -> None:
    ended = tfnst("apply", "photo.png", "--style", "great_wave", "-o", "out.png")
    assert (ended.status, ended.err) == (0, "") and ended.out.startswith("out.png  ")
    painted = images.load("out.png").rgb
    network = StyleNetwork.from_preset("gallery")
    expected = network.stylize(images.load("photo.png").rgb, "great_wave")
    np.testing.assert_allclose(painted, expected, atol=1 / 255)


def test_mixtures_strength_size_and_colours(tfnst: Call, home: Path) -> None:
    common = ("apply", "photo.png", "--model", "my.keras", "-q")
    assert tfnst(*common, "--style", "wave=3,night", "-o", "a.png", "--size", "64").status == 0
    network = keras.models.load_model("my.keras")
    small = images.load("photo.png", 64).rgb
    expected = network.stylize(small, {"wave": 3, "night": 1})
    np.testing.assert_allclose(images.load("a.png").rgb, expected, atol=1 / 255)
    options = ("--style", "wave", "--style", "night=3", "--strength", "0.5", "--keep-color")
    assert tfnst(*common, *options, "-o", "b.png").status == 0
    options = ("--style", "wave", "--style", "night", "--style-map", "gradient")
    assert tfnst(*common, *options, "-o", "c.png").status == 0
    assert tfnst(*common, "--style", "wave", "--strength", "0", "-o", "d.png").status == 0
    np.testing.assert_allclose(
        images.load("d.png").rgb, images.load("photo.png").rgb, atol=1.01 / 255
    )
    assert len({Path(f"{n}.png").read_bytes() for n in "abcd"}) == 4


def test_strokes_are_chosen_and_repeated(tfnst: Call, home: Path) -> None:
    options = ("--model", "strokes.keras", "--size", "64", "-q")
    network, photo = load_network("strokes.keras"), images.load("photo.png", 64).rgb
    for name, stroke in (("fine", 0), ("some", 0.3)):
        chosen = ("--style", "wave", "--stroke", stroke, "-o", f"{name}.png")
        assert tfnst("apply", "photo.png", *options, *chosen) == (0, "", "")
        expected = network.stylize(photo, "wave", stroke=stroke)
        np.testing.assert_allclose(images.load(f"{name}.png").rgb, expected, atol=1 / 255)
    again = tfnst("repeat", "some.png")
    assert (again.status, again.out) == (0, "some.png: the same, byte for byte\n")
    film = ("--morph", "wave,night", "--frames", 2, "--stroke", 0, "-o", "film")
    assert tfnst("apply", "photo.png", *options, *film) == (0, "", "")
    first, fine, some = (images.load(f"{x}.png").rgb for x in ("film/0000", "fine", "some"))
    np.testing.assert_array_equal(first, fine)
    assert np.abs(fine - some).mean() > 2 / 255


def test_a_photo_is_painted_after_an_artwork_of_ones_own(tfnst: Call, home: Path) -> None:
    options = ("--model", "any.keras", "--size", "64", "-q")
    network, photo = load_any_network("any.keras"), images.load("photo.png", 64).rgb
    art, other = images.load("art.png").rgb, images.load("photos/one.jpg").rgb
    for name, chosen, arguments in (
        ("a.png", (), {"artworks": {"art": art}}),
        ("b.png", ("--strength", 0.5, "--stroke", 0), {"strength": 0.5, "stroke": 0}),
        ("c.png", ("--artwork", "photos/one.jpg"), {"artworks": {"art": art, "one": other}}),
        (
            "d.png",
            ("--artwork", "photos/one.jpg", "--style", "one=3,art"),
            {"artworks": {"art": art, "one": other}, "shares": {"one": 3, "art": 1}},
        ),
    ):
        done = tfnst("apply", "photo.png", "--artwork", "art.png", *options, *chosen, "-o", name)
        assert done == (0, "", "")
        expected = network.stylize(photo, **{"artworks": {"art": art}, **arguments})
        np.testing.assert_allclose(images.load(name).rgb, expected, atol=1.01 / 255)
        again = tfnst("repeat", name, "--inputs", "photos")
        assert (again.status, again.out) == (0, f"{name}: the same, byte for byte\n")
    Path("art.png").rename("moved.png")
    ended = tfnst("repeat", "a.png")
    assert ended.status == 2 and "'art.png' is not there any more" in ended.err


def test_masks_and_films_go_with_artworks(tfnst: Call, home: Path) -> None:
    options = ("--model", "any.keras", "--artwork", "art.png", "--size", "48", "-q")
    masked = ("--style-map", "gradient", "--keep-color", "-o", "m.png")
    assert tfnst("apply", "photo.png", *options, *masked) == (0, "", "")
    film = ("--artwork", "photos/one.jpg", "--morph", "art,one", "--frames", 2, "-o", "film")
    assert tfnst("apply", "photo.png", *options, *film) == (0, "", "")
    assert len(list(Path("film").iterdir())) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--artwork", "none.png"], "none.png"),
        (["--artwork", "art.png", "--model", "gallery"], "'gallery' has styles of its own"),
        (["--artwork", "art.png", "-o", "art.png"], "would overwrite"),
        (["--artwork", "art.png", "--artwork", "art.png"], "artwork 'art' is there twice"),
        (["--artwork", "art.png", "--style", "wave"], "style 'wave' is unknown; use art"),
        (["--artwork", "art.png", "--model", "my.keras"], "is no network for any artwork"),
        (["--artwork", "art.png", "--lite", "a.tflite"], "--artwork goes without --lite"),
        (["--model", "any"], "model 'any' paints after artworks; give one or more"),
        (["--model", "any.keras", "--style", "wave"], "'any.keras' is another network"),
    ],
)
def test_misuse_of_artworks(arguments: list[str], message: str, tfnst: Call, home: Path) -> None:
    before = sorted(home.rglob("*"))
    ended = tfnst("apply", "photo.png", "-o", "out.png", *arguments)
    assert ended.status == 2 and message in ended.err and ended.err.count("\n") == 1
    assert sorted(home.rglob("*")) == before


def test_folders_are_walked(tfnst: Call, home: Path) -> None:
    (home / "photos" / "bad.png").write_bytes(b"no picture")
    options = ("--model", "my.keras", "--style", "wave", "-o", "out")
    ended = tfnst("apply", "photos", *options)
    assert ended.status == 1
    assert ended.err.startswith("tfnst: photos/bad.png") and ended.err.count("\n") == 1
    written = sorted(str(f.relative_to("out")) for f in Path("out").rglob("*.*"))
    assert written == ["deep/two.png", "one.jpg"]
    (home / "photos" / "bad.png").unlink()
    os.mkfifo("photos/pipe.png")
    ended = tfnst("apply", "photos", *options, "--skip-existing", "--json")
    assert ended.err.startswith("tfnst: skipped, 1 that is no regular file: photos/pipe.png; ")
    events = [json.loads(line) for line in ended.out.splitlines()]
    assert [event["skipped"] for event in events] == [True, True]


@pytest.mark.parametrize("name", ["m.gif", "m.webp", "frames"])
def test_a_morph_is_an_animation(name: str, tfnst: Call, home: Path) -> None:
    options = ("--model", "my.keras", "--morph", "wave,night", "--frames", "4", "-o", name)
    ended = tfnst("apply", "photo.png", *options)
    assert (ended.status, ended.out) == (0, f"{name}\n")
    if name == "frames":
        assert sorted(f.name for f in Path(name).iterdir()) == [f"000{i}.png" for i in range(4)]
    else:
        with Image.open(name) as film:
            height, width, _ = images.load("photo.png").rgb.shape
            assert (film.n_frames, film.size) == (4, (width, height))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.png", "--style", "wave"], "none.png: there is no such file"),
        (["photo.png"], "style is missing; use wave, night"),
        (["photo.png", "--style", "waves"], "style 'waves' is unknown; use wave, night"),
        (["photo.png", "--style", "wave=much"], "share of style 'wave' is 'much'"),
        (["photo.png", "--style", "wave=-1"], "share of style 'wave' is -1"),
        (["photo.png", "--style", "wave=1", "--style", "wave=2"], "'wave' is named twice"),
        (["photo.png", "--style", "wave", "--frames", "5"], "--frames goes with --morph"),
        (["photo.png", "--morph", "wave=1,night", "-o", "frames"], "holds shares; give names"),
        (["photo.png", "--style", "wave", "--strength", "2"], "strength is 2"),
        (["photo.png", "--style", "wave", "--stroke", "0.5"], "0.5, but this network has one size"),
        ([*STROKES, "--stroke", "2"], "--stroke is 2; use a number from 0 (fine) to 1 (large)"),
        ([*STROKES, "--stroke", "nan"], "stroke is nan; use a number from 0 (fine) to 1 (large)"),
        (["photo.png", *STROKES[3:], "--morph", "wave,night", "--stroke=-1"], "--stroke is -1;"),
        (["photo.png", "--style", "wave", "--style-map", "none.png"], "none.png"),
        (["photo.png", "--style", "wave", "--model", "your.keras"], "'your.keras' is not there"),
        (["photo.png", "--style", "wave", "--morph", "wave,night"], "--morph goes without"),
        (["photo.png", "--morph", "wave", "-o", "frames"], "'wave' is one style"),
        (["photo.png", "--morph", "wave,night", "-o", "photos"], "this folder is not empty"),
        (["photos", "--style", "wave=2,night", "--style-map", "gradient", "-o", "f"], "equal"),
        (["photo.png", "--style", "wave", "--style-map", "art.png", "-o", "art.png"], "overwrite"),
        (["photo.png", "--morph", "wave,nigth"], "style 'nigth' is unknown"),
        (["photo.png", "photos", "--style", "wave"], "is one file; name a folder"),
        (["art.png", "--style", "wave", "-o", "art.png"], "would overwrite"),
    ],
)
def test_misuse_of_apply(arguments: list[str], message: str, tfnst: Call, home: Path) -> None:
    before = sorted(home.rglob("*"))
    ended = tfnst("apply", "--model", "my.keras", "-o", "out.png", *arguments)
    assert ended.status == 2 and message in ended.err and ended.err.count("\n") == 1
    assert sorted(home.rglob("*")) == before


def test_a_painting_is_repeated(tfnst: Call, home: Path) -> None:
    options = ("--model", "my.keras", "--style", "wave,night", "--style-map", "gradient")
    assert tfnst("apply", "photo.png", *options, "-o", "out.jpg").status == 0
    again = tfnst("repeat", "out.jpg")
    assert (again.status, again.out) == (0, "out.jpg: the same, byte for byte\n")
    assert tfnst("repeat", "out.jpg", "-o", "two.jpg").status == 0
    assert Path("two.jpg").read_bytes() == Path("out.jpg").read_bytes()
    Path("my.keras").unlink()
    ended = tfnst("repeat", "out.jpg")
    assert ended.status == 2 and "'my.keras' is not there any more" in ended.err


def test_a_painting_without_a_recipe_is_plain(tfnst: Call, home: Path) -> None:
    options = ("--model", "my.keras", "--style", "wave", "-o", "out.png")
    assert tfnst("apply", "photo.png", *options, "--no-recipe").status == 0
    assert images.load("out.png").recipe is None
    assert tfnst("apply", home / "photo.png", *options, "--paths").status == 0
    assert str(home / "photo.png") in (images.load("out.png").recipe or "")
    ended = tfnst("apply", "photo.png", *options, "--paths", "--no-recipe")
    assert ended.status == 2 and "--paths goes without --no-recipe" in ended.err


def test_skipped_kinds_are_named(tfnst: Call, home: Path) -> None:
    Path("photos/raw.cr2").touch()
    options = ("--model", "my.keras", "--style", "wave", "-o", "out", "-q")
    ended = tfnst("apply", "photos", *options)
    assert ended.status == 0 and "skipped, of kinds that are not read: 1 .cr2" in ended.err


# styles


def test_styles_are_listed_with_their_artists(tfnst: Call, home: Path) -> None:
    ended = tfnst("styles", "-o", "sheet.png")
    assert ended.status == 0
    listed = {line.split()[0] for line in ended.out.splitlines()}
    assert listed == set(StyleNetwork.from_preset("gallery").styles) == set(assets.gallery())
    assert "great_wave         Katsushika Hokusai, " in ended.out
    assert min(images.load("sheet.png").rgb.shape[:2]) > 300
    assert tfnst("styles", "--model", "my.keras").out.split() == ["wave", "night"]
    events = tfnst("styles", "--json").out.splitlines()
    assert json.loads(events[0])["artist"]


# train


@pytest.mark.usefixtures("untraced")
def test_a_style_is_added_to_a_network(tfnst: Call, home: Path) -> None:
    options = ("--photos", "photos", "--start-from", "my.keras", *QUICK)
    ended = tfnst("train", "swirl=art.png", "-o", "new.keras", *options)
    assert ended.status == 0 and ended.out == "new.keras\n"
    assert keras.models.load_model("new.keras").styles == ("wave", "night", "swirl")
    ended = tfnst("apply", "photo.png", "--model", "new.keras", "--style", "swirl", "-o", "p.png")
    assert ended.status == 0
    ended = tfnst("train", "swirl=art.png", "-o", "new.keras", *options)
    assert ended.status == 2 and "go on with --resume or delete it" in ended.err


@pytest.mark.usefixtures("untraced")
def test_a_style_is_learnt_from_several_paintings(tfnst: Call, home: Path) -> None:
    (home / "monet" / "late").mkdir(parents=True)
    artwork = images.load("art.png").rgb
    images.save("monet/one.png", artwork)
    images.save("monet/late/two.jpg", artwork[::-1])
    Path("monet/notes.txt").write_text("no picture")
    options = ("--photos", "photos", "--start-from", "strokes.keras", *QUICK, "--steps", 1)
    assert tfnst("train", "monet=monet", "-o", "new.keras", *options).status == 0
    assert load_network("new.keras").styles == ("wave", "night", "monet")
    assert "| monet | two.jpg, one.png |" in Path("new.md").read_text("utf-8")
    Path("monet/late/two.jpg").unlink()
    ended = tfnst("train", "monet", "-o", "new.keras", *options, "--resume")
    assert ended.status == 2 and "another training" in ended.err and ended.err.count("\n") == 1


@pytest.mark.usefixtures("untraced")
def test_a_network_is_trained_from_the_beginning(
    tfnst: Call, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(shapes.CONFIGURATIONS, "compact", SMALL)
    (home / "photos" / "notes.txt").write_text("no picture")
    (home / "photos" / "raw.cr2").touch()
    os.mkfifo("photos/pipe.jpg")
    options = ("--photos", "photos", "--start-from", "none", *QUICK, "--json")
    ended = tfnst("train", "art.png", "-o", "one.keras", *options, "--architecture", "compact")
    events = [json.loads(line) for line in ended.out.splitlines()]
    assert ended.status == 0 and events[-2]["step"] == 4 and events[-2]["fraction"] == 1
    assert events[-1] == {"event": "done", "output": "one.keras"}
    assert ended.err.splitlines() == [
        "tfnst: skipped, of kinds that are not read: 1 .cr2; convert them to .png",
        "tfnst: skipped, 1 that is no regular file: photos/pipe.jpg; put a file in its place",
        "tfnst: 3 of 5 files are no photos of 64 px or more; skipped",
    ]
    assert keras.models.load_model("one.keras").settings == SMALL
    # A network with one style needs no --style.
    assert tfnst("apply", "photo.png", "--model", "one.keras", "-o", "p.png").status == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.png"], "none.png"),
        (["art.png", "--photos", "none"], "'none' is not a folder"),
        (["art.png", "--photos", "empty"], "no picture of at least 64 px"),
        (["art.png", "art.png"], "style 'art' is named twice"),
        (["wave=art.png"], "style 'wave' is in the network already"),
        (["art.png", "--size", "65"], "--size is 65; use a multiple of 4"),
        (
            ["art.png", "--style-size", "8"],
            "--style-size is 96 8; use one or two whole numbers from 64",
        ),
        (["art.png", "--steps", "0"], "--steps is 0; use"),
        (["art.png", "--minutes", "1"], "--minutes and --steps exclude each other"),
        (["art.png", "--start-from", "galery"], "'galery' is not there"),
        (["art.png", "--architecture", "johnson"], "--architecture goes with --start-from none"),
        (
            ["art.png", "--start-from", "none", "--architecture", "vgg"],
            "use one of compact, strokes, johnson",
        ),
        (["art.png", "--network", "vgg20"], "vgg20"),
        (["art.png", "--content-distance", "nan"], "--content-distance is nan; use"),
        (["art.png", "-o", "my.keras"], "my.keras is named twice"),
        (["art.png", "-o", "photos/new.keras"], "lies in the photos' folder"),
        (["a,b=art.png", "--start-from", "none"], "no comma"),
        (["art.png", "-o", "out.png"], "end its name in .keras"),
        (["art.png", "--precision", "int8"], "--precision is int8; use"),
    ],
)
def test_misuse_of_train(arguments: list[str], message: str, tfnst: Call, home: Path) -> None:
    Path("empty").mkdir()
    before = sorted(home.rglob("*"))
    given = ["--start-from", "my.keras", "-o", "new.keras", *QUICK]
    given += [] if "--photos" in arguments else ["--photos", "photos"]
    ended = tfnst("train", *given, *arguments)
    assert ended.status == 2 and message in ended.err and ended.err.count("\n") == 1
    assert sorted(home.rglob("*")) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.png"], "none.png: there is no such file"),
        (["photos=empty"], "style 'photos': no picture in empty"),
        (["monet=bad"], "bad/bad.png"),
        (["bad", "bad/bad.png"], "style 'bad' is named twice"),
        (["wave=art.png"], "style 'wave' is in the network already"),
        (
            ["art.png", "--start-from", "strokes.keras", "--size", "100"],
            "--size is 100; use a multiple of 16 for this network",
        ),
        (["photo=art.png"], "style 'photo' cannot have that name"),
        (["art.png", "--network", "vgg20"], "network 'vgg20' is unknown"),
        (["art.png", "-o", "nodir/u.keras"], "nodir/u.keras: there is no folder nodir; make it"),
        (["art.png", "-o", "art.png/u.keras"], "art.png/u.keras: there is no folder art.png;"),
        (["art.png", "-o", "/proc/u.keras"], "/proc/u.keras: "),
        (["art.png", "-o", "art.keras"], "art.png would be overwritten by the sheet of previews"),
    ],
)
def test_misuse_of_train_is_told_before_the_photos_are_looked_at(
    arguments: list[str], message: str, tfnst: Call, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo_folder, "PhotoFolder", lambda *_: pytest.fail("it looked"))
    Path("empty").mkdir()
    Path("bad").mkdir()
    Path("bad/bad.png").write_bytes(b"no picture")
    before = sorted(home.rglob("*"))
    options = ("--photos", "photos", "--start-from", "my.keras", "-o", "new.keras", *QUICK)
    ended = tfnst("train", *options, *arguments)
    assert ended.status == 2 and message in ended.err and ended.err.count("\n") == 1
    assert sorted(home.rglob("*")) == before


@pytest.mark.usefixtures("untraced")
def test_a_killed_training_goes_on(
    tfnst: Call, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """kill -9 in the middle; then --resume to the end. Without a graph, as `untraced` has it."""
    often = partial(settings.TrainingSettings, log_every=2)
    code = (
        "from functools import partial; from tests.conftest import untrace; from tfnst import cli; "
        "from tfnst.training import fitting, settings; untrace(setattr); "
        "settings.TrainingSettings = partial(settings.TrainingSettings, log_every=2); "
        "fitting.CHECKPOINT = -1; cli.main()"
    )
    options = ["--photos", "photos", "--start-from", "my.keras", "--size", "64"]
    options += ["--style-size", "96", "--batch", "1", "-o", "new.keras"]
    command = [sys.executable, "-c", code, "train", "swirl=art.png", *options, "--steps", "100000"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, env=environment) as run:
        assert run.stdout is not None
        run.stdout.readline(), run.stdout.readline(), run.stdout.readline()
        time.sleep(0.5)
        run.send_signal(signal.SIGKILL)
    step = json.loads(Path("new.keras.checkpoints/clock.json").read_text("utf-8"))["step"]
    assert step >= 4
    monkeypatch.setattr(settings, "TrainingSettings", often)
    ended = tfnst("train", "swirl=art.png", *options, "--steps", step + 3, "--resume", "--json")
    events = [json.loads(line) for line in ended.out.splitlines()]
    assert ended.status == 0 and [e["step"] for e in events[:-1]][-1] == step + 3
    assert events[0]["step"] > step - 2


def test_ctrl_c_says_how_to_go_on(tfnst: Call, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(run: StyleRun) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(StyleRun, "some_steps", interrupted)
    options = ("--photos", "photos", "--start-from", "my.keras", *QUICK)
    ended = tfnst("train", "swirl=art.png", "-o", "new.keras", *options)
    assert ended.status == 130
    assert ended.err == "tfnst: stopped; the same command with --resume goes on\n"


@pytest.mark.parametrize(
    ("options", "minutes"),
    [((), 10.0), (("--resume",), 10.0), (("--steps", "7"), 0.0), (("--everything",), 0.0)],
)
def test_new_rows_are_trained_for_ten_minutes_unless_told_otherwise(
    tfnst: Call,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    minutes: float,
) -> None:
    lengths = []

    def noted(named: Any, folder: Any, output: Any, settings: Any, *_: Any) -> Any:
        lengths.append(settings.minutes)
        yield from ()

    monkeypatch.setattr(training_run, "train", noted)
    common = ("--photos", "photos", "--start-from", "my.keras", "--size", "64", "-q")
    assert tfnst("train", "swirl=art.png", "-o", "new.keras", *common, *options).status == 0
    assert lengths == [minutes]


@pytest.mark.usefixtures("untraced")
def test_resume_keeps_the_schedule(tfnst: Call, home: Path) -> None:
    options = ["--photos", "photos", "--start-from", "my.keras", "--size", "64"]
    options += ["--style-size", "96", "--batch", "1", "-o", "new.keras"]
    ended = tfnst("train", "swirl=art.png", *options, "--steps", "3", "--resume")
    assert ended.status == 0
    assert ended.err == "tfnst: there is no checkpoint of new.keras to resume; beginning\n"
    ended = tfnst("train", "swirl=art.png", *options, "--resume", "--json")
    assert ended.status == 0  # three steps were asked for, and done
    assert json.loads(ended.out) == {"event": "done", "output": "new.keras"}


@pytest.mark.parametrize("minutes", ["0", "-1", "nan"])
def test_minutes_are_some(minutes: str, tfnst: Call, home: Path) -> None:
    options = ("--photos", "photos", "--minutes", minutes, "-o", "new.keras")
    ended = tfnst("train", "swirl=art.png", *options)
    assert ended.status == 2 and f"--minutes is {float(minutes)}" in ended.err


@pytest.mark.usefixtures("untraced")
def test_an_artworks_file_may_have_an_equals_sign(tfnst: Call, home: Path) -> None:
    Path("a=1").mkdir()
    Path("art.png").rename("a=1/art.png")
    options = ("--photos", "photos", "--start-from", "my.keras", *QUICK)
    assert tfnst("train", "a=1/art.png", "-o", "new.keras", *options).status == 0
    assert keras.models.load_model("new.keras").styles == ("wave", "night", "art")


def test_a_sheet_does_not_take_its_photos_place(tfnst: Call, home: Path) -> None:
    before = Path("photo.png").read_bytes()
    ended = tfnst("styles", "--model", "my.keras", "--photo", "photo.png", "-o", "photo.png")
    assert ended.status == 2 and "would be overwritten" in ended.err
    assert Path("photo.png").read_bytes() == before


def test_depth_and_metadata_of_photos_are_kept_or_not(tfnst: Call, home: Path) -> None:
    metadata = images.Metadata(camera_exif().tobytes()[6:])
    (home / "shots").mkdir()
    photo = images.load("photo.png")
    images.save("shots/a.png", photo, depth=16, metadata=metadata)
    images.save("shots/b.jpg", photo, metadata=metadata)
    common, again = ("--style", "wave", "--model", "my.keras", "-q"), ("--inputs", "shots", "-q")
    for name, option in (("public", ()), ("all", ["--keep-metadata"]), ("none", ["--no-metadata"])):
        assert tfnst("apply", "shots", "-o", name, *common, *option).status == 0
        for file, depth in ((f"{name}/a.png", 16), (f"{name}/b.jpg", 8)):
            picture = images.load(file)
            held = [word in picture.metadata.exif for word in (b"Mia", b"SN4711")]
            assert held == {"public": [True, False], "all": [True, True], "none": [False] * 2}[name]
            assert picture.depth == depth and tfnst("repeat", file, *again).status == 0
    done = tfnst("apply", "shots", "-o", "deep", *common, "--depth", 16)
    assert done.status == 1 and "JPEG holds 8 bits a channel" in done.err
    assert images.load("deep/a.png").depth == 16 and not Path("deep/b.jpg").exists()
    done = tfnst("apply", "photo.png", "-o", "a.gif", "--morph", "wave,night", "--no-metadata")
    assert done.status == 2 and "--morph goes without --depth, --keep-metadata" in done.err
