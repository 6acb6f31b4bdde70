"""Tests of the site that `make docs` builds: it is whole, and loads nothing from elsewhere."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.conftest import ROOT

pytest.importorskip("mkdocs", reason="mkdocs is not installed; make setup does")
STUBS = sorted((ROOT / "tfnst").glob("*/__init__.pyi"))
LOADS = {"script": "src", "img": "src", "iframe": "src", "link": "href"}


class Page(HTMLParser):
    """What a page links to, what it loads, and the names of its places."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.ids: set[str] = set()
        self.feed(file.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.ids |= {values["id"]} if "id" in values else set()
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if LOADS.get(tag) in values:
            self.loads.append(values[LOADS[tag]])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Page]:
    """The pages of the site, by file."""
    folder = tmp_path_factory.mktemp("docs") / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return {file: Page(file) for file in folder.rglob("*.html") if file.name != "404.html"}


def local(page: Path, link: str) -> tuple[Path, str] | None:
    """The file that a link of a page leads to, and the place in it; None for other sites."""
    address = urlsplit(link)
    if address.scheme or address.netloc:
        return None
    file = (page.parent / unquote(address.path)).resolve() if address.path else page
    return file / "index.html" if file.is_dir() else file, unquote(address.fragment)


def test_every_link_leads_somewhere(site: dict[Path, Page]) -> None:
    for file, page in site.items():
        for link in page.links:
            target = local(file, link)
            if target is None:
                continue
            assert target[0].is_file(), f"{file}: {link}"
            assert not target[1] or target[1] in site[target[0]].ids, f"{file}: {link}"


def test_nothing_is_loaded_from_elsewhere(site: dict[Path, Page]) -> None:
    for file, page in site.items():
        for address in page.loads:
            assert address.startswith("data:") or local(file, address), f"{file}: {address}"


@pytest.mark.parametrize("package", ["tfnst", *(f"tfnst.{stub.parent.name}" for stub in STUBS)])
def test_every_public_name_has_its_place(site: dict[Path, Page], package: str) -> None:
    ids = set().union(*(page.ids for page in site.values()))
    missing = {f"{package}.{name}" for name in importlib.import_module(package).__all__} - ids
    assert not missing


def test_notebooks_are_pages_with_pictures_and_formulas(site: dict[Path, Page]) -> None:
    pages = {file.parent.name: file for file in site if file.parents[1].name == "notebooks"}
    assert set(pages) == {notebook.stem for notebook in (ROOT / "notebooks").glob("*.ipynb")}
    for file in pages.values():
        content = file.read_text("utf-8")
        assert "data:image/jpeg;base64," in content and "<math " in content
        assert "$$" not in content and r"<mi>\\" not in content
