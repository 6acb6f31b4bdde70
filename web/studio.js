// The page: a photo or the camera in, styles and strength chosen, the painting shown and saved.

import { Camera } from "./camera.js";
import { keepOffline } from "./offline.js";
import { Painter } from "./painter.js";
import { fitted, rowWeights } from "./pixels.js";
import { Styles } from "./styles.js";

const LARGEST = 8192; // long side of a photo that is kept, in pixels
const find = (id) => document.getElementById(id);
const before = find("before");
const after = find("after");
const painter = new Painter();
const camera = new Camera(find("video"));
let model, styles, runs;
const asked = { canvas: document.createElement("canvas"), live: false }; // what is being painted
let photo = null; // an ImageBitmap
let photoName = "painting"; // of its file, without its ending
let saveNext = false; // a picture of the camera, once it is painted in full size

// What is told

function tell(text) {
  find("status").textContent = text;
}

function fail(error) {
  find("error").textContent = error.message ?? String(error);
  find("error").hidden = false;
}

function clearError() {
  find("error").hidden = true;
}

function lacking() {
  if (typeof WebAssembly !== "object") return "WebAssembly";
  if (typeof OffscreenCanvas !== "function") return "OffscreenCanvas";
  // One instruction of 128 bits.
  const simd = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65,
    0, 253, 15, 253, 98, 11];
  return WebAssembly.validate(new Uint8Array(simd)) ? null : "WebAssembly SIMD";
}

// Painting

function engine() {
  const chosen = find("engine").value;
  return chosen === "auto" ? (runs.gpu ? "webgpu" : "wasm") : chosen;
}

/** What the painter wants of the picture as it is when its turn comes. */
async function order() {
  const side = camera.on ? liveSide() : Number(find("size").value);
  const source = camera.on ? [camera.video.videoWidth, camera.video.videoHeight] : sizeOf(photo);
  if (!source[0]) return null; // a camera that has not begun
  const [width, height] = fitted(...source, side);
  const bitmap = camera.on
    ? camera.frame([width, height])
    : await shrunk(photo, width, height);
  asked.live = camera.on;
  draw(asked.canvas, bitmap, width, height);
  const weights = rowWeights(styles.names, styles.shares, find("strength").value / 100);
  return { bitmap, weights, side, url: model.files[side], engine: engine() };
}

const sizeOf = (bitmap) => (bitmap ? [bitmap.width, bitmap.height] : [0, 0]);

/** The size in settings, once one was chosen by hand; else the smallest, as pictures follow fast. */
function liveSide() {
  const select = find("size");
  return Number(select.dataset.chosen ? select.value : select.options[0].value);
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

function show({ bytes, width, height, milliseconds, engine: used, remark }) {
  Object.assign(after, { width, height });
  after.getContext("2d").putImageData(new ImageData(bytes, width, height), 0, 0);
  draw(before, asked.canvas, width, height);
  find("picture").style.setProperty("--aspect", width / height);
  find("picture").hidden = false;
  find("welcome").hidden = true;
  find("save").disabled = false;
  after.setAttribute("aria-label", `The painting: ${styles.label.replaceAll("_", " ")}`);
  if (remark) {
    fail({ message: remark });
    runs.gpu = false;
    find("engine").value = "auto";
  }
  const how = used === "webgpu" ? "WebGPU" : runs.threads ? "WASM, threads" : "WASM";
  tell(`${width} × ${height} · ${Math.round(milliseconds)} ms · ${how}`);
  document.body.dataset.painted = String(Number(document.body.dataset.painted ?? 0) + 1);
  if (camera.on) requestAnimationFrame(repaint);
  if (saveNext && !asked.live) save();
}

async function repaint() {
  if (!runs || !(photo || camera.on)) return;
  find("stage").setAttribute("aria-busy", "true");
  const done = await painter.request(order, show, (error) => {
    const memory = /memory|alloc|abort/i.test(error.message);
    const more = memory ? " Choose a smaller size in the settings." : "";
    fail({ message: `It could not be painted: ${error.message}.${more}` });
    stopCamera(false);
  });
  if (done) find("stage").setAttribute("aria-busy", "false");
}

// Where pictures come from

async function openPhoto(file) {
  clearError();
  if (!file) return;
  try {
    const options = { imageOrientation: "from-image", premultiplyAlpha: "none" };
    let bitmap = await createImageBitmap(file, options);
    if (Math.max(...sizeOf(bitmap)) > LARGEST) {
      bitmap = await shrunk(bitmap, ...fitted(...sizeOf(bitmap), LARGEST));
    }
    stopCamera(false);
    photo?.close();
    photo = bitmap;
    photoName = (file.name ?? "painting").replace(/\.[^.]*$/, "");
  } catch {
    const kind = /hei[cf]/i.test(file.type + file.name) ? "HEIC" : "This file";
    fail({ message: `${kind} cannot be read by this browser; choose a JPEG, PNG or WebP picture.` });
    return;
  }
  repaint();
}

async function toggleCamera(action = "start") {
  clearError();
  if (camera.on && action === "start") return stopCamera(true);
  try {
    find("flip").hidden = (await camera[action]()) < 2;
  } catch (error) {
    stopCamera(false);
    fail(error);
    return;
  }
  for (const button of document.querySelectorAll(".camera")) {
    button.setAttribute("aria-pressed", "true");
  }
  photoName = "camera";
  repaint();
}

/** Stop it, and paint its last picture as a photo if that is to be kept. */
function stopCamera(keep) {
  if (!camera.on) return;
  const size = [camera.video.videoWidth, camera.video.videoHeight];
  if (keep && size[0]) {
    photo?.close();
    photo = camera.frame(size);
  }
  camera.stop();
  find("flip").hidden = true;
  for (const button of document.querySelectorAll(".camera")) {
    button.setAttribute("aria-pressed", "false");
  }
  if (keep) repaint();
}

function save() {
  if (find("save").disabled) return;
  saveNext = camera.on; // what is live is small: stop, and paint it in full size first
  if (camera.on) return stopCamera(true);
  const name = `${photoName}-${styles.label}.png`;
  after.toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    tell(`Saved ${name}, ${after.width} × ${after.height}`);
  }, "image/png");
}

// Controls

function place(percent) {
  find("picture").style.setProperty("--divider", `${percent}%`);
}

function connectControls() {
  const { file, strength, divider, size } = Object.fromEntries(
    ["file", "strength", "divider", "size"].map((id) => [id, find(id)]),
  );
  for (const button of document.querySelectorAll(".open")) {
    button.addEventListener("click", () => file.click());
  }
  for (const button of document.querySelectorAll(".camera")) {
    button.addEventListener("click", () => toggleCamera());
  }
  file.addEventListener("change", () => {
    openPhoto(file.files[0]);
    file.value = ""; // or the same file could not be chosen again
  });
  find("flip").addEventListener("click", () => toggleCamera("turn"));
  find("save").addEventListener("click", save);
  find("example").addEventListener("click", openExample);
  divider.addEventListener("input", () => place(divider.value));
  strength.addEventListener("input", () => {
    find("strength-value").textContent = `${strength.value} %`;
    repaint();
  });
  size.addEventListener("change", () => {
    size.dataset.chosen = "yes";
    repaint();
  });
  find("engine").addEventListener("change", () => {
    clearError();
    repaint();
  });
  connectDropping();
  connectKeys();
}

async function openExample() {
  try {
    const response = await fetch("model/example.png");
    openPhoto(new File([await response.blob()], "example.png", { type: "image/png" }));
  } catch {
    fail({ message: "The example cannot be loaded; choose a photo of your own." });
  }
}

function connectDropping() {
  addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("dragging");
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("dragging");
  });
  addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("dragging");
    openPhoto(event.dataTransfer.files[0]);
  });
  addEventListener("paste", (event) => openPhoto(event.clipboardData.files[0]));
}

function connectKeys() {
  const keys = {
    o: () => find("file").click(),
    c: () => toggleCamera(),
    s: save,
    m: () => find("mix").click(),
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.key === " " && event.target === document.body) {
      event.preventDefault();
      place(100);
    } else if (!/^(select|textarea)$/i.test(event.target.tagName)) {
      keys[event.key.toLowerCase()]?.();
    }
  });
  addEventListener("keyup", (event) => {
    if (event.key === " " && event.target === document.body) place(find("divider").value);
  });
}

function offerInstallation() {
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    find("install").hidden = false;
    find("install").onclick = () => {
      find("install").hidden = true;
      event.prompt();
    };
  });
}

function offerSizes() {
  for (const side of Object.keys(model.files)) {
    find("size").add(new Option(`${side} pixels`, side));
  }
  const sides = find("size").options;
  sides[sides.length - 1].selected = true;
}

async function start() {
  offerInstallation();
  const without = lacking();
  if (without) {
    tell("");
    fail({ message: `This browser has no ${without}; use Chrome, Edge, Firefox or Safari of 2023 or later.` });
    return;
  }
  try {
    model = await (await fetch("model/model.json")).json();
  } catch {
    tell("");
    fail({ message: "The model cannot be loaded; open the page from a server, as tfnst studio does." });
    return;
  }
  styles = new Styles(model.styles, repaint);
  offerSizes();
  find("licence").textContent = model.license ? `Network ${model.name}: ${model.license}.` : "";
  connectControls();
  try {
    runs = await painter.start();
  } catch (error) {
    tell("");
    fail({ message: `LiteRT cannot run here: ${error.message}` });
    return;
  }
  find("engine").querySelector('[value="webgpu"]').disabled = !runs.gpu;
  for (const button of document.querySelectorAll("button:disabled:not(#save)")) {
    button.disabled = false;
  }
  tell(runs.gpu ? "Ready · WebGPU" : "Ready · no WebGPU here, so the processor paints");
  document.body.dataset.ready = "yes";
  repaint();
  try {
    if (await keepOffline(runs, model.litert)) document.body.dataset.offline = "yes";
  } catch (error) {
    console.warn("not kept for times without a network:", error);
  }
}

start();
