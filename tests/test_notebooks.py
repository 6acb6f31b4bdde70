"""Tests of the course: every notebook is its script, executed, and runs from top to bottom.

`python tests/test_notebooks.py [script…]` executes the scripts and writes the notebooks.
"""

from __future__ import annotations

import base64
import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
SCRIPTS = sorted(FOLDER.glob("*.py"))
MACHINE_PATH = re.compile(
    r"(?<![\w.:/])/(?:home|root|tmp|work|Users|usr|opt|content)/|[A-Z]:\\Users"
)

# What stands in place of a notebook's own parameters, so that all its cells run within a minute.
SMALL: dict[str, dict[str, Any]] = {
    "01_what_a_network_sees": {"SIZE": 64, "STEPS": 3},
    "02_content_and_style": {"SIZE": 64, "STEPS": 4},
    "03_painting_by_gradient_descent": {"SIZE": 64, "STEPS": 8},
    "04_one_pass": {"SIZE": 64, "STEPS": 16, "PAINTING": 160, "DESCENT": (2,)},
    "05_many_styles": {"SIZE": 96, "STEPS": 2, "CROP": 64},
    "06_to_the_phone": {"SIDE": 64, "ROUNDS": 2},
    "08_before_neural_networks": {"TEXTURE": 64, "STEPS": 2, "SIDE": 64},
    "09_beyond_gram": {"SIZE": 64, "STEPS": (4, 3)},
    "10_control": {"SIZE": 64, "STEPS": (3,)},
    "11_style_as_augmentation": {"PICTURES": 64, "EPOCHS": 1, "TESTS": 32},
}

# Where training a few steps takes less than tracing one.
EAGER = ("05_many_styles",)

each_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)


def execute(notebook: Any, folder: Path) -> Any:
    """Run all cells in a fresh kernel that starts in `folder`; raises where a cell does."""
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(
        notebook, timeout=1200, kernel_name="python3", resources=resources, record_timing=False
    )
    return client.execute()


def shrink(notebook: Any, values: dict[str, Any]) -> None:
    """Replace assignments in the cell tagged "parameters"; every name must be there once."""
    (cell,) = (c for c in notebook.cells if "parameters" in c.metadata.get("tags", []))
    for name, value in values.items():
        assignment = re.compile(rf"^{name} = .*$", re.MULTILINE)
        cell.source, count = assignment.subn(f"{name} = {value!r}", cell.source)
        assert count == 1, f"{name} is assigned {count} times in the parameters"


def outputs(notebook: Any) -> list[Any]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def pictures(notebook: Any) -> list[bytes]:
    found = (output.get("data", {}).get("image/jpeg") for output in outputs(notebook))
    return [base64.b64decode(data) for data in found if data]


def executed(script: Path) -> Any:
    return nbformat.read(script.with_suffix(".ipynb"), as_version=4)


def content(notebook: Any) -> list[tuple[str, str, list[str]]]:
    return [(c.cell_type, c.source, c.metadata.get("tags", [])) for c in notebook.cells]


def test_every_script_has_small_parameters_and_every_notebook_a_script() -> None:
    assert [script.stem for script in SCRIPTS] == sorted(SMALL)
    assert [file.stem for file in sorted(FOLDER.glob("*.ipynb"))] == sorted(SMALL)


@each_script
def test_a_notebook_is_its_script(script: Path) -> None:
    assert content(executed(script)) == content(jupytext.read(script))


@each_script
def test_a_notebook_was_executed_once_from_top_to_bottom(script: Path) -> None:
    cells = [cell for cell in executed(script).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))


@each_script
def test_a_notebook_shows_pictures_and_neither_errors_nor_warnings(script: Path) -> None:
    notebook = executed(script)
    assert len(pictures(notebook)) >= 5
    assert all(output.output_type != "error" for output in outputs(notebook))
    assert [o.text for o in outputs(notebook) if o.get("name") == "stderr"] == []


@each_script
def test_a_notebook_is_small(script: Path) -> None:
    assert script.with_suffix(".ipynb").stat().st_size < 1_000_000


@each_script
def test_a_notebook_tells_no_paths_of_the_machine_that_ran_it(script: Path) -> None:
    notebook = executed(script)
    texts = [cell.source for cell in notebook.cells]
    for output in outputs(notebook):
        texts += [output.get("text", ""), output.get("data", {}).get("text/plain", "")]
    assert [text for text in texts if MACHINE_PATH.search(text)] == []
    assert set(notebook.metadata) <= {"jupytext", "kernelspec", "language_info"}


@each_script
def test_links_between_notebooks_lead_somewhere(script: Path) -> None:
    links = re.findall(r"\]\(([^)#]+\.ipynb)\)", script.read_text(encoding="utf-8"))
    assert [link for link in links if not (FOLDER / link).is_file()] == []


# Jupyter's own client and kernel manager, not ours.
@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:zmq.*", "ignore::DeprecationWarning:jupyter.*"
)
@each_script
def test_a_notebook_runs_from_top_to_bottom(
    script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONWARNINGS", "default")
    notebook = jupytext.read(script)
    shrink(notebook, SMALL[script.stem])
    if script.stem in EAGER:
        eagerly = "import tensorflow as tf; tf.config.run_functions_eagerly(True)"
        notebook.cells.insert(0, nbformat.v4.new_code_cell(eagerly))
    execute(notebook, tmp_path)
    assert len(pictures(notebook)) == len(pictures(executed(script)))
    assert list(tmp_path.iterdir()) == []


def test_a_cell_that_raises_fails(tmp_path: Path) -> None:
    notebook = jupytext.reads("# %%\nassert False, 'as it should'\n", fmt="py:percent")
    with pytest.raises(Exception, match="as it should"):
        execute(notebook, tmp_path)


def test_shrinking_a_parameter_that_is_not_there_fails() -> None:
    notebook = jupytext.reads('# %% tags=["parameters"]\nSIZE = 9\n', fmt="py:percent")
    shrink(notebook, {"SIZE": 8})
    assert notebook.cells[0].source == "SIZE = 8"
    with pytest.raises(AssertionError, match="STEPS is assigned 0 times"):
        shrink(notebook, {"STEPS": 1})


# The first cell


def first_cell(script: Path) -> str:
    return next(cell.source for cell in jupytext.read(script).cells if cell.cell_type == "code")


def test_every_notebook_begins_with_the_same_cell() -> None:
    assert len({first_cell(script) for script in SCRIPTS}) == 1


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[], str]:
    """What the first cell has pip install where tfnst is not, in the folder `notebooks`."""
    commands: list[list[str]] = []
    folder = tmp_path / "notebooks"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(subprocess, "run", lambda command, check: commands.append(command))

    def call() -> str:
        exec(first_cell(SCRIPTS[0]), {})
        return commands.pop()[-1]

    return call


def test_the_first_cell_installs_a_wheel_or_a_checkout_and_no_name(
    installed: Callable[[], str], tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError, match=r"upload tfnst-\*\.whl, .* beside this notebook"):
        installed()
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "tfnst").mkdir()
    assert installed() == f"{tmp_path}[export]"
    wheel = tmp_path / "notebooks" / "tfnst-0.1.0-py3-none-any.whl"
    wheel.touch()
    assert installed() == f"{wheel}[export]"


def rebuild(script: Path) -> None:
    """Execute a script with its own parameters and write the notebook beside it."""
    notebook = jupytext.read(script)
    execute(notebook, FOLDER)
    # Ids by position: a rebuild changes what changed, and nothing else.
    for index, cell in enumerate(notebook.cells):
        cell.id = f"cell-{index}"
    nbformat.write(notebook, script.with_suffix(".ipynb"))


if __name__ == "__main__":
    for chosen in [Path(name) for name in sys.argv[1:]] or SCRIPTS:
        rebuild(chosen)
        print(f"{chosen.stem}: {chosen.with_suffix('.ipynb').stat().st_size / 1e3:.0f} kB")
