"""Paint the sample artworks that ship with tfnst, from seeded noise and geometry alone.

Every picture has its own module, whose ``paint(size, rng)`` returns RGB in [0, 1].
Coordinates are in units of the picture's height: ``y`` runs from 0 (top) to 1 and ``x`` from
0 to the aspect ratio.
"""
