// What is painted: a photo or the camera, shown as it was asked for, and saved as it is shown.

import { Camera } from "./camera.js";
import { fitted, rowWeights } from "./pixels.js";

const LARGEST = 8192; // long side of a photo that is kept, in pixels

/**
 * `wishes()` tells what is wanted now: {names, shares, label, file, strength, stroke, side, liveSide,
 * url(side), engine}; `stroke` is null where the model has one size of strokes. `page` is told what
 * happens: busy(whether), reading(name), painted(result), failed(error), live(whether, cameras),
 * saved(name).
 */
export class Session {
  constructor(painter, video, before, after, wishes, page) {
    Object.assign(this, { painter, before, after, wishes, page });
    this.camera = new Camera(video, () => {
      this.stopCamera(true);
      page.failed(new Error("The camera has stopped."));
    });
    this.photo = null; // {bitmap, name}
    this.opened = 0; // photos: the last one that was chosen is shown, however long it took
    this.asked = { canvas: document.createElement("canvas") }; // with name, label, file
    this.shown = null; // {name, file}
    this.done = Promise.resolve(false);
  }

  /** Whether there is nothing to paint. */
  get empty() {
    return !this.photo && !this.camera.wanted;
  }

  /** Open a file's picture; the file may be on its way yet. */
  async open(coming) {
    const mine = ++this.opened;
    let file, bitmap;
    try {
      this.page.reading(coming.name);
      file = await coming;
      bitmap = await decoded(file);
    } catch (error) {
      const failed = file ? unreadable(file) : error;
      if (mine === this.opened) this.page.failed(failed);
      return;
    }
    if (mine !== this.opened) return bitmap.close();
    this.stopCamera(false);
    await this.#replace({ bitmap, name: (file.name || "painting").replace(/\.[^.]*$/, "") });
  }

  async #replace(photo) {
    const old = this.photo;
    this.photo = photo;
    await this.repaint();
    old?.bitmap.close(); // not before: an earlier order may be made of it
  }

  /** Paint what is wanted now; whether it was, when nothing is left to do. */
  repaint() {
    if (this.empty) return Promise.resolve(false);
    this.page.busy(true);
    const request = this.painter.request(
      () => this.#order(),
      (result) => this.#show(result),
      (error) => this.#fail(error),
    );
    this.done = request.then((good) => {
      if (!this.painter.running) this.page.busy(false);
      return good;
    });
    return this.done;
  }

  /** The order of this moment, null for a camera that has not begun. */
  async #order() {
    const live = this.camera.wanted;
    if (live && !this.camera.on) return null;
    const wish = this.wishes();
    const side = live ? wish.liveSide : wish.side;
    const { video } = this.camera;
    const { bitmap: photo, name } = live ? { name: "camera" } : this.photo;
    const sizes = live ? [video.videoWidth, video.videoHeight] : [photo.width, photo.height];
    const [width, height] = fitted(...sizes, side);
    const bitmap = live
      ? this.camera.frame([width, height])
      : await shrunk(photo, width, height);
    draw(this.asked.canvas, bitmap, width, height);
    Object.assign(this.asked, { name, label: wish.label, file: wish.file });
    const weights = rowWeights(wish.names, wish.shares, wish.strength);
    const { stroke, engine } = wish;
    return { bitmap, weights, stroke, side, url: wish.url(side), engine };
  }

  #show(result) {
    const { bytes, width, height } = result;
    Object.assign(this.after, { width, height });
    this.after.getContext("2d").putImageData(new ImageData(bytes, width, height), 0, 0);
    const { canvas, name, label, file } = this.asked;
    draw(this.before, canvas, width, height);
    this.shown = { name, file };
    this.page.painted({ ...result, label });
    if (this.camera.wanted) requestAnimationFrame(() => this.repaint());
  }

  #fail(error) {
    const last = this.#lastFrame();
    this.stopCamera(false);
    if (last) this.photo = last;
    const memory = /memory|alloc|abort/i.test(error.message);
    const more = memory ? " Choose a smaller size in the settings." : "";
    const told = error.message.replace(/\.$/, "");
    this.page.failed(new Error(`It could not be painted: ${told}.${more}`));
  }

  /** Switch the camera on or off; `turn` it to the other side instead. */
  async toggleCamera(turn = false) {
    if (this.camera.wanted && !turn) return this.stopCamera(true);
    this.opened++; // a photo that is still being read comes too late
    const last = this.#lastFrame();
    const started = turn ? this.camera.turn() : this.camera.start();
    this.page.live(true, 0);
    try {
      const cameras = await started;
      if (cameras === null) return;
      this.page.live(true, cameras);
      await this.repaint();
    } catch (error) {
      this.page.live(false, 0);
      await (last ? this.#replace(last) : this.repaint());
      this.page.failed(error);
    }
  }

  /** Stop it, and paint its last picture as a photo if that is to be kept. */
  stopCamera(keep) {
    if (!this.camera.wanted) return;
    const last = keep ? this.#lastFrame() : null;
    this.camera.stop();
    this.page.live(false, 0);
    if (last) this.#replace(last);
    else if (keep) this.repaint();
  }

  /** What the camera shows, as a photo; null where it shows nothing. */
  #lastFrame() {
    if (!this.camera.on) return null;
    const { videoWidth, videoHeight } = this.camera.video;
    return { bitmap: this.camera.frame([videoWidth, videoHeight]), name: "camera" };
  }

  /** Download the painting that is wanted now; the camera's in full size, which stops it. */
  async save() {
    if (this.camera.wanted) {
      if (!this.camera.on) return;
      this.stopCamera(true);
    }
    let last;
    do {
      last = this.done;
      if (!(await last)) return;
    } while (last !== this.done);
    const name = `${this.shown.name}-${this.shown.file}.png`;
    const blob = await new Promise((resolve) => this.after.toBlob(resolve, "image/png"));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    this.page.saved(name);
  }
}

function unreadable(file) {
  const kind = /hei[cf]/i.test(file.type + file.name) ? "HEIC" : "This file";
  return new Error(`${kind} cannot be read by this browser; choose a JPEG, PNG or WebP picture.`);
}

async function decoded(file) {
  const options = { imageOrientation: "from-image", premultiplyAlpha: "none" };
  const bitmap = await createImageBitmap(file, options);
  const { width, height } = bitmap;
  if (Math.max(width, height) <= LARGEST) return bitmap;
  const smaller = await shrunk(bitmap, ...fitted(width, height, LARGEST));
  bitmap.close();
  return smaller;
}

function shrunk(bitmap, width, height) {
  const options = { premultiplyAlpha: "none", colorSpaceConversion: "none" };
  const same = bitmap.width === width && bitmap.height === height;
  const smaller = { resizeWidth: width, resizeHeight: height, resizeQuality: "high" };
  return createImageBitmap(bitmap, same ? options : { ...options, ...smaller });
}

function draw(canvas, bitmap, width, height) {
  Object.assign(canvas, { width, height });
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
}
