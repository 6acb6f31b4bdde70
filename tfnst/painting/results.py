"""What became of many pictures: a manifest as lines of JSON, and a page with photo and painting."""

from __future__ import annotations

import base64
import html
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tfnst import files, images
from tfnst.painting.pictures import Applied

PAGE_SIDE = 960  # pixels, the long side of the pictures in a page
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
  body {{ margin: 2rem; font: 16px/1.4 system-ui, sans-serif; color: #222; background: #fff }}
  main {{ display: grid; gap: 2rem; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)) }}
  figure {{ margin: 0 }}
  .pair {{ position: relative; --share: 50% }}
  .pair img {{ display: block; width: 100% }}
  .pair .photo {{ position: absolute; inset: 0; clip-path: inset(0 calc(100% - var(--share)) 0 0) }}
  .pair input {{ position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0;
    cursor: ew-resize }}
  .pair::after {{ content: ""; position: absolute; inset: 0 auto 0 var(--share); width: 2px;
    background: #fff; box-shadow: 0 0 4px #000; pointer-events: none }}
  .pair:focus-within {{ outline: 3px solid #097 }}
  @media (prefers-color-scheme: dark) {{ body {{ color: #ddd; background: #111 }} }}
</style>
<h1>{title}</h1>
<main>
{figures}
</main>
<script>
  for (const slider of document.querySelectorAll(".pair input"))
    slider.addEventListener("input", () =>
      slider.parentElement.style.setProperty("--share", slider.value + "%"));
</script>
</html>
"""
FIGURE = """<figure>
<div class="pair"><img class="painting" src="{painting}" alt="painting of {name}">
<img class="photo" src="{photo}" alt="{name}">
<input type="range" min="0" max="100" value="50" aria-label="share of {name} that shows"></div>
<figcaption>{name}</figcaption>
</figure>"""


def state_of(report: Applied) -> str:
    """What became of a picture: "painted", "skipped" or "failed"."""
    return "skipped" if report.skipped else "failed" if report.error else "painted"


def manifest(reports: Sequence[Applied]) -> str:
    """A line of JSON a picture: source, output, state, seconds and, of a failure, the reason.

    Args:
        reports: of the pictures.

    Returns:
        The lines, also of what was painted the SHA-256 of its bytes.
    """
    lines = []
    for report in reports:
        values = {k: v for k, v in asdict(report).items() if k in ("source", "output", "seconds")}
        values["state"] = state_of(report)
        if report.error:
            values["error"] = report.error
        elif Path(report.output).is_file():
            values["sha256"] = files.sha256(report.output)
        lines.append(json.dumps(values))  # in ASCII: names of files may be no Unicode
    return "".join(f"{line}\n" for line in lines)


def page(reports: Sequence[Applied], title: str) -> tuple[str, list[str]]:
    """One page of HTML that holds photos and paintings, each pair with a slider between them.

    Args:
        reports: of the pictures; those that failed are left out.
        title: of the page.

    Returns:
        The page, which loads nothing from elsewhere; and of what cannot be read, which is left out
        too, a line each.
    """
    figures, errors = [], []
    for report in reports:
        if not report.error and Path(report.output).is_file():
            try:
                figures.append(_figure(report))
            except ValueError as error:
                errors.append(f"{error}; it is not on the page")
    return PAGE.format(title=html.escape(title), figures="\n".join(figures)), errors


def _figure(report: Applied) -> str:
    painting = images.load(report.output, PAGE_SIDE).over_white()
    photo = images.load(report.source, PAGE_SIDE).over_white()
    photo = images.resize(photo, *painting.shape[:2])
    # Names of files may be no Unicode.
    name = html.escape(os.fsencode(Path(report.source).name).decode(errors="replace"))
    pictures = {"painting": _embedded(painting), "photo": _embedded(photo)}
    return FIGURE.format(name=name, **pictures)


def _embedded(picture: images.Array) -> str:
    data = images.encode("picture.jpg", picture, quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
