# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 9 · Beyond Gram
#
# The Gram matrix was the first answer to the question what of an artwork is its style. Since 2015
# there have been many others, and most of them fit into a few lines. This notebook puts eight of
# them side by side, on one photo and one artwork, by the same optimiser: for each its equation, the
# code that is the equation, the picture, and what it costs in time and memory. At the end, a short
# history: what each step solved, and why one picture is now enough.
#
# It runs in a few minutes on two processor cores, without a network connection. You should know
# [content and style](02_content_and_style.ipynb) and
# [painting by gradient descent](03_painting_by_gradient_descent.ipynb).

# %%
# On Colab, or wherever tfnst is not installed yet: from a wheel beside the notebook, or a checkout.
import importlib.util
import subprocess
import sys
from pathlib import Path

if importlib.util.find_spec("tfnst") is None:
    folders = [Path.cwd(), *Path.cwd().parents]
    wheels = sorted(folders[0].glob("tfnst-*-any.whl"), reverse=True)
    checkouts = [f for f in folders if (f / "pyproject.toml").is_file() and (f / "tfnst").is_dir()]
    if not wheels + checkouts:
        raise FileNotFoundError("upload tfnst-*.whl, built by `make wheel`, beside this notebook")
    package = f"{(wheels + checkouts)[0]}[export]"
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", package], check=True)

# %% tags=["parameters"]
NETWORK = "vgg19-lite"
SIZE = 192  # long side of the paintings, in pixels
STEPS = (24, 12)  # of gradient descent, at half the size and at the whole
ARTWORK = "waves"

# %%
import io
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # before TensorFlow starts, or it talks

import numpy as np
from IPython.display import Image, display

from tfnst import assets, devices, images

with devices.silent_stderr():
    import keras

import time
from dataclasses import replace

from matplotlib.figure import Figure

from tfnst import features, losses, synthesis
from tfnst.images import figures
from tfnst.synthesis.interface import PAIRS
from tfnst.synthesis.settings import HISTOGRAM_LAYERS, STYLE_LAYERS, Settings


def show(figure, dpi=65):
    """Display a figure as a small JPEG, so that the notebook stays small."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="jpeg", dpi=dpi, pil_kwargs={"quality": 80})
    display(Image(buffer.getvalue()))


photo = images.load(assets.photo(), SIZE).rgb
artwork = images.load(assets.artwork(ARTWORK), SIZE).rgb
extractor = features.FeatureExtractor(NETWORK, (*STYLE_LAYERS, *HISTOGRAM_LAYERS))
LAYER = "block2_conv1"  # for the numbers between the pictures


def columns_of(picture, layer=LAYER):
    """What a layer says of each place: (N, C), one row a place."""
    activation = extractor(picture[None])[layer].numpy()
    return activation.reshape(-1, activation.shape[-1])


o, s = columns_of(photo), columns_of(artwork)  # the picture's and the artwork's
print(f"{LAYER}: {len(o)} places of the photo, {len(s)} of the artwork, {o.shape[1]} channels")
show(figures.show({"photo": photo, ARTWORK: artwork}, height=2.3))

# %% [markdown]
# ## 9.1 One canvas for all
#
# An objective is a sum of terms (`synthesis.default_terms`), and the canvas knows none of them by
# name. So we paint eight times by the same function and change what is compared. (Two of them,
# relaxed earth mover's and neighbours, have helpers in the library as in their papers: moments, and
# the former a palette too. Pictures, times and memory include them.) What it costs is measured as
# it paints: the time of one step beside that of a step with the Gram loss, and the memory that the
# target takes, all the numbers of the artwork that are kept.

# %%
base = Settings(size=SIZE, smallest=SIZE // 2, steps=STEPS, scales=(1, 2))
paintings, costs = {}, {}


def paint(name, plan=base, terms=None):
    """Paint the photo by some terms, those of the plan by default; show it, keep what it cost."""
    painting = synthesis.StyleTransfer(photo, [artwork], plan, terms=terms, network=NETWORK)
    reports, times = [], []
    for report in painting.run(every=1):
        reports.append(report)
        times.append(time.perf_counter())
    seconds = np.median(np.diff(times[STEPS[0] + 1 :])) if len(times) > STEPS[0] + 2 else 0.0
    kept = painting.style_measurements(SIZE)
    measured = [w for w in painting.terms if w.source == "style"]
    arrays = [x for w in measured for x in keras.tree.flatten(w.term.target(kept[w.name]))]
    memory = sum(float(np.prod(np.shape(x))) for x in arrays) * 4 / 1e6
    paintings[f"{name}\n{1000 * seconds:.0f} ms a step"] = painting.picture()
    costs[name] = (seconds, memory, reports[-1].content_distance)
    show(figures.show({ARTWORK: artwork, name: painting.picture()}, height=2.4))


def by_loss(term, weight=1.0):
    """The usual terms with another term of style, at both scales."""
    content, _, _, *others = synthesis.default_terms(base)
    style = synthesis.WeightedTerm("style", term, weight * 2 / 3)
    coarse = synthesis.WeightedTerm("style_2", losses.ReducedTerm(term, 2), weight / 3)
    return [content, style, coarse, *others]


# %% [markdown]
# ## 9.2 Gram: which channels fire together
#
# $$L = \frac{\lVert G(O) - G(S) \rVert^2}{\lVert G(S) \rVert^2}, \qquad
# G(F) = \frac{1}{N} \sum_i f_i f_i^\top$$
#
# (Gatys, Ecker & Bethge, 2015.) Where a thing is, is summed away; what is left are second moments.
# Their weakness is that a few strong activations and many weak ones have the same sum:


# %%
def gram(columns):
    return columns.T @ columns / len(columns)


def gram_loss(own, wanted):
    return ((gram(own) - gram(wanted)) ** 2).sum() / (gram(wanted) ** 2).sum()


few = np.where(np.arange(len(s))[:, None] % 4 == 0, 2 * s, 0)  # a quarter of the places, doubled
few = few[np.random.default_rng(0).permutation(len(few))]
even = s[::4].repeat(4, 0)[: len(s)]
print(
    f"Gram loss of the photo {gram_loss(o, s):.3f}, "
    f"of few strong columns {gram_loss(few, even):.3f}"
)
assert np.isclose(
    gram_loss(o, s),
    losses.gram_style_loss(
        losses.feature_statistics(o[None, None]),
        losses.gram_matrix(losses.feature_statistics(s[None, None])),
    )[0],
    rtol=1e-3,
)
paint("Gram", replace(base, style_loss="gram"))

# %% [markdown]
# To the Gram matrix a texture of which three quarters are black and the rest twice as strong is the
# very same texture. That is where the blotches of contrast come from that Gatys' paintings are
# known for. Each of the next losses closes this gap in another way.
#
# ## 9.3 Mean and deviation: less, and nearly as good
#
# $$L = \frac{\lVert \mu(O) - \mu(S) \rVert^2 + \lVert \sigma(O) - \sigma(S) \rVert^2}
# {\lVert \mu(S) \rVert^2 + \lVert \sigma(S) \rVert^2}$$
#
# (Li, Wang, Liu & Hou, *Demystifying Neural Style Transfer*, 2017.) Two numbers a channel in place
# of a matrix. That it works at all is the insight that feed-forward networks live on: instance
# normalisation sets just these two numbers (notebooks [4](04_one_pass.ipynb) and
# [5](05_many_styles.ipynb)).


# %%
def mean_std_loss(own, wanted):
    pairs = [(f(own, axis=0), f(wanted, axis=0)) for f in (np.mean, np.std)]
    return sum(((a - b) ** 2).sum() for a, b in pairs) / sum((b**2).sum() for _, b in pairs)


by_library = losses.mean_std_style_loss(
    losses.feature_statistics(o[None, None]),
    losses.mean_std(losses.feature_statistics(s[None, None])),
)[0]
print(f"of the photo {mean_std_loss(o, s):.4f}, by the library {float(by_library):.4f}")
print(f"of few strong columns {mean_std_loss(few, even):.4f}")
assert np.isclose(mean_std_loss(o, s), by_library, rtol=1e-2)
paint("mean, deviation", replace(base, style_loss="mean-std"))

# %% [markdown]
# ## 9.4 Wasserstein: two normal distributions
#
# $$L \propto \lVert \mu_O - \mu_S \rVert^2 + \operatorname{tr}\left(\Sigma_O + \Sigma_S -
# 2\left(\Sigma_S^{1/2} \Sigma_O \Sigma_S^{1/2}\right)^{1/2}\right)$$
#
# How much work it is to move one cloud of columns into the other, if both were normal (Dowson &
# Landau, 1982). Means *and* covariances, and not their squares, so that the weak channels count
# too. This is the library's usual loss; the square root of a matrix is the price
# ([notebook 2](02_content_and_style.ipynb)).


# %%
def square_root(matrix):
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(values.clip(0))) @ vectors.T


def wasserstein_loss(own, wanted):
    (m, s), (n, t) = ((c.mean(0), np.cov(c.T, bias=True)) for c in (own, wanted))
    root = square_root(t)
    overlap = np.trace(square_root(root @ s @ root))
    distance = ((m - n) ** 2).sum() + np.trace(s) + np.trace(t) - 2 * overlap
    return distance / ((n**2).sum() + np.trace(t))


by_library = losses.wasserstein_style_loss(
    losses.feature_statistics(o[None, None]),
    losses.gaussian(losses.feature_statistics(s[None, None])),
)[0]
print(f"of the photo {wasserstein_loss(o, s):.4f}, by the library {float(by_library):.4f}")
assert 0 <= by_library - wasserstein_loss(o, s) < 0.02  # it leaves the faintest directions out
paint("Wasserstein")

# %% [markdown]
# ## 9.5 Histograms: value by value
#
# $$L = \frac{\lVert O - R(O) \rVert^2}{\lVert S \rVert^2}$$
#
# (Risser, Wilmot & Barnes, 2017.) $R$ is histogram matching, known from photo editors: the largest
# value of a channel becomes the artwork's largest, the median its median. $R$ is found anew at each
# step and held while the gradient is taken. The paper counts values in bins; sorting is exact, and
# simpler:


# %%
def matched(own, wanted):
    """R(O): each value of a channel becomes the artwork's of the same rank."""
    ranks = own.argsort(0).argsort(0)
    answer = np.empty_like(own)
    for channel in range(own.shape[1]):
        quantiles = (ranks[:, channel] + 0.5) / len(own)
        answer[:, channel] = np.quantile(wanted[:, channel], quantiles, method="hazen")
    return answer


def histogram_loss(own, wanted):
    return ((own - matched(own, wanted)) ** 2).mean() / (wanted**2).mean()


by_library = losses.histogram_loss(o[None], s[None])[0]
print(f"of the photo {histogram_loss(o, s):.4f}, by the library {float(by_library):.4f}")
print(f"of few strong columns {histogram_loss(few, even):.4f}")
assert np.isclose(histogram_loss(o, s), by_library, rtol=1e-3)

channel = int(np.argmax(s.var(0)))
figure = Figure(figsize=(6.5, 2.0), layout="constrained")
axes = figure.subplots(1, 3, sharex=True, sharey=True)
for axis, (name, values) in zip(axes, {"O": o, "S": s, "R(O)": matched(o, s)}.items(), strict=True):
    axis.hist(values[:, channel], 40, density=True)
    axis.set_title(f"{name}, channel {channel}", fontsize=8)
show(figure, dpi=80)
paint("Gram and histograms", replace(base, style_loss="gram", histogram=1.0))

# %% [markdown]
# Channels are matched one by one; what they have to do with each other is left to the Gram matrix
# beside it. But why the channels' own axes, and no others?
#
# ## 9.6 Sliced: the same along random axes
#
# $$L = \frac{1}{|V|} \sum_{v \in V} \frac{\lVert \operatorname{sort}(O v) -
# \operatorname{sort}(S v) \rVert^2}{\lVert S v \rVert^2 \text{, the mean over } v}$$
#
# (Heitz, Vanhoey, Chambon & Belcour, 2021.) Project all columns on a random direction, and match
# the histogram of that. A distribution is known when all its projections are known (Cramér & Wold,
# 1936), so in the limit nothing of it is left out: no moments, no matrix. Every step takes new
# directions, and that of the histograms is the special case of the axes. (The artwork has fewer
# places than the photo: its values are read between the sorted ones, at the photo's ranks.)


# %%
def sliced_loss(own, wanted, axes):
    return histogram_loss(own @ axes, wanted @ axes)


axes = losses.directions(o.shape[1], 64).numpy()
by_library = losses.sliced_wasserstein_loss(o[None], s[None], axes)[0]
print(f"of the photo {sliced_loss(o, s, axes):.4f}, by the library {float(by_library):.4f}")
assert np.isclose(sliced_loss(o, s, axes), by_library, rtol=1e-3)
assert np.isclose(sliced_loss(o, s, np.eye(o.shape[1])), histogram_loss(o, s), rtol=1e-4)
spread = [sliced_loss(o, s, losses.directions(o.shape[1], 16, draw=d).numpy()) for d in range(8)]
print(f"16 directions, eight draws: {np.mean(spread):.4f} ± {np.std(spread):.4f}")
paint("sliced", replace(base, style_loss="sliced"))

# %% [markdown]
# ## 9.7 Relaxed earth mover's: each column has a partner
#
# $$L = \max\left(\frac{1}{N} \sum_i \min_j d(o_i, s_j), \; \frac{1}{M} \sum_j \min_i d(o_i,
# s_j)\right), \qquad d = 1 - \cos$$
#
# (Kolkin, Salavon & Shakhnarovich, *STROTSS*, 2019.) Not how often something occurs, but whether it
# occurs at all: no column of the picture may be unlike all of the artwork's, and none of the
# artwork's may be missing. Columns are of all layers at once, a thousand places a step. Of columns
# of length 1, $1 - \cos$ is half the squared distance; those that hardly fire have no direction to
# speak of, and are left short.


# %%
def relaxed_emd(own, wanted):
    def unit(columns):
        squares = (columns**2).sum(1, keepdims=True)
        return columns / np.sqrt(squares + 1e-4 * squares.mean())

    own, wanted = unit(own), unit(wanted)
    squares = (own**2).sum(1)[:, None] + (wanted**2).sum(1)
    distances = squares / 2 - own @ wanted.T
    return max(distances.min(1).mean(), distances.min(0).mean())


sample = np.random.default_rng(0).permutation(min(len(o), len(s)))[:1000]
distances = losses.cosine_distances(o[sample][None], s[sample][None])
ours, librarys = relaxed_emd(o[sample], s[sample]), float(losses.relaxed_emd(distances)[0])
assert np.isclose(ours, librarys, rtol=1e-3)
print(f"of the photo {ours:.4f}, by the library {librarys:.4f}")
paint("relaxed earth mover's", replace(base, style_loss="relaxed-emd"))

# %% [markdown]
# ## 9.8 Neighbours: one place for each place
#
# $$L = \frac{1}{N} \sum_i \left(1 - \cos\left(o_i, s_{n(i)}\right)\right), \qquad n(i) =
# \arg\max_j \cos\left(o_i - \bar o, \; s_j - \bar s\right)$$
#
# (Kolkin et al., 2022; [notebook 3](03_painting_by_gradient_descent.ipynb), section 3.7.) Half of
# the relaxed earth mover's distance, with the partners fixed for many steps: nothing needs to be
# complete, and so each place can be sharp.

# %%
nearest = np.asarray(losses.nearest(o[sample], s[sample]))
centred = [c[sample] - c[sample].mean(0) for c in (o, s)]
cosines = (centred[0] @ centred[1].T) / np.linalg.norm(centred[1], axis=1)
print(f"the library finds the same neighbour for {np.mean(cosines.argmax(1) == nearest):.1%}")
paint("neighbours", replace(base, method="neighbours"))

# %% [markdown]
# ## 9.9 Structure: fine marks and large forms together
#
# $$L = \frac{1}{|P|} \sum_{(a, b) \in P}
# \frac{\lVert C_{ab}(O) - C_{ab}(S) \rVert^2}{\lVert C_{ab}(S) \rVert^2},
# \qquad C_{ab} = \frac{1}{HW}\, F_a \, U(F_b)^\top$$
#
# (Fischer, Yang & Lam, *ImagineNet*, 2020.) Gram matrices are of one layer each. $C_{ab}$ is
# between two, the deeper one enlarged by $U$: which fine marks go with which larger forms. $P$ are
# some pairs of layers, `PAIRS`.
# ImagineNet restyles the screens of apps with it, where an edge of a button has to stay an edge
# (`tfnst restyle-ui`).

# %%
network = features.FeatureExtractor(NETWORK, {layer for pair in PAIRS for layer in pair})
fine, coarse = (network(artwork[None])[k][0].numpy() for k in ("block1_conv1", "block2_conv1"))
height, width, _ = coarse.shape
enlarged = coarse.repeat(2, 0).repeat(2, 1)  # U: every position stands for four
trimmed = fine[: 2 * height, : 2 * width]
C = np.einsum("hwa,hwb->ab", trimmed, enlarged) / (4 * height * width)
by_library = losses.cross_covariance(fine[None], coarse[None], 2)[0]
print(
    f"C is {C.shape[0]} × {C.shape[1]}; the library's differs by {np.abs(C - by_library).max():.0e}"
)
assert np.allclose(C, by_library, rtol=1e-3, atol=1e-4)
paint("structure", terms=by_loss(losses.StructureTerm(PAIRS)))

# %% [markdown]
# ## 9.10 Side by side

# %%
show(figures.show({ARTWORK: artwork, **paintings}, columns=3, height=6.6), dpi=80)
usual = costs["Gram"]
print(f"{'':24}{'a step':>8}{'target':>12}{'from the photo':>18}")
for name, (seconds, memory, distance) in costs.items():
    relative = seconds / usual[0] if usual[0] else float("nan")
    print(f"{name:24}{relative:>7.2f}×{memory:>9.2f} MB{distance:>16.3f}")

# %% [markdown]
# What to look for: *Gram*, with histograms or without, has the largest blotches of colours that the
# artwork has nowhere, violet and green, and is farthest from the photo: moments agree, and the
# palette does not. *Mean and deviation* and *sliced* have smaller ones, pink and green.
# *Wasserstein* keeps the sun's orange and the sea's blue. *Relaxed earth mover's* (with its
# palette) and *neighbours* lay the artwork's own flat colours in its horizontal bands. *Structure*
# keeps the lines of the photo cleanest. After so few steps the paintings are not equally far from
# the photo (last column), so compare marks and colours, and not how much there is of them.

# %% [markdown]
# ## 9.11 A short history
#
# - **1995**, Heeger & Bergen match histograms of wavelet bands: a texture from one sample, as long
#   as it has no structure.
# - **2000**, Portilla & Simoncelli add correlations between bands, 710 numbers in all: strokes,
#   tiles and weaves. Still one texture everywhere, and no content.
# - **2001**, Hertzmann et al., *Image Analogies*: any filter, learnt from one example. But the
#   example is a pair, the photo *and* its painting, and of most paintings there is no photo.
# - **2015**, Gatys et al.: Gram matrices of a trained network. One picture alone, any artwork, and
#   content apart from style; it takes minutes, and contrast drifts.
# - **2016**, Johnson et al. and Ulyanov et al. train a network that paints in a fraction of a
#   second: one style each, from thousands of photos.
# - **2017**, mean and deviation carry style (Dumoulin et al., Huang & Belongie, Li et al.): many
#   styles in one network, then any style, if in a coarser likeness. And Risser et al. cure the
#   drift with histograms.
# - **2019**, STROTSS: partners beside moments, and a content that leaves colour free.
# - **2020**, ImagineNet: covariance between layers, for pictures of which every detail is needed.
# - **2021**, Heitz et al.: with sliced distributions no statistic is left out, and no weight is
#   left to choose.
# - **2022**, Neural Neighbor Style Transfer: marks as sharp as the artwork's.
#
# *Why is one picture now enough?* The analogies of 2001 had to be shown what painting does: a photo
# and its painting, pixel by pixel. To know from the painting alone what of it is style, one has to
# know what things look like however they are painted. A network that was trained to name the things
# in a million photos knows that. Its shallow layers see colour and edges, its deep ones see what
# stays when these change. So the million pictures are still there; somebody else has looked at
# them, once, for another purpose. What all the losses above have in common is not their statistics
# but the space that these are taken in: the same equations on pixels give a palette, and no style.
#
# > **Exercise 1.** Take the pixels for the network: `lambda image: {"rgb": image}` as `network`,
# > and a term of the layer "rgb" alone, such as `losses.MeanStdTerm(("rgb",))`, `GramTerm` and
# > `WassersteinTerm` (neighbours and structure ask for layers of VGG). Which losses now differ, and
# > what do the paintings have in common?
# >
# > **Exercise 2.** `few` and `even` of section 9.2 have the same Gram matrix. Construct two sets of
# > columns with the same mean, covariance *and* histograms that the sliced loss still tells apart.
# > (Two dimensions are enough; think of a square and its diagonals.)
