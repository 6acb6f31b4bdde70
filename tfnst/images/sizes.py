"""How small and how large pictures may be, and the halo that networks see around them."""

from __future__ import annotations

MIN_SIDE = 8  # pixels: below, a feature network has nothing to see
MAX_PIXELS = 200_000_000  # of a file: 2.4 GB as the float32 that it becomes
LARGE = 50_000_000  # pixels of a file: beyond what cameras make, memory goes before exactness
ONE_STEP = 2_000_000  # pixels under optimisation in one piece: a gigabyte a million, in a step
ONE_PASS = 13_000_000  # pixels through a network in one piece: memory grows with them
LITE_PASS = 5_000_000  # the same in LiteRT
MULTIPLE = 4  # of the sides of pictures that networks take, at least: they halve them twice
LONGEST_SIDE = {"GIF": 65_535, "JPEG": 65_500, "WEBP": 16_383}  # pixels: the formats hold no more
HALO = 16  # reflected pixels around a picture, cut off afterwards; of deep networks more
