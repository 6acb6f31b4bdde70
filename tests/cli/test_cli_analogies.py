"""Tests of the command `tfnst analogy`, end to end on small pictures."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import Call, heeding
from tests.synthesis.drawings import grass
from tfnst import images
from tfnst.synthesis.analogies import Analogy

FILES = ("a.png", "a_prime.png", "b.png")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a pair and a picture like it."""
    whole = grass(0, 40, 80)
    images.save(tmp_path / "a.png", whole[:, :48])
    images.save(tmp_path / "a_prime.png", 1 - whole[:, :48])
    images.save(tmp_path / "b.png", whole[:, 48:])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def listing(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_what_was_done_to_a_is_done_to_b_and_repeated(tfnst: Call, home: Path) -> None:
    done = tfnst("analogy", *FILES, "-o", "made.png", "--no-remap", "--kappa", 1)
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("made.png  32×40  ") and done.out.endswith(" s\n")
    picture, b = images.load("made.png"), images.load("b.png").rgb
    assert abs(picture.rgb.mean() - (1 - b).mean()) < 0.03
    recipe = json.loads(picture.recipe or "")
    assert recipe["tfnst"] == "analogy" and recipe["settings"]["kappa"] == 1
    assert recipe["a"]["path"] == "a.png"
    again = tfnst("repeat", "made.png", "-o", "again.png")
    assert again == (0, "made.png: the same, byte for byte\n", "")
    assert Path("again.png").read_bytes() == Path("made.png").read_bytes()


def test_json_and_options(tfnst: Call, home: Path) -> None:
    options = ("--mode", "color", "--match", "luminance", "--patch", 3, "--levels", 2, "--seed", 5)
    more = ("--weight", 2, "--blur", 0.5, "--size", 64, "--pair-size", 40, "--enlarge")
    done = tfnst("analogy", *FILES, "-o", "made.webp", *options, *more, "--json", "--no-recipe")
    assert (done.status, done.err) == (0, "")
    *reports, last = map(json.loads, done.out.splitlines())
    assert {report["event"] for report in reports} == {"progress"}
    assert reports[-1]["fraction"] == 1 and reports[-1]["levels"] == 2
    assert (last["event"], last["output"]) == ("done", "made.webp") and last["coverage"] > 0.5
    picture = images.load("made.webp")
    assert picture.rgb.shape == (64, 51, 3) and picture.recipe is None


def test_paths_are_kept_where_that_is_asked_for(tfnst: Call, home: Path) -> None:
    files = [home / file for file in FILES]
    assert tfnst("analogy", *files, "-qo", "made.png", "--paths", "--levels", 1) == (0, "", "")
    assert str(home) in (images.load("made.png").recipe or "")


def test_a_pair_that_cannot_explain_b_is_said_to(tfnst: Call, home: Path) -> None:
    images.save("b.png", np.random.default_rng(0).random((30, 30, 3), np.float32))
    done = tfnst("analogy", *FILES, "-qo", "made.png")
    assert (done.status, done.out) == (0, "")
    assert done.err.startswith("tfnst: A hardly explains B: of its neighbourhoods, ")
    assert done.err.count("\n") == 1 and done.err.endswith("use a pair more like B\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("a.png", "b.png", "b.png"), "a has 48×40 pixels and a_prime 32×40; give two pictures"),
        (("a.png", "none.png", "b.png"), "none.png: there is no such file"),
        ((*FILES, "--patch", 4), "--patch is 4; use one of 3, 5, 7, 9"),
        ((*FILES, "--mode", "grey"), "--mode is grey; use one of luminance, color"),
        ((*FILES, "--match", "hue"), "--match is hue; use one of luminance, color\n"),
        ((*FILES, "--kappa", "-1"), "--kappa is -1; use a number from 0"),
        ((*FILES, "--levels", "99"), "--levels is 99; use a whole number from 1 to 16\n"),
        ((*FILES, "--levels", "9"), "--levels is 9; use a number from 1 to 4"),
        ((*FILES, "--size", "0"), "--size is 0; use a whole number from 8"),
        ((*FILES, "--size", "9"), "b is 7 x 9 pixels; the smallest side is 8"),
        ((*FILES, "--seed", "x"), "--seed"),
        ((*FILES, "--paths", "--no-recipe"), "--paths goes without --no-recipe"),
    ],
)
def test_misuse_is_one_line(arguments: tuple[Any, ...], says: str, tfnst: Call, home: Path) -> None:
    done = tfnst("analogy", *arguments, "-o", "made.png")
    assert (done.status, done.out) == (2, "")
    assert says in done.err and done.err.count("\n") == 1
    assert listing(home) == sorted(FILES)


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("b.png", "b.png is named twice"),
        ("made.gif", "made.gif"),
        ("none/made.png", "there is no folder none"),
    ],
)
def test_outputs_that_cannot_be(output: str, says: str, tfnst: Call, home: Path) -> None:
    before = [Path(file).read_bytes() for file in FILES]
    done = tfnst("analogy", *FILES, "-o", output)
    assert done.status == 2 and says in done.err and done.err.count("\n") == 1
    assert [Path(file).read_bytes() for file in FILES] == before and listing(home) == sorted(FILES)


def test_a_truncated_picture_is_one_line(tfnst: Call, home: Path) -> None:
    Path("b.png").write_bytes(Path("b.png").read_bytes()[:200])
    done = tfnst("analogy", *FILES, "-o", "made.png")
    assert done.status == 2 and "b.png" in done.err and done.err.count("\n") == 1


def interrupted(levels: int) -> Any:
    """`Analogy.run` that is stopped one report after so many complete levels."""
    original = Analogy.run

    def run(self: Analogy) -> Any:
        for report in original(self):
            yield report
            if report.level == levels:
                raise KeyboardInterrupt

    return run


def test_stopped_in_its_first_level_it_writes_nothing(
    tfnst: Call, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Analogy, "run", interrupted(0))
    done = tfnst("analogy", *FILES, "-o", "made.png", "-q")
    assert done == (130, "", "tfnst: stopped; nothing was made\n")
    assert listing(home) == sorted(FILES)


def test_stopped_later_it_keeps_the_last_complete_level(
    tfnst: Call, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Analogy, "run", interrupted(1))
        done = tfnst("analogy", *FILES, "-o", "made.png", "--levels", 2, "-q")
    steps = json.loads(images.load("made.png").recipe or "")["steps_done"]
    message = f"tfnst: stopped after step {steps}; made.png holds its last complete level\n"
    assert done == (130, "", message)
    assert images.load("made.png").rgb.shape == images.load("b.png").rgb.shape
    before = Path("made.png").read_bytes()
    assert tfnst("repeat", "made.png", "-q").status == 0
    assert Path("made.png").read_bytes() == before


def test_whoever_asks_it_to_stop_is_obeyed_and_tensorflow_never_starts(home: Path) -> None:
    code = (
        "import sys; from tfnst import cli; sys.argv[0] = 'tfnst'\n"
        "try: cli.main()\n"
        "finally: assert not {'tensorflow', 'keras'} & set(sys.modules)\n"
    )
    images.save("b.png", grass(3, 400, 400))
    command = [sys.executable, "-c", code, "analogy", *FILES, "-o", "made.png", "--json"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heeding(signal.SIGINT),
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        assert json.loads(process.stdout.readline())["event"] == "progress"
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == "tfnst: stopped; nothing was made\n"
        assert process.wait(60) == 130
    assert listing(home) == sorted(FILES)
