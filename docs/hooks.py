"""What the site holds besides docs/: the reference, made of the rooms' names, and the notebooks."""

from __future__ import annotations

import html
import importlib
import re
from pathlib import Path

from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
OVERVIEW = """
The package follows one line, a room a package, and each room imports only those before it:
{rooms}, and last the command. One equation is one function, with its source. `import tfnst` starts
no TensorFlow; what paints does, when it is first asked for.
"""
SCRIPT = re.compile(r'<script src="[^"]*"></script>')  # MathJax, from elsewhere
LINK = re.compile(r'href="(\w+)\.ipynb"')
TEXT = re.compile(r"(?<=jp-RenderedMarkdown).*?</div>", re.DOTALL)
FORMULA = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$", re.DOTALL)


@event_priority(100)  # before mkdocs-jupyter, which takes the notebooks up
def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page of public names for each room of the navigation, and the committed notebooks."""
    rooms = [room for room in re.findall(r"api/(\w+)\.md", str(config.nav)) if room != "index"]
    line = OVERVIEW.format(rooms=" → ".join(f"[{room}]({room}.md)" for room in rooms))
    pages = {f"api/{room}.md": reference(f"tfnst.{room}") for room in rooms}
    for uri, content in {"api/index.md": reference("tfnst", line), **pages}.items():
        files.append(File.generated(config, uri, content=content))
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        files.append(File(f"notebooks/{notebook.name}", str(ROOT), config.site_dir, True))
    return files


def on_page_content(content: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Write notebooks' formulas as MathML, which browsers draw alone, and mend their links."""
    if not page.file.src_uri.endswith(".ipynb"):
        return content
    content = LINK.sub(r'href="../\1/"', SCRIPT.sub("", content))
    return TEXT.sub(lambda text: FORMULA.sub(mathml, text[0]), content)


def reference(package: str, introduction: str = "") -> str:
    """The page of a package: its docstring, and what mkdocstrings says of each public name."""
    module = importlib.import_module(package)
    names = "\n".join(f"::: {package}.{name}\n" for name in module.__all__)
    return f"# {package}\n\n{module.__doc__}\n{introduction}\n{names}"


def mathml(formula: re.Match[str]) -> str:
    """$$a$$ or $a$, as nbconvert leaves it, for a browser."""
    block, inline = formula.groups()
    source = html.unescape(block or inline).replace(r"\arg", r"\operatorname{arg}")
    return convert(source, display="block" if block else "inline")
