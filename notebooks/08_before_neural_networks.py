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
# # 8 · Before neural networks
#
# Style transfer is older than its networks. This notebook goes back to the two ideas that it grew
# from, and runs both on small pictures: a texture as a list of **statistics** (Portilla &
# Simoncelli, 2000), and painting as an **analogy** between pictures (Hertzmann et al., 2001). The
# first measures and descends, and has no idea of content; the second copies, and has to be shown a
# pair. What either could not do is what a network was needed for.
#
# It runs in a few minutes on two processor cores, offline. You should have seen
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
TEXTURE = 128  # pixels a side of the textures
STEPS = 60  # iterations of L-BFGS for each
SIDE = 128  # long side of the pictures of image analogies, in pixels

# %%
import io
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # before TensorFlow starts, or it talks

import numpy as np
from IPython.display import Image, display

import tfnst
from tfnst import assets, devices, images

with devices.silent_stderr():
    import tensorflow as tf

from matplotlib.figure import Figure
from PIL import Image as Canvas
from PIL import ImageDraw
from scipy.ndimage import gaussian_filter
from scipy.optimize import minimize
from scipy.spatial import cKDTree

from tfnst.features.steerable_pyramid import SteerablePyramid, inverse, spectrum
from tfnst.images import figures
from tfnst.images.color import LUMA
from tfnst.images.periodic import periodic_component
from tfnst.losses import portilla_simoncelli, portilla_simoncelli_errors
from tfnst.synthesis import Analogy, AnalogySettings, neighbourhoods
from tfnst.synthesis.filtered_noise import amplitude


def show(figure, dpi=65):
    """Display a figure as a small JPEG, so that the notebook stays small."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="jpeg", dpi=dpi, pil_kwargs={"quality": 80})
    display(Image(buffer.getvalue()))


photo = images.load(assets.photo(), SIDE).rgb
artworks = {name: images.load(assets.artwork(name), SIDE).rgb for name in assets.NAMES}


# %% [markdown]
# ## 8.1 Texture as statistics: Portilla & Simoncelli, 2000
#
# In 1962 the psychologist Bela Julesz asked what a texture *is* to an eye, and gave an answer that
# can be wrong: two textures look alike when some of their statistics agree, whatever else differs.
# Which statistics? One can test a guess. Measure them on a photograph, begin with noise, change the
# noise until it has the same numbers, and look: if it looks different, numbers are missing.
#
# Forty years later Portilla and Simoncelli found a set that passes for surprisingly many textures.
# Take it slowly, because the paintings of this course rest on the same idea: *measure, then
# descend*. Only the measuring device has changed, from a pyramid that was designed to a network
# that was trained.


# %%
def row(pictures, scale=1.9, symmetric=False):
    """Grey pictures (H, W) side by side, by their titles; each in its own range."""
    figure = Figure(figsize=(scale * len(pictures), scale * 1.15), layout="constrained")
    for axis, (title, picture) in zip(
        np.atleast_1d(figure.subplots(1, len(pictures))), pictures.items(), strict=True
    ):
        limit = np.abs(picture).max()
        limits = dict(vmin=-limit, vmax=limit) if symmetric else {}
        axis.imshow(picture, cmap="gray", **limits)
        axis.set_title(title, fontsize=8)
        axis.axis("off")
    return figure


# %% [markdown]
# ### A pyramid with directions
#
# The device is a *steerable pyramid*. It takes a picture apart into bands, each an octave of sizes
# wide and about a quarter turn of directions, as the simple cells of the visual cortex do. It is
# easiest to say in the Fourier domain, where a band is a product. With $r$ and $\theta$ the length
# and the direction of a frequency, the band of scale $s$ and orientation $k$ of $K$ is
#
# $$B_{sk} = L_s(r)\, H_{s+1}(r)\; \alpha \cos^{K-1}\!\left(\theta - \frac{\pi k}{K}\right)$$
#
# $L_s$ lets frequencies through below an octave, $H_{s+1}$ those above the next, and both are
# quarters of a cosine in $\log_2 r$, so that $L_s^2 + H_s^2 = 1$.

# %%
pyramid = SteerablePyramid(scales=3, orientations=4)
transfer = pyramid.transfer_functions(64, 64)
names = ["high"] + [f"scale {s}, {45 * k}°" for s in range(3) for k in range(4)] + ["low"]
chosen = [0, 1, 2, 3, 4, 5, 9, 13]
show(row({names[i]: np.fft.fftshift(transfer[i]) for i in chosen}, 1.3), dpi=80)
print(f"the squares add up to 1, to within {np.abs((transfer**2).sum(0) - 1).max():.0e}")

# %% [markdown]
# Each little picture is a transfer function, frequency 0 in its middle: the high-pass keeps the
# corners, then come rings of petals, each ring half as large as the one before, and a dot is left.
# Because the squares add up to 1 at every frequency, filtering *twice* with each and adding gives
# the picture back: analysis and synthesis use the same filters. That is called a tight frame.

# %%
mosaic = images.load(assets.artwork("mosaic")).rgb
artwork = mosaic[356 : 356 + TEXTURE, 198 : 198 + TEXTURE]  # a part without the frame
grey = (artwork @ LUMA).astype(np.float32)
bands = pyramid.decompose(grey)
again = pyramid.reconstruct(bands)
print(f"put together again: within {np.abs(again - grey).max():.0e} of the picture")

impulse = np.zeros((32, 32), np.float32)
impulse[16, 16] = 1
answers = pyramid.decompose(impulse).oriented[1][:, :, :]  # at half the size
filters = {
    f"{45 * k}°, {part}": f(answers[k]).numpy()
    for k in (0, 1)
    for part, f in (("real", tf.math.real), ("imaginary", tf.math.imag))
}
show(row(filters, 1.5, symmetric=True), dpi=80)

# %% [markdown]
# What an impulse becomes is the filter itself: an edge detector (its real part is odd here) and
# beside it a line detector in the same direction. The bands are *complex*: real and imaginary part
# are a quarter of a wave apart. So a band tells two things of each place: its modulus, **how much**
# there is of this size and direction, and its phase, **whether** it is an edge, a line, bright or
# dark.

# %%
band = bands.oriented[1][0]
parts = {
    "picture": grey,
    "real part": tf.math.real(band).numpy(),
    "modulus: how much": np.abs(band),
    "phase: what": np.angle(band),
}
show(row(parts), dpi=80)

# %% [markdown]
# ### 710 numbers
#
# No place of a texture is special, so every statistic is a mean over places. Portilla and
# Simoncelli arrived at these groups by leaving each out and looking at what broke:
#
# | group | numbers | what it says |
# | --- | --- | --- |
# | pixels, range | 6 | how bright and contrasted, how lopsided and peaked, the extremes |
# | low_shape, low_… | 135 | autocorrelation of coarser and coarser pictures: periods, grain |
# | magnitude_correlation, magnitude_deviation | 400 | how "how much" varies: spots, gaps, lines |
# | orientations, scales | 72 | whether directions meet (corners), and fine with coarse (edges) |
# | phases | 96 | dark on bright or bright on dark, and where the shadow is |
# | high_variance | 1 | what is finer than all bands |
#
# Two of them as equations. With $m_{sk}$ the modulus of a band less its mean, over its deviation:
#
# $$\text{magnitude\_correlation: } \langle m_{sk}(u)\, m_{sk}(u + \delta)\rangle_u,
# \qquad \text{orientations: } \langle m_{sk}\, m_{sl} \rangle$$
#
# and phases of neighbouring scales are made comparable by doubling the coarser one's, which turns
# half as fast: $\langle \operatorname{Re} b_{sk} \cdot b_{s+1,l}^2 / |b_{s+1,l}| \rangle$.

# %%
plane = (grey - grey.mean()) / grey.std()
plane = periodic_component(plane[..., None])[..., 0]  # a pyramid sees it as a torus
wanted = portilla_simoncelli(plane[None, None])
for name, numbers in wanted.items():
    print(f"{name:22} {numbers.shape[1]:4}   {np.round(numbers[0, :4], 2)}")
print(sum(numbers.shape[1] for numbers in wanted.values()), "numbers")

# By hand: how the moduli of two orientations of the finest scale go together.
moduli = np.abs(SteerablePyramid().decompose(plane).oriented[0])
by_hand = np.corrcoef(moduli[0].ravel(), moduli[1].ravel())[0, 1]
assert np.isclose(by_hand, wanted["orientations"][0, 0], atol=1e-3)

# %% [markdown]
# ### From noise
#
# Now the other way round. The variables are white noise $z$, and the picture is that noise
# *filtered* to the spectrum $A$ of the source, $x = \mathcal F^{-1}(A\, \mathcal F z)$: so it
# begins with all that a spectrum says, and a step along the gradient changes every frequency in
# proportion. Then
#
# $$\min_z \sum_{\text{groups } g} w_g\,
# \operatorname{mean}\left(s_g(x) - s_g(\text{source})\right)^2$$
#
# by L-BFGS, with the gradient that TensorFlow finds through pyramid, moduli and moments. (The paper
# had to write down by hand how to project on each group, one after another.) Here every $w_g$ is 1
# but that of the two extremes, which a single pixel decides, and deviations are compared by their
# logarithms, so that faint bands count as much as strong ones.

# %%
A = tf.constant(amplitude(plane[None], TEXTURE, TEXTURE)[0])
COUNTED = [name for name in wanted if name != "range"]


def picture_of(z):
    return tf.math.real(inverse(spectrum(z) * tf.complex(A, 0.0)))


@tf.function(autograph=False)
def loss_and_slope(z, weights):
    with tf.GradientTape() as tape:
        tape.watch(z)
        statistics = portilla_simoncelli(picture_of(z)[None, None])
        errors = portilla_simoncelli_errors(statistics, wanted)
        errors = tf.stack([errors[name][0] for name in COUNTED])
        loss = tf.reduce_sum(weights * errors**2)
    return loss, tape.gradient(loss, z), errors


def synthesize(without=(), steps=STEPS, seed=0):
    """A texture with the statistics wanted, but for some groups."""
    weights = tf.constant([0.0 if name in without else 1.0 for name in COUNTED])
    shape = (TEXTURE, TEXTURE)

    def value(flat):
        loss, slope, _ = loss_and_slope(tf.constant(flat.reshape(shape), tf.float32), weights)
        return float(loss), slope.numpy().ravel().astype(np.float64)

    noise = np.random.default_rng(seed).normal(size=shape)
    result = minimize(value, noise.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": steps})
    z = tf.constant(result.x.reshape(shape), tf.float32)
    errors = dict(zip(COUNTED, loss_and_slope(z, weights)[2].numpy(), strict=True))
    return picture_of(z).numpy(), errors


start = picture_of(np.random.default_rng(0).normal(size=(TEXTURE, TEXTURE)).astype(np.float32))
texture, errors = synthesize()
show(row({"source": plane, "noise with its spectrum": start.numpy(), "texture": texture}, 2.6))
for name, error in errors.items():
    print(f"{name:22} {error:.4f}")

# %% [markdown]
# In the middle is all that a *spectrum* can say, which is what textures were thought to be for a
# while: clouds of about the right size. On the right there are bright stones with thin dark joints
# between them, in lighter and darker areas; not quite stones, for few of the joints close. Nobody
# told the descent of either.
#
# ### Which statistic does what
#
# The paper's own method: leave a group out, and look at what is lost.

# %%
left_out = {
    "all": (),
    "without low_*": ("low_shape", "low_correlation", "low_deviation"),
    "without magnitude_*": ("magnitude_correlation", "magnitude_deviation"),
    "without orientations, scales": ("orientations", "scales"),
    "without phases": ("phases",),
}
results = {title: synthesize(groups) for title, groups in left_out.items()}
pictures = {"source": plane} | {title: picture for title, (picture, _) in results.items()}
show(row(pictures, 2.0), dpi=75)
complete = results["all"][1]
for title, groups in left_out.items():
    _, remaining = results[title]
    for name in groups:
        print(f"{title:30} error of {name:22} {remaining[name]:.4f}, with all {complete[name]:.4f}")

# %% [markdown]
# All begin with the same noise, so that places can be compared. What is lost most visibly is lost
# *without phases*: joints turn into a crumbly mesh of short dark and bright marks, for nothing says
# any longer that a thin line is the dark one. *Without low_\** light and dark areas lose their
# size, and stones are alike over the whole picture. *Without magnitude_\** and *without
# orientations, scales* little changes at this size and after so few steps; the paper has for each
# group a texture that fails without it.
#
# > **Exercise.** Keep *only* one group besides the pixels, each in turn: `without` all others.
# > Which single group goes farthest? Then the reverse question, which this course is about: with
# > all these numbers nearly right, what in the texture still looks wrong, and which statistic would
# > have to be added? Compare your answer with what the Gram matrices of a network are in [notebook
# > 2](02_content_and_style.ipynb).
#
# ### What was gained, and what was missing
#
# A photograph of a texture became 710 numbers, from which as much more of it as one likes can be
# drawn: `tfnst texture photo.jpg -o more.png --method portilla-simoncelli`. What these numbers
# cannot say is anything that is larger than the neighbourhood or has a shape of its own: long
# straight rows drift, a pebble has no closed outline, a face is hopeless. Fifteen years later
# Gatys, Ecker and Bethge kept the whole procedure, noise, statistics, gradient, L-BFGS, and
# replaced the pyramid by VGG-19 and the list of groups by one kind of statistic, the Gram matrix.
# That is `--method gram` (with means, deviations and colours beside the matrices), and the next
# step from there is this course's third notebook.

# %% [markdown]
# ## 8.2 Image analogies
#
# Texture synthesis makes more of the same. The next question was how to make *something in
# particular* of it. Hertzmann, Jacobs, Oliver, Curless & Salesin (SIGGRAPH 2001) put it as a riddle
# from an intelligence test:
#
# $$A : A' \;::\; B : B'$$
#
# A picture $A$ and what somebody has made of it, $A'$, are given, and so is $B$. What is $B'$?
# Nobody says what was done to $A$: it may have been blurred, engraved or painted over by hand. One
# pair is the whole training set, and there is nothing to train: every pixel of $B'$ is *copied*
# from $A'$, and all that has to be found is the place $s(q)$ in $A$ for each pixel $q$ of $B$:
#
# $$B'(q) = A'(s(q))$$
#
# A place is good if it looks alike in *both* pairs. What is around a pixel $p$ is put into one long
# vector $F(p)$: the 5 × 5 pixels around it in the unfiltered picture, all of which are known, and
# those pixels of the filtered picture that come *before* it in raster order, since the others have
# not been made yet. Then
#
# $$p_\text{app} = \arg\min_p \lVert F(p) - F(q) \rVert^2$$
#
# is a search for the nearest neighbour among vectors. Both windows are weighted by a Gaussian, so
# that what is near counts more.

# %%
window, before = neighbourhoods.square(2), neighbourhoods.causal(2)
weights = np.zeros((2, 5, 5))
for panel, part in zip(weights, (window, before), strict=True):
    panel[tuple(part.offsets.T + 2)] = part.scales**2
show(
    figures.show(
        dict(zip(("A and B: all around", "A' and B': what is made"), weights, strict=True))
    )
)

# %% [markdown]
# Copying nearest neighbours one by one gives crumbs: each pixel is the best there is, and none
# knows of the stroke that it is part of. The paper's second candidate is Ashikhmin's (2001). If the
# pixel to the left was copied from $s(r)$, then the one to the right of $s(r)$ continues whatever
# was there. Of all such continuations $s(r) + (q - r)$ of pixels $r$ that are already made, take
# the best, and prefer it as long as it is not *much* worse:
#
# $$s(q) = \begin{cases} p_\text{coh} & \text{if } d_\text{coh} \le d_\text{app}\,
# (1 + 2^{\,l-L}\,\kappa) \\ p_\text{app} & \text{otherwise} \end{cases}$$
#
# $d$ are squared distances, $l$ is the level of a pyramid and $L$ its finest; on one level the
# factor is $1 + \kappa$. Here is the whole algorithm on one level, in grey, as slow as it looks.


# %%
def one_level(a, a_prime, b, kappa):
    """B' (H, W) and the place in A of each of its pixels, in raster order."""
    parts = [window.of(a[..., None]), before.of(a_prime[..., None])]
    rows = np.concatenate(parts, -1).reshape(a.size, -1)  # F(p), for all of A
    tree, known = cKDTree(rows), window.of(b[..., None])
    b_prime = np.pad(b, 2, "symmetric")  # beyond the border there is B itself
    places = {}
    for y, x in np.ndindex(b.shape):
        made = b_prime[tuple(np.add(before.offsets, (y + 2, x + 2)).T)] * before.scales
        features = np.append(known[y, x], made)  # F(q)
        distance, place = tree.query(features)
        coherent = []
        for dy, dx in before.offsets:
            if (y + dy, x + dx) in places:
                row, column = places[y + dy, x + dx]
                if row - dy < a.shape[0] and 0 <= column - dx < a.shape[1]:
                    coherent.append((row - dy) * a.shape[1] + column - dx)
        if coherent:
            distances = np.square(rows[coherent] - features).sum(1)
            if distances.min() <= distance**2 * (1 + kappa):
                place = coherent[distances.argmin()]
        places[y, x] = divmod(int(place), a.shape[1])
        b_prime[y + 2, x + 2] = a_prime[places[y, x]]
    return b_prime[2:-2, 2:-2], places


grey = artworks["waves"][:64, :64] @ LUMA
print("crumbs and pieces: how many pixels go on where the one to their left came from")
panels = {"A, blurred": gaussian_filter(grey, 1.0), "A'": grey}
target = (photo @ LUMA)[8:56, 30:78]
panels["B"] = target
for kappa in (0, 1, 10):
    result, places = one_level(panels["A, blurred"], grey, target, kappa)
    panels[f"B', κ = {kappa}"] = result
    follows = [
        places[y, x] == (places[y, x - 1][0], places[y, x - 1][1] + 1) for y, x in places if x > 0
    ]
    print(f"κ = {kappa:2}: {np.mean(follows):.0%}")
show(figures.show(panels, columns=6, height=2.2))

# %% [markdown]
# Three things make the program out of this page.
#
# **A pyramid.** A 5 × 5 window knows nothing of a stroke that is twenty pixels long. So small
# versions are made first, and $F$ also has the 3 × 3 pixels of *all four* pictures at the coarser
# level, where $B'$ is complete, below and to the right too.
#
# **Luminance.** People see strokes in light and dark. Only $Y$ is compared and made, and $B$ keeps
# its own colours. So that a dark painting serves for a bright photo, $A$ and $A'$ first get the
# mean and deviation of $B$:
#
# $$Y \leftarrow \frac{\sigma_B}{\sigma_A}(Y - \mu_A) + \mu_B$$
#
# **Speed.** The nearest neighbour is looked for in a k-d tree of 20 principal components, and many
# pixels at once: one in row $y$ waits for nothing in the rows above beyond two columns to its
# right, so that all pixels with the same $x + 3y$ are independent. The result is the raster scan's,
# pixel for pixel.

# %%
fronts = neighbourhoods.fronts((8, 14), 2)
order = np.empty(8 * 14)
for number, front in enumerate(fronts):
    order[front] = number
figure = Figure(figsize=(5, 2.6), layout="constrained")
axis = figure.subplots()
axis.imshow(order.reshape(8, 14), cmap="viridis")
for y, x in np.ndindex(8, 14):
    axis.text(x, y, int(order[y * 14 + x]), ha="center", va="center", color="white", fontsize=7)
axis.set_axis_off()
show(figure, dpi=80)
print(f"{8 * 14} pixels in {len(fronts)} steps")

# %% [markdown]
# ### An artistic filter
#
# Of a painting there is no photo. The authors took the painting itself, smoothed: what is to be
# learnt is then what smoothing takes away, the marks. `blur` does that. Below, each pixel of $s$ is
# shown in the colour of its place in $A$ (red across, green down): with more κ there are fewer and
# larger pieces.

# %%
painting = artworks["swirl"]
panels = {"A'": painting, "B": photo}
for kappa in (0.0, 1.0, 5.0):
    work = Analogy(painting, painting, photo, AnalogySettings(kappa=kappa, blur=1.5))
    *_, report = work.run()
    rows, columns = np.divmod(work.scan.places(), painting.shape[1])
    places = np.stack([columns / columns.max(), rows / rows.max(), np.full(rows.shape, 0.3)], -1)
    panels |= {f"B', κ = {kappa:g}": work.picture(), f"s, κ = {kappa:g}": places}
    print(f"κ = {kappa:g}: coherent {report.coherent:.0%}, distance {report.distance:.3f}")
show(figures.show(panels, columns=4, height=2.6))

# %% [markdown]
# ### Texture by numbers
#
# $A$ need not look like anything: here it is a map, drawn by hand, that says where in the painting
# are sky, light, hills, fields, water and trees. $B$ is another map in the same colours. Now colour
# is made as well, and luminance is left as it is: a label is a label.


# %%
SKY, LIGHT, HILL = (60, 90, 200), (255, 210, 60), (120, 80, 160)
FIELD, RIVER, TREE = (200, 160, 50), (90, 200, 230), (20, 60, 50)


def draw(height, width, *shapes):
    """A map: polygons, or ellipses by two corners, in units of the height, over the sky."""
    canvas = Canvas.new("RGB", (width, height), SKY)
    brush = ImageDraw.Draw(canvas)
    for color, line in shapes:
        corners = [tuple(float(n) * height for n in pair.split()) for pair in line.split(",")]
        (brush.ellipse if len(corners) == 2 else brush.polygon)(corners, fill=color)
    return np.asarray(canvas, np.float32) / 255


size = painting.shape[:2]
numbers = draw(
    *size,
    (LIGHT, ".36 .30, 1.34 .62"),
    (HILL, "0 .58, .4 .57, .7 .55, 1 .57, 1.34 .57, 1.34 .66, 0 .66"),
    (FIELD, "0 .63, .5 .61, 1.34 .63, 1.34 1, 0 1"),
    (RIVER, ".9 .62, 1 .62, 1.05 .7, .95 .76, .62 .9, .52 1, .12 1, .45 .9, .85 .76, .95 .7"),
    (TREE, "0 .3, .08 .22, .16 .33, .2 .48, .24 .45, .3 .58, .31 .8, .2 .95, 0 .95"),
    (TREE, "1.2 .55, 1.27 .38, 1.34 .4, 1.34 .92, 1.2 .88"),
)
others = draw(
    *size,
    (LIGHT, ".15 .12, .75 .56"),
    (HILL, "0 .55, .25 .5, .5 .56, .75 .42, 1 .5, 1.34 .4, 1.34 .75, 0 .75"),
    (FIELD, "0 .66, .35 .6, .8 .66, 1.34 .58, 1.34 1, 0 1"),
    (RIVER, ".42 .62, .5 .62, .62 .72, .9 .82, 1.2 1, .7 1, .62 .86, .44 .74"),
    (TREE, "1 .9, .97 .6, 1.03 .35, 1.1 .15, 1.17 .35, 1.22 .6, 1.2 .92"),
)
settings = AnalogySettings(mode="color")
landscape = tfnst.analogy(numbers, painting, others, settings)
show(figures.show({"A": numbers, "A'": painting, "B": others, "B'": landscape}, height=3.2))

# %% [markdown]
# ### Super-resolution
#
# With $A$ a blurred $A'$, the analogy is "blurred is to sharp": what comes back is detail, as the
# other half of the same picture has it. It is detail of the right *kind*, not the right detail: the
# result is nearly as sharp as the truth, and yet farther from it, pixel by pixel, than the blurred
# picture is. Every method that invents has to choose between the two. `weight` counts the match of
# $A$ with $B$ for more here, and $B$'s levels are kept.

# %%
whole = images.load(assets.artwork("waves"), 2 * SIDE).rgb
middle = whole.shape[1] // 2
blurred = gaussian_filter(whole, (1.2, 1.2, 0))
sharp, truth, dull = whole[:, :middle], whole[:, middle:], blurred[:, middle:]
settings = AnalogySettings(kappa=0.2, blur=1.2, weight=5.0, remap=False)
detailed = tfnst.analogy(sharp, sharp, dull, settings)
for name, picture in {"blurred": dull, "B'": detailed, "the truth": truth}.items():
    sharpness = np.abs(np.diff(picture @ LUMA)).mean() / np.abs(np.diff(truth @ LUMA)).mean()
    error = np.square(picture - truth).mean()
    print(f"{name:10} sharpness {sharpness:.2f}  mean square error {error:.4f}")
show(figures.show({"A'": sharp, "B": dull, "B'": detailed, "the truth": truth}, height=3.2))

# %% [markdown]
# ### Texture transfer
#
# $A = A'$ is a texture, and its luminance is compared with the photo's. `weight` is that of the
# match of $A$ with $B$, over that of $A'$ with $B'$: with little of it there is the texture in good
# order, and hardly a face; with much of it a face, of crumbs.

# %%
panels = {"A and A'": artworks["mosaic"], "B": photo}
for weight in (0.3, 1.0, 3.0):
    settings = AnalogySettings(mode="color", match="luminance", kappa=0.5, weight=weight)
    texture = artworks["mosaic"]
    panels[f"B', weight {weight:g}"] = tfnst.analogy(texture, texture, photo, settings)
show(figures.show(panels, columns=5, height=2.6))

# %% [markdown]
# ### What one pair cannot know
#
# Whatever $A$ does not show, $B'$ cannot have. `coverage` says how much of $B$ is like $A$ at all:
# the share of its neighbourhoods that have one in $A$ as near as nine of ten of $A$'s own have,
# elsewhere in $A$.

# %%
noise = np.random.default_rng(0).random((48, 48, 3), np.float32)
for name, picture in {"photo": photo, "mosaic": artworks["mosaic"], "noise": noise}.items():
    report = next(Analogy(painting, painting, picture, AnalogySettings()).run())
    print(f"swirl covers {name:7} {report.coverage:.0%}")

# %% [markdown]
# This is what neural style transfer took off from. An analogy copies: its marks are the artist's
# own, sharp and whole, and it needs no network. But it compares *pixels*. To it an eye and a button
# are the same if they are as dark and as round, a stroke in another direction is another texture,
# and there has to be a pair. What was missing is a description in which "the same thing, painted"
# is near: Gatys' activations of VGG. And neighbours came back with it: look for nearest neighbours
# among *activations* and you have Neural Neighbor Style Transfer, in notebook 3.
#
# **Exercise.** Let `one_level` learn an inversion, $A' = 1 - A$, from the lower half of the photo,
# and do it to the upper half. (a) Measure the error with κ = 0, 1 and 10; which is best, and why
# not for the painting? (b) Leave out the pixels of $A'$ and $B'$ (`before`) from $F$. Why does that
# hardly matter for an inversion, and what happens to the strokes of the painting? (c) Cut a square
# from the painting, and lay it beside itself turned by 90°, in $A$ (blurred) and in $A'$ alike:
# twice as many strokes to choose from. Which strokes in the face change?
