// Pictures to a network's tensors and back: what tfnst.rows and tfnst.lite do in Python.

/** The weights of the rows: shares by name, relative to each other; what strength leaves is the photo's. */
export function rowWeights(styles, shares, strength) {
  const sum = Object.values(shares).reduce((a, b) => a + b, 0);
  const weights = new Float32Array(1 + styles.length);
  weights[0] = sum > 0 ? 1 - strength : 1;
  if (sum > 0) {
    for (const [name, share] of Object.entries(shares)) {
      weights[1 + styles.indexOf(name)] = (strength * share) / sum;
    }
  }
  return weights;
}

/** Width and height of the same aspect that fit into a square of that side; none is enlarged. */
export function fitted(width, height, side) {
  const scale = Math.min(1, side / Math.max(width, height));
  return [width, height].map((size) => Math.max(1, Math.round(size * scale)));
}

function mirrored(place, size) {
  const around = place % (2 * size);
  return around < size ? around : 2 * size - 1 - around;
}

/** RGBA bytes to a square of floats in [0, 1], mirrored beyond the picture's edges, not stretched. */
export function squareFloats(rgba, width, height, side) {
  const columns = Uint32Array.from({ length: side }, (_, x) => 4 * mirrored(x, width));
  const floats = new Float32Array(3 * side * side);
  let place = 0;
  for (let y = 0; y < side; y++) {
    const row = 4 * width * mirrored(y, height);
    for (let x = 0; x < side; x++) {
      const from = row + columns[x];
      floats[place++] = rgba[from] / 255;
      floats[place++] = rgba[from + 1] / 255;
      floats[place++] = rgba[from + 2] / 255;
    }
  }
  return floats;
}

/** The upper left of such a square as RGBA bytes, which keep the alpha that `rgba` has. */
export function paintedBytes(floats, rgba, width, height, side) {
  const bytes = new Uint8ClampedArray(4 * width * height); // it rounds and clips
  for (let y = 0; y < height; y++) {
    let from = 3 * side * y;
    let place = 4 * width * y;
    for (let x = 0; x < width; x++) {
      bytes[place] = 255 * floats[from++];
      bytes[place + 1] = 255 * floats[from++];
      bytes[place + 2] = 255 * floats[from++];
      bytes[place + 3] = rgba[place + 3];
      place += 4;
    }
  }
  return bytes;
}

/** Peak signal-to-noise ratio of floats in [0, 1], in decibels; NaN if one holds a NaN. */
export function psnr(one, other) {
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += (one[i] - other[i]) ** 2;
  return -10 * Math.log10(sum / one.length + 1e-20);
}
