"""Tests of the command tfnst, end to end on small pictures."""

from __future__ import annotations

import dataclasses
import errno
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.conftest import Call, heeding
from tests.images.samples import camera_exif
from tfnst import assets, files, images
from tfnst.cli.app import ORDER
from tfnst.features import vgg_weights
from tfnst.painting.finish import Finish
from tfnst.synthesis import progress, settings, style_transfer

SMALL = ("--size", "48", "--steps", "10", "--network", "vgg19-lite")
# Quicker still to trace, where the losses themselves do not matter.
FAST = (
    *(*SMALL, "--content-layer", "block2_conv1", "--style-loss", "gram", "--canvas", "pixels"),
    *("--style-layer", "block1_conv1", "--style-layer", "block2_conv1", "--detail", "0"),
)
QUICK = settings.Settings(
    steps=(2,),
    content_layers=("block2_conv1",),
    style_layers=("block1_conv1", "block2_conv1"),
    style_loss="gram",
    scales=(1,),
    detail=0.0,
)


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo and two artworks."""
    folder = tmp_path_factory.mktemp("stock")
    images.save(folder / "photo.png", images.load(assets.photo(), 60).rgb)
    images.save(folder / "art.png", images.load(assets.artwork("swirl"), 64).rgb)
    images.save(folder / "art2.png", images.load(assets.artwork("woodcut"), 64).rgb)
    return folder


@pytest.fixture
def home(
    stock: Path,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """The current folder, with all of that; no VGG-19 on this machine."""
    shutil.copytree(stock, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(vgg_weights.WEIGHTS_VARIABLE, raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path_factory.mktemp("keras")))
    return tmp_path


def listing(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


INPUTS = ["art.png", "art2.png", "photo.png"]


# Help


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment where whatever is slow to import cannot be imported at all."""
    folder = tmp_path_factory.mktemp("blocked")
    for name in ("tensorflow", "keras", "numpy", "matplotlib", "scipy"):
        (folder / f"{name}.py").write_text(f"raise ImportError('{name} was imported')\n")
    return {**os.environ, "PYTHONPATH": str(folder)}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--help"], "Neural style transfer"),
        (["-h"], "stylize"),
        ([], "Commands:"),
        (["--version"], "tfnst 0."),
        (["stylize", "--help"], "--style-weight"),
        (["repeat", "-h"], "--recipe"),
    ],
)
def test_help_needs_nothing_that_is_slow_to_import(
    arguments: list[str], says: str, bare: dict[str, str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tfnst", *arguments], capture_output=True, text=True, env=bare
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert says in done.stdout


def test_help_lists_commands_whole_and_in_a_newcomer_s_order(tfnst: Call) -> None:
    _, _, commands = tfnst("--help").out.partition("Commands:\n")
    names = [line.split()[0] for line in commands.splitlines() if line.strip()]
    assert tuple(names) == ORDER
    assert names[:6] == ["stylize", "apply", "train", "repeat", "styles", "info"]
    assert "..." not in commands and "…" not in commands
    assert all(len(line) <= 80 for line in commands.splitlines())


def test_a_sign_that_the_output_lacks_ends_no_command() -> None:
    command = [sys.executable, "-m", "tfnst", "stylize", "a\u00d7.png", "b.png", "-o", "c.png"]
    environment = {**os.environ, "PYTHONIOENCODING": "cp1251:strict"}
    done = subprocess.run(command, capture_output=True, env=environment)
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1 and b"a\\xd7.png: there is no such file" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["work"]])
def test_a_full_standard_output_undoes_no_work(
    arguments: list[str], unbuffered: str, tmp_path: Path
) -> None:
    code = (
        "from pathlib import Path; from tfnst import cli\n"
        "def work():\n"
        "    print('a word', flush=True); Path('out').write_text('done')\n"
        "cli.app.command('work')(work); cli.main()"
    )
    command = [sys.executable, "-c", code, *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    environment["PYTHONUNBUFFERED"] = unbuffered
    with open("/dev/full", "wb") as full:
        options: dict[str, Any] = dict(stdout=full, stderr=subprocess.PIPE, text=True)
        done = subprocess.run(command, cwd=tmp_path, env=environment, **options)
    reason = os.strerror(errno.ENOSPC)
    line = f"tfnst: standard output cannot be written ({reason}); all else is done\n"
    assert (done.returncode, done.stderr) == (1, line)
    assert arguments != ["work"] or (tmp_path / "out").read_text() == "done"


@pytest.mark.parametrize("closing", ["2>&-", "0<&- 1>&- 2>&-"])
def test_closed_streams_end_no_command(closing: str, tmp_path: Path) -> None:
    """And no file that is opened takes the number of standard error, where C++ code writes."""
    code = (
        "import os; from tfnst import cli, devices\n"
        "from tfnst.cli import terminal\n"
        "def work():\n"
        "    with devices.silent_stderr(), open('out', 'w') as file:\n"
        "        terminal.remark('a word'); os.write(2, b'more')\n"
        "        file.write(str(file.fileno() > 2))\n"
        "cli.app.command('work')(work); cli.main()"
    )
    command = ["sh", "-c", f'exec "$@" {closing}', "sh", sys.executable, "-c", code, "work"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run(command, cwd=tmp_path, env=environment).returncode == 0
    assert (tmp_path / "out").read_text() == "True"


def test_ctrl_c_while_modules_are_read_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("raise KeyboardInterrupt")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    done = subprocess.run(
        [sys.executable, "-m", "tfnst"], capture_output=True, text=True, env=environment
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "tfnst: stopped\n")


def test_the_block_works(bare: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tfnst", "info"], capture_output=True, text=True, env=bare
    )
    assert done.returncode != 0 and "keras was imported" in done.stderr


# stylize and repeat


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["stylize", "missing.png", "art.png"], "missing.png"),
        (["stylize", "photo.png", "words.png"], "words.png: not a picture"),
        (["stylize", "photo.png", "art.png", "--start", "words.png"], "words.png: not a picture"),
        (["stylize", "photo.png", "art.png", "--size", "3"], "--size is 3"),
        (["restyle-ui", "photo.png", "words.png", "--palette", "new"], "words.png: not a picture"),
        (["restyle-ui", "photo.png", "art.png", "--size", "3"], "--size is 3"),
        (["texture", "photo.png", "words.png"], "words.png: not a picture"),
        (["texture", "photo.png", "--source-size", "3"], "--source-size is 3"),
    ],
)
def test_misuse_is_refused_before_tensorflow_starts(
    home: Path, arguments: list[str], says: str
) -> None:
    Path("words.png").write_text("no picture")
    code = (
        "import sys; sys.modules |= dict.fromkeys(['tensorflow', 'keras'])\n"
        "from tfnst import cli; sys.argv[0] = 'tfnst'; cli.main()"
    )
    command = [sys.executable, "-c", code, *arguments, "-o", "out.png"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    before = sorted(home.iterdir())
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stdout) == (2, "") and says in done.stderr
    assert sorted(home.iterdir()) == before


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif"])
def test_stylize_and_repeat_in_every_format(tfnst: Call, home: Path, suffix: str) -> None:
    name = f"out.{suffix}"
    done = tfnst("stylize", "photo.png", "art.png", "-o", name, *FAST, "--quality", 90)
    assert done.status == 0
    assert done.out.startswith(f"{name}  41×48  vgg19-lite  ") and done.out.count("\n") == 1
    assert done.err == "", "no bar where there is no terminal"
    assert listing(home) == sorted([*INPUTS, name])
    picture = images.load(name)
    assert picture.rgb.shape == (48, 41, 3) and picture.alpha is None
    assert np.abs(picture.rgb - images.load("photo.png", 48).rgb).mean() > 0.03
    recipe = json.loads(picture.recipe or "")
    assert recipe["settings"]["size"] == 48 and recipe["quality"] == 90
    assert recipe["content"]["sha256"] == files.sha256("photo.png")
    again = tfnst("repeat", name, "--quiet", "-o", f"again.{suffix}")
    assert again == (0, f"{name}: the same, byte for byte\n", "")
    assert Path(f"again.{suffix}").read_bytes() == Path(name).read_bytes()


def test_comparison_recipe_and_every_option(tfnst: Call, home: Path) -> None:
    images.save("start.png", images.load("art.png", 30).rgb)
    done = tfnst(
        *("stylize", "photo.png", "art.png", "art2.png", "-o", "out.png", *SMALL, "--quiet"),
        *("--comparison", "sheet.jpg", "--recipe", "out.json", "--preset", "draft"),
        *("--style-weight", 1, "--style-weight", 3, "--style-scale", 0.8, "--steps", "3,2"),
        *("--content-layer", "block3_conv1", "--style-layer", "block1_conv1=2"),
        *("--style-layer", "block2_conv1", "--style-loss", "gram", "--variation", 4),
        *("--histogram-weight", 0.5),
        *("--pooling", "average", "--start", "start.png", "--strength", 0.7, "--seed", 5),
        *("--precision", "float32", "--optimizer", "adam", "--device", "cpu"),
    )
    assert done == (0, "", "")
    assert listing(home) == sorted([*INPUTS, "out.json", "out.png", "sheet.jpg", "start.png"])
    recipe = json.loads(Path("out.json").read_text("utf-8"))
    assert recipe == json.loads(images.load("out.png").recipe or "")
    assert recipe["shares"] == [1, 3] and recipe["start"]["path"] == "start.png"
    assert recipe["settings"] == {
        **recipe["settings"],
        "style_scale": 0.8,
        "steps": [3, 2],
        "content_layers": ["block3_conv1"],
        "style_layers": ["block1_conv1", "block2_conv1"],
        "style_weights": [2, 1],
        "style_loss": "gram",
        "histogram": 0.5,
        "variation": 4,
        "pooling": "average",
        "start": "picture",
        "strength": 0.7,
        "seed": 5,
    }
    with Image.open("sheet.jpg") as sheet:
        assert sheet.format == "JPEG" and sheet.width > 3 * sheet.height
    assert tfnst("repeat", "out.png", "--recipe", "out.json", "-q").status == 0


def test_regions_and_colours_are_painted_and_repeated(tfnst: Call, home: Path) -> None:
    photo = images.load("photo.png").rgb
    labels = np.zeros_like(photo)
    labels[:, :20], labels[:, 20:40] = (1, 0, 0), (0, 0, 1)  # the rest is black
    images.save("labels.png", labels)
    images.save("of_art.png", np.full((32, 32, 3), (1, 0, 0), np.float32))
    images.save("of_art2.png", np.full((32, 32, 3), (0, 0, 1), np.float32))
    images.save(
        "grey.png", np.tile(np.linspace(0, 1, 51, dtype=np.float32)[None, :, None], (60, 1, 3))
    )
    two = ("stylize", "photo.png", "art.png", "art2.png", *FAST, "-q")
    regions = ("--mask", "labels.png", "--style-mask", "of_art.png", "--style-mask", "of_art2.png")
    colors = ("--keep-color", "--color-method", "oklab", "--color-mask", "grey.png")
    assert tfnst(*two, *regions, *colors, "-o", "out.png") == (0, "", "")
    recipe = json.loads(images.load("out.png").recipe or "")
    assert recipe["keep_color"] == "oklab" and recipe["color_mask"]["path"] == "grey.png"
    assert [mask["path"] for mask in recipe["style_masks"]] == ["of_art.png", "of_art2.png"]
    small, painted = images.resize(photo, 48, 41), images.load("out.png").rgb
    assert (images.as_uint8(painted)[:, 34:] == images.as_uint8(small)[:, 34:]).all()
    assert np.abs(painted - small)[:, :30].mean() > 0.01
    again = tfnst("repeat", "out.png", "-q")
    assert again == (0, "out.png: the same, byte for byte\n", "")


def test_a_folder_is_painted_with_a_manifest_and_a_page(tfnst: Call, home: Path) -> None:
    Path("photos").mkdir()
    shutil.copy("photo.png", "photos/a.png")
    Path("photos/b.png").write_bytes(b"no picture")
    options = (*FAST, "--manifest", "all.jsonl", "--gallery", "all.html")
    done = tfnst("stylize", "photos", "art.png", "-o", "painted", *options)
    assert done.status == 1 and done.out.startswith("painted  1 painted, 0 skipped, 1 failed")
    assert "b.png: not a picture" in done.err and done.err.count("\n") == 1
    states = [json.loads(line)["state"] for line in Path("all.jsonl").read_text().splitlines()]
    assert states == ["painted", "failed"] and "data:image/jpeg" in Path("all.html").read_text()
    again = tfnst("stylize", "photos", "art.png", "-o", "painted", *FAST, "--skip-existing", "-q")
    assert again.status == 1 and again.out == ""
    assert tfnst("repeat", "painted/a.png", "--inputs", "photos", "-q").status == 0
    images.save("black.png", np.zeros((16, 16, 3), np.float32))
    for arguments, says in (
        (("photos", "art.png", "-o", "x", "--mask", "black.png"), "black.png is black everywhere"),
        (
            ("photos", "art.png", "-o", "x", "--mask", "art.png", "--subject", "subject"),
            "mask is 'art.png' beside subject 'subject'; give one",
        ),
        (("photos", "art.png", "-o", "x", "--comparison", "s.png"), "go with one photo"),
        (("photo.png", "art.png", "-o", "x.png", "--manifest", "m"), "go with a folder of photos"),
        (("photos", "art.png", "-o", "x", "--gallery", "g.txt"), "end its name in .html"),
        (("painted", "missing.png", "-o", "x"), "missing.png: there is no such file"),
    ):
        misused = tfnst("stylize", *arguments)
        assert misused.status == 2 and says in misused.err and misused.err.count("\n") == 1


def test_neighbours_are_painted_and_repeated(tfnst: Call, home: Path) -> None:
    arguments = ("--method", "neighbours", *SMALL, "--steps", 4, "-q")
    two = ("photo.png", "art.png", "art2.png", "-o", "out.png")
    assert tfnst("stylize", *two, *arguments) == (0, "", "")
    recipe = json.loads(images.load("out.png").recipe or "")
    assert recipe["settings"]["method"] == "neighbours"
    assert tfnst("repeat", "out.png", "-q") == (0, "out.png: the same, byte for byte\n", "")
    ended = tfnst("stylize", *two, *arguments, "--style-loss", "gram")
    assert ended.status == 2
    assert ended.err.splitlines()[-1].startswith("tfnst: --style-loss is gram; use it with")


def test_the_preset_gives_the_steps(
    tfnst: Call, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preset = dataclasses.replace(QUICK, steps=(4,), variation=9.0)
    monkeypatch.setitem(settings.PRESETS, "best", preset)
    arguments = ("--size", 48, "--network", "vgg19-lite", "--preset", "best", "-q")
    assert tfnst("stylize", "photo.png", "art.png", "-o", "out.png", *arguments).status == 0
    written = json.loads(images.load("out.png").recipe or "")["settings"]
    assert (written["steps"], written["variation"]) == ([4], 9.0)


def test_alpha_is_kept_and_jpeg_lies_over_white(tfnst: Call, home: Path) -> None:
    alpha = np.ones((60, 50), np.float32)
    alpha[:30] = 0
    images.save("cut.png", images.load("photo.png").rgb[:, :50], alpha=alpha)
    for suffix in ("png", "webp"):
        done = tfnst("stylize", "cut.png", "art.png", "-o", f"out.{suffix}", *FAST, "-q")
        assert done == (0, "", "")
        kept = images.load(f"out.{suffix}").alpha
        assert kept is not None and kept.shape == (48, 40)
        assert kept[:20].max() < 0.05 and kept[-20:].min() > 0.95
        assert tfnst("repeat", f"out.{suffix}", "-q").status == 0
    assert tfnst("stylize", "cut.png", "art.png", "-o", "out.jpg", *FAST, "-q").status == 0
    flat = images.load("out.jpg")
    assert flat.alpha is None and flat.rgb[:15].min() > 0.95


def test_depth_and_metadata_of_the_photo_are_kept(tfnst: Call, home: Path) -> None:
    metadata = images.Metadata(camera_exif().tobytes()[6:])
    images.save("deep.tif", images.load("photo.png"), depth=16, metadata=metadata)
    assert tfnst("stylize", "deep.tif", "art.png", "-o", "out.tif", *FAST, "-q") == (0, "", "")
    picture = images.load("out.tif")
    assert picture.depth == 16 and (images.as_uint16(picture.rgb) % 257).any()
    assert b"Mia" in picture.metadata.exif and b"SN4711" not in picture.metadata.exif
    assert tfnst("repeat", "out.tif", "-q").status == 0
    options = ("--depth", 8, "--keep-metadata", "-q")
    assert tfnst("stylize", "deep.tif", "art.png", "-o", "out.png", *FAST, *options).status == 0
    picture = images.load("out.png")
    assert picture.depth == 8 and b"SN4711" in picture.metadata.exif
    assert tfnst("repeat", "out.png", "-q").status == 0


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--depth", "12"), "--depth is 12; use 8 or 16, bits a channel"),
        (("--depth", "16"), "JPEG holds 8 bits a channel; save it as .png or .tif for 16"),
        (("--keep-metadata", "--no-metadata"), "--keep-metadata goes without --no-metadata"),
    ],
)
@pytest.mark.parametrize("command", ["stylize", "apply", "analogy", "restyle-ui"])
def test_what_no_file_can_hold_is_told_at_once(
    tfnst: Call, home: Path, command: str, options: tuple[str, ...], says: str
) -> None:
    inputs = {"apply": ["photo.png"], "analogy": ["photo.png", "art.png", "art2.png"]}
    named = inputs.get(command, ["photo.png", "art.png"])
    done = tfnst(command, *named, "-o", "out.jpg", *options)
    assert done.status == 2 and says in done.err and len(done.err.splitlines()) == 1
    assert listing(home) == INPUTS


def test_json_lines(tfnst: Call, home: Path) -> None:
    done = tfnst("stylize", "photo.png", "art.png", "-o", "out.png", *FAST, "--steps", 25, "--json")
    assert (done.status, done.err) == (0, "")
    events = [json.loads(line) for line in done.out.splitlines()]
    assert [event["event"] for event in events] == ["progress"] * 3 + ["done"]
    assert [event["step"] for event in events[:-1]] == [10, 20, 25]
    assert events[0]["steps"] == 25 and events[0]["content_distance"] > 0
    assert events[-1]["output"] == "out.png" and events[-1]["stopped"] is False


@pytest.mark.parametrize(
    ("every", "optimizer", "written"),
    [
        (0, "adam", [None]),
        (4, "adam", [4, 8, 12, 16, 20, 24, 28, None]),
        (10, "adam", [10, 20, None]),
        (15, "adam", [15, None]),
        (25, "adam", [25, None]),
        (100, "adam", [None]),
        (10, "lbfgs", [10, 20, None]),
        (29, "lbfgs", [29, None]),
    ],
)
def test_save_every(
    tfnst: Call,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    every: int,
    optimizer: str,
    written: list[int | None],
) -> None:
    seen: list[int | None] = []
    write = Finish.write

    def spy(finish: Finish, target: Path, rgb: np.ndarray, recipe: str) -> None:
        seen.append(json.loads(recipe)["steps_done"])
        write(finish, target, rgb, recipe)

    monkeypatch.setattr(Finish, "write", spy)
    options = (*FAST, "-q", "--steps", 30, "--save-every", every)
    done = tfnst(
        "stylize", "photo.png", "art.png", "-o", "out.png", *options, "--optimizer", optimizer
    )
    assert done.status == 0
    assert seen == written


def test_save_every_numbers_its_files(tfnst: Call, home: Path) -> None:
    options = (*FAST, "-q", "--steps", 5, "--save-every", 2, "--numbered")
    assert tfnst("stylize", "photo.png", "art.png", "-o", "out.png", *options).status == 0
    assert listing(home) == sorted([*INPUTS, "out.png", "out_00002.png", "out_00004.png"])
    steps = [json.loads(images.load(f"out_0000{n}.png").recipe or "")["steps_done"] for n in (2, 4)]
    assert steps == [2, 4]
    done = tfnst("stylize", "photo.png", "art.png", "-o", "out.png", *FAST, "--numbered")
    assert done.status == 2 and "--numbered goes with --save-every N" in done.err
    shutil.copy("photo.png", "out_00004.png")
    done = tfnst("stylize", "out_00004.png", "art.png", "-o", "out.png", *options)
    assert done.status == 2 and "out_00004.png is named as a stage of --numbered" in done.err


def test_repeat_says_which_input_changed_or_is_gone(tfnst: Call, home: Path) -> None:
    assert tfnst("stylize", "photo.png", "art.png", "-o", "out.png", *FAST, "-q").status == 0
    shutil.copy("art2.png", "art.png")
    done = tfnst("repeat", "out.png", "-q")
    assert (done.status, done.out) == (2, "")
    changed = "'art.png' has changed since the picture was made from it; put the old file back"
    assert done.err == f"tfnst: {changed}\n"
    Path("art.png").unlink()
    done = tfnst("repeat", "out.png", "-q")
    assert done.status == 2 and done.err.startswith("tfnst: 'art.png' is not there any more")


def folders_apart(home: Path) -> Path:
    """Photo and artwork in folders of their own; the folder to paint into."""
    for name in ("photo.png", "art.png"):
        (home / f"of_{name}").mkdir()
        Path(name).rename(home / f"of_{name}" / name)
    (home / "out").mkdir()
    return home / "out" / "out.png"


def test_paths_are_kept_to_oneself(tfnst: Call, home: Path) -> None:
    output, recipe = folders_apart(home), home / "out" / "recipe.json"
    inputs = [home / f"of_{name}" for name in ("photo.png", "art.png")]
    options = ("-o", output, *FAST, "-q", "--recipe", recipe)
    apart = [folder / folder.name.removeprefix("of_") for folder in inputs]
    assert tfnst("stylize", *apart, *options) == (0, "", "")
    held = json.loads(images.load(output).recipe or "")
    sources = [held["content"], *held["styles"], held["weights"]]
    assert [source["path"] for source in sources] == ["photo.png", "art.png", "vgg19_lite.npz"]
    assert held["content"]["sha256"] == files.sha256(apart[0])
    assert held == json.loads(recipe.read_text("utf-8"))
    ended = tfnst("repeat", output, "-q")
    assert ended.status == 2 and "name its folder with --inputs" in ended.err
    named = [part for folder in inputs for part in ("--inputs", folder)]
    assert tfnst("repeat", output, "-q", *named).out == f"{output}: the same, byte for byte\n"
    over = tfnst("repeat", output, "-q", *named, "-o", apart[0])
    assert over.status == 2 and "is named twice" in over.err
    ended = tfnst("repeat", output, "--inputs", home / "none")
    assert ended.status == 2 and "none' is not a folder" in ended.err


def test_paths_and_recipes_as_asked(tfnst: Call, home: Path) -> None:
    output, recipe = folders_apart(home), home / "recipe.json"
    files = ("of_photo.png/photo.png", "of_art.png/art.png")
    assert tfnst("stylize", *files, "-o", output, *FAST, "-q", "--paths").status == 0
    held = json.loads(images.load(output).recipe or "")
    assert [source["path"] for source in (held["content"], *held["styles"])] == list(files)
    assert tfnst("repeat", output, "-q").status == 0
    options = ("-o", output, *FAST, "-q", "--no-recipe", "--paths", "--recipe", recipe)
    assert tfnst("stylize", *files, *options).status == 0
    assert images.load(output).recipe is None
    # What holds none is made again without one.
    assert tfnst("repeat", output, "-q", "--recipe", recipe).status == 0


def test_repeat_does_not_write_over_what_it_paints_from(tfnst: Call, home: Path) -> None:
    assert tfnst("stylize", "photo.png", "art.png", "-o", "out.png", *FAST, "-q").status == 0
    before = Path("photo.png").read_bytes()
    done = tfnst("repeat", "out.png", "-o", "photo.png", "-q")
    assert done.status == 2 and "photo.png is named twice" in done.err
    assert Path("photo.png").read_bytes() == before


def test_what_cannot_be_written_is_told_before_painting(
    tfnst: Call, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, exist_ok: bool = True) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "touch", refuse)
    monkeypatch.setattr(style_transfer.StyleTransfer, "run", lambda *_: pytest.fail("it painted"))
    done = tfnst("stylize", "photo.png", "art.png", "-o", "out.png", *FAST)
    assert done.status == 1 and "cannot be written (Permission denied)" in done.err


def test_distill_does_not_write_over_its_teacher_or_somebodys_notes(
    tfnst: Call, home: Path
) -> None:
    shutil.copy(vgg_weights.LITE_WEIGHTS, "teacher.npz")
    Path("notes.md").write_text("mine")
    for output, says in (("teacher.npz", "named twice"), ("notes.npz", "notes.md exists")):
        done = tfnst("distill", "--teacher", "teacher.npz", "--photos", ".", "-o", output)
        assert done.status == 2 and says in done.err
    assert Path("notes.md").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--teacher", "none.npz"], "'none.npz' do not exist; give vgg19, or the .npz"),
        (
            ["--teacher", "photo.png"],
            "weights of the teacher 'photo.png' cannot be read; give v",
        ),
        (["--photos", "nowhere"], "'nowhere' is not a folder"),
        (["-o", "nodir/a.npz"], "nodir/a.npz: there is no folder nodir; make it first"),
        (["-o", "photo.png/a.npz"], "photo.png/a.npz: there is no folder photo.png;"),
        (["-o", "/proc/a.npz"], "/proc/a.npz: "),
    ],
)
def test_misuse_of_distill_is_told_before_the_photos_are_looked_at(
    tfnst: Call, home: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
) -> None:
    from tfnst.training import photo_folder

    monkeypatch.setattr(photo_folder, "PhotoFolder", lambda *_: pytest.fail("it looked"))
    before = sorted(home.rglob("*"))
    options = ["--teacher", str(vgg_weights.LITE_WEIGHTS), "-o", "a.npz"]
    options += [] if "--photos" in arguments else ["--photos", "."]
    done = tfnst("distill", *options, *arguments)
    assert done.status == 2 and says in done.err and done.err.count("\n") == 1
    assert "None" not in done.err and "check its permissions" not in done.err
    assert sorted(home.rglob("*")) == before


def test_repeat_says_when_the_bytes_differ_and_what_else_changed(tfnst: Call, home: Path) -> None:
    assert tfnst("stylize", "photo.png", "art.png", "-o", "out.png", *FAST, "-q").status == 0
    picture = images.load("out.png")
    recipe = json.loads(picture.recipe or "")
    images.save("out.png", 1 - picture.rgb, recipe=picture.recipe)
    done = tfnst("repeat", "out.png", "-q")
    assert done == (1, "", "tfnst: out.png: the bytes differ\n")
    recipe["versions"] |= {"numpy": "1.0", "keras": "2.0"}
    images.save("out.png", 1 - picture.rgb, recipe=json.dumps(recipe))
    written = Path("out.png").read_bytes()
    done = tfnst("repeat", "out.png", "-q")
    assert done == (1, "", "tfnst: out.png: the bytes differ; changed since: keras, numpy\n")
    done = tfnst("repeat", "out.png", "-q", "-o", "out.png")
    assert done.status == 2 and "out.png is named twice" in done.err
    assert Path("out.png").read_bytes() == written


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["missing.png"], "missing.png: there is no such file"),
        (["photo.png"], "photo.png holds no recipe; give one with --recipe FILE"),
        (["photo.png", "--recipe", "missing.json"], "missing.json is no recipe"),
        (["photo.png", "--recipe", "photo.png"], "photo.png is no recipe"),
        (["photo.png", "--recipe", "rubbish.json"], "this recipe cannot be read"),
        (["photo.png", "-o", "out.xyz"], "out.xyz: cannot write this kind"),
        (["photo.png", "-o", "missing/out.png"], "there is no folder missing"),
        (["photo.png", "-o", "out.jpg"], "'out.jpg' is of another format than photo.png"),
        (["photo.gif"], "photo.gif is a GIF, and none holds a recipe"),
        (["photo.png", "--device", "tpu"], "photo.png holds no recipe"),
    ],
)
def test_repeat_misused(tfnst: Call, home: Path, arguments: list[str], says: str) -> None:
    Path("rubbish.json").write_text('{"tfnst":\n 1}')
    done = tfnst("repeat", *arguments)
    assert (done.status, done.out) == (2, "")
    assert says in done.err and done.err.count("\n") == 1
    assert listing(home) == sorted([*INPUTS, "rubbish.json"])


# Misuse


def odd_files() -> None:
    Path("empty.png").write_bytes(b"")
    Path("text.png").write_text("no picture")
    Path("cut.png").write_bytes(Path("photo.png").read_bytes()[:700])
    Image.fromarray(np.full((20, 20), np.nan, np.float32)).save("nan.tif")
    Image.new("RGB", (5, 5)).save("tiny.png")
    Path("folder.png").mkdir()


MISUSE = [
    (["missing.png", "art.png"], "missing.png: there is no such file"),
    (["photo.png", "missing.png"], "missing.png: there is no such file"),
    (["empty.png", "art.png"], "empty.png: the file is empty"),
    (["photo.png", "text.png"], "text.png: not a picture that tfnst reads"),
    (["cut.png", "art.png"], "cut.png: this picture is damaged"),
    (["nan.tif", "art.png"], "nan.tif: the picture holds NaN"),
    (["tiny.png", "art.png"], "tiny.png: the picture is 5 x 5 pixels"),
    (["folder.png", "art.png"], "output 'out.png' is one file; name a folder for several"),
    (["photo.png"], "STYLE"),
    ([], "Missing argument"),
    (["photo.png", "art.png", "--content-layer", "block9_conv9"], "block9_conv9"),
    (["photo.png", "art.png", "--style-layer", "conv=1"], "'conv'"),
    (["photo.png", "art.png", "--style-layer", "block1_conv1=much"], "holds 'much'; give a number"),
    (
        ["photo.png", "art.png", "--style-layer", "block1_conv1=inf"],
        "layer is block1_conv1=inf;",
    ),
    (["photo.png", "art.png", "--style-layer", "block1_conv1=-1"], "layer is block1_conv1=-1;"),
    (["photo.png", "art.png", "--network", "vgg16"], "network 'vgg16' is unknown"),
    (["photo.png", "art.png", "--network", "vgg19"], "tfnst download vgg19"),
    (["photo.png", "art.png", "--weights", "missing.npz"], "missing.npz"),
    (["photo.png", "art.png", "--weights", "photo.png"], "photo.png"),
    (["photo.png", "art.png", "--preset", "ultra"], "use one of draft, normal, best"),
    (["photo.png", "art.png", "--style-loss", "l2"], "--style-loss is l2; use one of"),
    (
        ["photo.png", "art.png", "--histogram-weight", "-1"],
        "--histogram-weight is -1; use a number from 0",
    ),
    (["photo.png", "art.png", "--pooling", "min"], "--pooling is min; use"),
    (["photo.png", "art.png", "--optimizer", "sgd"], "--optimizer is sgd; use"),
    (["photo.png", "art.png", "--precision", "float8"], "--precision is float8; use"),
    (["photo.png", "art.png", "--start", "missing.png"], "missing.png: there is no such file"),
    (["photo.png", "art.png", "--size", "0"], "--size is 0; use a whole number from 32"),
    (["photo.png", "art.png", "--size", "many"], "--size is many; use a whole number"),
    (["photo.png", "art.png", "--strength", "2"], "--strength is 2; use a number from 0 to 1"),
    (["photo.png", "art.png", "--strength", "nan"], "--strength is nan; use"),
    (["photo.png", "art.png", "--style-scale", "0"], "--style-scale is 0; use"),
    (["photo.png", "art.png", "--variation", "-1"], "--variation is -1; use"),
    (["photo.png", "art.png", "--seed", "-1"], "--seed is -1; use"),
    (["photo.png", "art.png", "--steps", "10,x"], "--steps holds 'x'; give a whole number"),
    (["photo.png", "art.png", "--steps", "1.5"], "--steps holds '1.5'"),
    (["photo.png", "art.png", "--steps", "inf"], "--steps holds 'inf'"),
    (["photo.png", "art.png", "--steps", "0"], "--steps is 0; use one or more whole numbers"),
    (["photo.png", "art.png", "--quality", "0"], "--quality is 0; use a whole number from 1 to"),
    (["photo.png", "art.png", "--save-every", "-5"], "--save-every"),
    (
        ["photo.png", "art.png", "--device", "tpu"],
        "--device 'tpu' is not on this machine; use auto, cpu",
    ),
    (
        ["photo.png", "art.png", "--style-weight", "1", "--style-weight", "2"],
        "--style-weight is 1 2; use 1 number from 0, one a style",
    ),
    (
        ["photo.png", "art.png", "--style-weight", "0"],
        "--style-weight is 0; use 1 number from 0, one a style, not all 0",
    ),
    (["photo.png", "art.png", "--mask", "missing.png"], "missing.png: there is no such file"),
    (["photo.png", "art.png", "--mask", "art.png"], "give each style a mask of the same colours"),
    (["photo.png", "art.png", *2 * ["--style-mask", "art.png"]], "2 masks of styles for 1 styles"),
    (["photo.png", "art.png", "--subject", "sky"], "--subject is sky; use one of subject, backg"),
    (["photo.png", "art.png", "--color-method", "oklab"], "'oklab' goes with --keep-color"),
    (
        ["photo.png", "art.png", "--keep-color", "--color-method", "hsv"],
        "--color-method is hsv; use one of oklab, luminance",
    ),
    (
        ["photo.png", "art.png", "--keep-color", "--palette-from", "art.png"],
        "keep_color is 'luminance' beside palette",
    ),
    (["photo.png", "art.png", "--color-mask", "art.png"], "color_mask goes with keep_color or"),
    (["photo.png", "art.png", "--glitter", "1"], "--glitter"),
    (["photo.png", "art.png", "-o", "out.xyz"], "out.xyz: cannot write this kind; end the name in"),
    (["photo.png", "art.png", "-o", "out"], "out: cannot write this kind"),
    (["photo.png", "art.png", "-o", "missing/out.png"], "there is no folder missing"),
    (["photo.png", "art.png", "-o", "folder.png"], "folder.png: this is a folder"),
    (["photo.png", "art.png", "-o", "photo.png"], "photo.png is named twice"),
    (["photo.png", "art.png", "--comparison", "sheet.pdf"], "sheet.pdf: cannot write this kind"),
    (["photo.png", "art.png", "--comparison", "out.png"], "out.png is named twice"),
    (["photo.png", "art.png", "--comparison", "missing/a.png"], "there is no folder missing"),
    (
        ["photo.png", "art.png", "--recipe", "missing/a.json"],
        "'missing/a.json': name a .json file in a folder",
    ),
    (["photo.png", "art.png", "--recipe", "folder.png"], "'folder.png': name a .json file"),
    (["photo.png", "art.png", "--learning-rate", "2"], "--learning-rate is 2; use"),
    (["photo.png", "art.png", "--recipe", "art.png"], "'art.png': name a .json file"),
]


@pytest.mark.parametrize(("arguments", "says"), MISUSE, ids=[" ".join(a) for a, _ in MISUSE])
def test_misuse_is_one_line_and_leaves_no_file(
    tfnst: Call, home: Path, arguments: list[str], says: str
) -> None:
    odd_files()
    before = {file: file.read_bytes() for file in home.iterdir() if file.is_file()}
    done = tfnst("stylize", "-o", "out.png", *SMALL, *arguments)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("tfnst: ") and says in done.err
    assert done.err.count("\n") == 1 and done.err.endswith("\n")
    assert {file: file.read_bytes() for file in home.iterdir() if file.is_file()} == before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["paint"], "No such command 'paint'"),
        (["stylize", "photo.png", "art.png"], "'--output'"),
        (["download", "vgg16"], "network 'vgg16' cannot be downloaded; use vgg19"),
        (["download"], "Missing argument"),
        (["demo", "--size", "1", "-o", "demo"], "size is 1"),
        (["distill", "--teacher", "vgg19", "--photos", "nowhere", "-o", "a.npz"], "nowhere"),
    ],
)
def test_other_commands_misused(tfnst: Call, home: Path, arguments: list[str], says: str) -> None:
    done = tfnst(*arguments)
    assert (done.status, done.out) == (2, "")
    assert says in done.err and done.err.count("\n") == 1 and done.err.startswith("tfnst: ")


# Failure, and being stopped


def test_a_full_disk_is_status_1(tfnst: Call, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    done = tfnst("stylize", "photo.png", "art.png", "-o", "out.png", *FAST, "-q")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("tfnst: out.png: cannot be written (No space left on device)")
    assert done.err.count("\n") == 1
    assert listing(home) == INPUTS


def interrupted(after: int, error: BaseException) -> Any:
    """`StyleTransfer.run` that ends with an error after so many reports."""
    original = style_transfer.StyleTransfer.run

    def run(self: Any, every: int = 10) -> Iterator[Any]:
        yield from itertools.islice(original(self, every), after)
        raise error

    return run


def test_a_second_ctrl_c_does_not_take_the_picture_of_the_first(
    tfnst: Call, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(style_transfer.StyleTransfer, "run", interrupted(1, KeyboardInterrupt()))
    write, signals = Finish.write, []

    def impatient(*arguments: Any) -> None:
        signals.append(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        write(*arguments)

    monkeypatch.setattr(Finish, "write", impatient)
    done = tfnst("stylize", "photo.png", "art.png", "-o", "out.png", *FAST, "--steps", 30, "-q")
    assert done.status == 130 and "holds the picture so far" in done.err
    assert signals and Path("out.png").exists()


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [
        (KeyboardInterrupt(), 130, "stopped"),
        (progress.DivergenceError("the loss is not finite"), 1, "the loss is not finite"),
    ],
)
def test_stopped_after_some_steps_it_keeps_the_picture(
    tfnst: Call,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    status: int,
    says: str,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(style_transfer.StyleTransfer, "run", interrupted(1, error))
        options = (*FAST, "--steps", 30, "--json", "--comparison", "sheet.png")
        done = tfnst("stylize", "photo.png", "art.png", "-o", "out.png", *options)
    assert done.status == status
    assert done.err == f"tfnst: {says} after step 10; out.png holds the picture so far\n"
    assert json.loads(done.out.splitlines()[-1])["stopped"] is True
    assert listing(home) == sorted([*INPUTS, "out.png", "sheet.png"])
    assert json.loads(images.load("out.png").recipe or "")["steps_done"] == 10
    assert tfnst("repeat", "out.png", "-q").status == 0


@pytest.mark.parametrize(
    ("error", "status"),
    [(KeyboardInterrupt(), 130), (progress.DivergenceError("not finite"), 1)],
)
def test_stopped_before_the_first_step_it_writes_nothing(
    tfnst: Call, home: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, status: int
) -> None:
    monkeypatch.setattr(style_transfer.StyleTransfer, "run", interrupted(0, error))
    done = tfnst("stylize", "photo.png", "art.png", "-o", "out.png", *FAST, "-q")
    assert (done.status, done.out) == (status, "")
    assert done.err.endswith("nothing was painted\n") and done.err.count("\n") == 1
    assert listing(home) == INPUTS


def test_a_second_ctrl_c_does_not_lose_the_picture(
    tfnst: Call, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pressed while what the first one promised is written."""
    honest = images.encode

    def impatient(*arguments: Any, **options: Any) -> bytes:
        signal.raise_signal(signal.SIGINT)
        return honest(*arguments, **options)

    monkeypatch.setattr(images, "encode", impatient)
    monkeypatch.setattr(style_transfer.StyleTransfer, "run", interrupted(1, KeyboardInterrupt()))
    done = tfnst("stylize", "photo.png", "art.png", "-o", "out.png", *FAST, "-q")
    assert done.status == 130 and "out.png holds the picture so far" in done.err
    assert images.load("out.png").rgb.shape[2] == 3


@pytest.mark.parametrize("name", ["SIGINT", "SIGHUP"])
def test_whoever_asks_it_to_stop_keeps_a_picture_that_repeats(
    name: str, tfnst: Call, home: Path
) -> None:
    """Ctrl-C, or a closed terminal. A process of its own; TensorFlow says nothing in it."""
    number = getattr(signal, name)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TF_CPP")}
    command = [sys.executable, "-m", "tfnst", "stylize", "photo.png", "art.png", "-o"]
    with subprocess.Popen(
        [*command, "out.png", *FAST, "--steps", "100000", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        preexec_fn=heeding(number),
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        first = json.loads(process.stdout.readline())
        process.stdout.readline()
        process.send_signal(number)
        last = json.loads(process.stdout.read().splitlines()[-1])
        err = process.stderr.read()
        assert process.wait(60) == 130
    assert first["step"] == 10
    assert last["event"] == "done" and last["stopped"] is True
    steps = json.loads(images.load("out.png").recipe or "")["steps_done"]
    assert 20 <= steps < 100000
    assert err == f"tfnst: stopped after step {steps}; out.png holds the picture so far\n"
    assert listing(home) == sorted([*INPUTS, "out.png"])
    if name == "SIGINT":
        assert tfnst("repeat", "out.png", "-q") == (0, "out.png: the same, byte for byte\n", "")


# The other commands


def test_ctrl_c_anywhere_ends_with_a_line(
    tfnst: Call, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def press(*arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(vgg_weights, "download_vgg19", press)
    assert tfnst("download", "vgg19") == (130, "", "tfnst: stopped\n")


def test_info(tfnst: Call, home: Path) -> None:
    done = tfnst("info")
    assert (done.status, done.err) == (0, "")
    lines = dict(line.split(maxsplit=1) for line in done.out.splitlines())
    assert lines["tfnst"].startswith("0.") and lines["tensorflow"].startswith("2.")
    assert "CPU:0" in lines["devices"]
    assert lines["network"].startswith("vgg19-lite: VGG-19's weights are not on this machine")


def test_auto_is_the_shipped_network_here(tfnst: Call, home: Path) -> None:
    options = [option for option in FAST if option not in ("--network", "vgg19-lite")]
    assert tfnst("stylize", "photo.png", "art.png", "-o", "out.png", *options, "-q").status == 0
    assert json.loads(images.load("out.png").recipe or "")["network"] == "vgg19-lite"


def test_demo(tfnst: Call, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.PRESETS, "normal", QUICK)
    done = tfnst("demo", "--size", 32, "-o", "some/where")
    assert done.status == 0
    names = ("swirl", "mosaic")
    written = [f"{name}{end}.png" for name in names for end in ("", "_sheet")]
    assert listing(home / "some" / "where") == sorted([*written, "gallery.png"])
    assert done.out.count("vgg19-lite") == 2
    pictures = [images.load(f"some/where/{name}.png").rgb for name in names]
    assert {picture.shape[0] for picture in pictures} == {32}
    assert np.abs(pictures[0] - pictures[1]).mean() > 1e-3
    # Its photo and artworks are the bundled ones, so it repeats anywhere.
    (home / "swirl.png").write_bytes(Path("some/where/swirl.png").read_bytes())
    assert tfnst("repeat", "swirl.png", "-q").status == 0


def test_distill_passes_its_options_on(
    tfnst: Call, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tfnst.training import distillation
    from tfnst.training import progress as training_progress

    (home / "photos").mkdir()
    images.save("photos/one.png", np.full((80, 80, 3), 0.5))
    Path("photos/two.cr2").touch()
    shutil.copy(vgg_weights.LITE_WEIGHTS, "some.npz")
    seen: list[Any] = []

    def fake(*arguments: Any) -> Iterator[training_progress.DistillationProgress]:
        seen.extend(arguments)
        yield training_progress.DistillationProgress(5, 7, 0.5, 0.25, 1.0)

    monkeypatch.setattr(distillation, "distill", fake)
    done = tfnst(
        *("distill", "--teacher", "some.npz", "--photos", "photos", "-o", "out.npz"),
        *("--steps", 7, "--learning-rate", 0.25, "--credit", "by me", "--json"),
    )
    assert done.status == 0
    assert done.err.splitlines() == [
        "tfnst: skipped, of kinds that are not read: 1 .cr2; convert them to .png",
        "tfnst: 1 of 2 files are no photos of 64 px or more; skipped",
    ]
    assert json.loads(done.out)["activation_error"] == 0.5
    teacher, folder, output, how, credit = seen
    assert (teacher, output, credit) == ("some.npz", Path("out.npz"), "by me")
    assert [file.name for file in folder.files] == ["one.png"]
    assert (how.steps, how.learning_rate) == (7, 0.25)
