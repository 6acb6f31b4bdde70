"""Time and memory of image analogies, each mode in a fresh process; or what searching A takes."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any
from unittest import mock

import numpy as np
from scipy.spatial import cKDTree

from benchmarks.timing import peak_memory
from tfnst import assets, images
from tfnst.synthesis import neighbourhoods, patch_search
from tfnst.synthesis.analogies import Analogy
from tfnst.synthesis.analogy_settings import AnalogySettings
from tfnst.synthesis.patch_search import PatchSearch

MODES = {
    "luminance": AnalogySettings(blur=2.0),
    "color": AnalogySettings(blur=2.0, mode="color"),
}
Search = Callable[[np.ndarray], np.ndarray]


def main() -> None:
    """Print a line a mode, or a line a search."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES))
    parser.add_argument("--size", type=int, default=256, help="of A and B, which are squares")
    parser.add_argument("--searches", nargs="+", choices=SEARCHES, help="to be compared")
    options = parser.parse_args()
    if options.searches:
        compare(options.modes, options.size, options.searches)
        return
    if len(options.modes) > 1:  # The peak is that of a whole process.
        for mode in options.modes:
            command = [sys.executable, "-m", "benchmarks.analogies", "--modes", mode]
            subprocess.run([*command, "--size", str(options.size)], check=True)
        return
    (mode,) = options.modes
    began, work = time.perf_counter(), prepared(options.size, MODES[mode])
    for _ in work.run():
        pass
    seconds, size = time.perf_counter() - began, f"{options.size}²"
    memory = f"peak memory {peak_memory():.2f} GB"
    print(f"analogy, {mode}, A and B of {size}: {seconds:.1f} s, {memory}", flush=True)


def prepared(size: int, settings: AnalogySettings) -> Analogy:
    """The marks of a painting for a portrait."""
    artwork, photo = (
        images.resize(images.load(file).rgb, size, size)
        for file in (assets.artwork("swirl"), assets.photo())
    )
    return Analogy(artwork, artwork, photo, settings)


def compare(modes: Sequence[str], size: int, searches: Sequence[str]) -> None:
    """Print what each search takes for the finest level, and how near the nearest it comes."""
    for mode in modes:
        work = prepared(size, MODES[mode])
        for _ in work.run():
            pass
        assert work.scan is not None
        fronts = neighbourhoods.fronts(work.b.shape[:2], work.scan.window.radius)
        rows, queries = work.scan.search.rows, [work.scan.features(front) for front in fronts]
        for name in (EXACT, *(name for name in searches if name != EXACT)):
            try:
                began = time.perf_counter()
                search = SEARCHES[name](rows)
                built = time.perf_counter()
                places = [search(query) for query in queries]
            except ModuleNotFoundError as error:
                print(f"{mode}, {name}: {error.name} is not installed", flush=True)
                continue
            ended = time.perf_counter()
            distances = np.concatenate(
                [np.linalg.norm(rows[p] - q, axis=1) for p, q in zip(places, queries, strict=True)]
            )
            if name == EXACT:
                least = distances
            print(
                f"{mode}, {name}: {built - began:.1f} s to build, {ended - built:.1f} s to search, "
                f"{np.mean(distances) / np.mean(least):.3f} times as far as the nearest",
                flush=True,
            )


def exhaustive(rows: np.ndarray) -> Search:
    """All distances, by matrix products."""
    lengths = np.einsum("nd,nd->n", rows, rows)
    return lambda queries: (lengths - 2 * queries @ rows.T).argmin(1)


def tree(slack: float) -> Callable[[np.ndarray], Search]:
    """SciPy's k-d tree on the rows as they are."""

    def make(rows: np.ndarray) -> Search:
        searched = cKDTree(rows, balanced_tree=False)
        return lambda queries: searched.query(queries, eps=slack)[1]

    return make


def of_tfnst(rows: np.ndarray) -> Search:
    """What tfnst searches by."""
    searched = PatchSearch(rows)

    def search(queries: np.ndarray) -> np.ndarray:
        places = searched.candidates(searched.project(queries))
        squares = ((rows[places] - queries[:, None]) ** 2).sum(-1)
        return places[np.arange(len(queries)), squares.argmin(1)]

    return search


def components(count: int, slack: float, candidates: int) -> Callable[[np.ndarray], Search]:
    """What tfnst searches by, with numbers of one's own."""
    numbers: dict[str, Any] = {
        "COMPONENTS": count,
        "VARIANCE": 1.0,
        "SLACK": slack,
        "CANDIDATES": candidates,
    }

    def make(rows: np.ndarray) -> Search:
        with mock.patch.multiple(patch_search, **numbers):
            search = of_tfnst(rows)

        def by_numbers(queries: np.ndarray) -> np.ndarray:
            with mock.patch.multiple(patch_search, **numbers):
                return search(queries)

        return by_numbers

    return make


def faiss_lists(rows: np.ndarray) -> Search:
    """Faiss' inverted lists, 256 of them, of which 8 are searched."""
    import faiss

    index = faiss.index_factory(rows.shape[1], "IVF256,Flat")
    index.train(rows)
    index.add(rows)
    index.nprobe = 8
    return lambda queries: index.search(queries, 1)[1][:, 0]


def hnsw(rows: np.ndarray) -> Search:
    """Hnswlib's graph, as it comes."""
    import hnswlib

    index = hnswlib.Index("l2", rows.shape[1])
    index.init_index(len(rows), random_seed=0)
    index.add_items(rows, num_threads=1)
    index.set_ef(32)
    return lambda queries: index.knn_query(queries, 1)[0][:, 0].astype(int)


def descent(rows: np.ndarray) -> Search:
    """PyNNDescent's graph, as it comes, compiled beforehand."""
    import pynndescent

    index = pynndescent.NNDescent(rows, random_state=0)
    index.prepare()
    index.query(rows[:9], 1)
    return lambda queries: index.query(queries, 1)[0][:, 0]


EXACT = "all distances"
SEARCHES: dict[str, Callable[[np.ndarray], Search]] = {
    EXACT: exhaustive,
    "tfnst": of_tfnst,
    "cKDTree": tree(0.0),
    "cKDTree, eps 1": tree(1.0),
    "cKDTree, eps 2": tree(2.0),
    "10 components, eps 1, best of 4": components(10, 1.0, 4),
    "20 components, eps 0.5, best of 4": components(20, 0.5, 4),
    "20 components, eps 1, best of 1": components(20, 1.0, 1),
    "20 components, eps 1, best of 4": components(20, 1.0, 4),
    "20 components, eps 2, best of 4": components(20, 2.0, 4),
    "30 components, eps 1, best of 8": components(30, 1.0, 8),
    "faiss": faiss_lists,
    "hnswlib": hnsw,
    "pynndescent": descent,
}


if __name__ == "__main__":
    main()
