// The page: its controls, and what it tells.

import { keepOffline } from "./offline.js";
import { Painter } from "./painter.js";
import { Session } from "./session.js";
import { Styles } from "./styles.js";

const USUAL = 512; // pixels a side of a painting, where there is such a model
const STROKES = { 0: "fine", 50: "middle", 100: "large" }; // places of the slider that have a name
const find = (id) => document.getElementById(id);
const all = (selector) => document.querySelectorAll(selector);
const painter = new Painter();
let model, styles, runs, session;

// What is told

function tell(text) {
  find("status").textContent = text;
}

function fail(error) {
  find("error").textContent = error.message;
  find("error").hidden = false;
}

function clearError() {
  find("error").hidden = true;
}

function stopWith(message) {
  tell("");
  fail(new Error(message));
}

const page = {
  busy: (whether) => find("stage").setAttribute("aria-busy", String(whether)),
  reading: (name) => {
    clearError();
    tell(`Reading ${name || "the picture"}…`);
  },
  failed: (error) => {
    tell("");
    fail(error);
  },
  saved: (name) => tell(`Saved ${name}, ${find("after").width} × ${find("after").height}`),
  live(whether, cameras) {
    if (whether) clearError();
    find("flip").hidden = cameras < 2;
    for (const button of all(".camera")) button.setAttribute("aria-pressed", String(whether));
    // A screen reader could not follow.
    find("status").setAttribute("aria-live", whether ? "off" : "polite");
  },
  painted({ width, height, milliseconds, engine, remark, label }) {
    find("picture").style.setProperty("--aspect", width / height);
    find("picture").hidden = false;
    find("welcome").hidden = true;
    find("save").disabled = false;
    find("after").setAttribute("aria-label", `The painting: ${label.replaceAll("_", " ")}`);
    if (remark) {
      fail(new Error(remark));
      runs.gpu = false;
      find("engine").value = "auto";
    }
    const how = engine === "webgpu" ? "WebGPU" : runs.threads ? "WASM, threads" : "WASM";
    tell(`${width} × ${height} · ${Math.round(milliseconds)} ms · ${how}`);
    document.body.dataset.painted = String(Number(document.body.dataset.painted ?? 0) + 1);
  },
};

function wishes() {
  const size = find("size");
  const smallest = size.options[0].value; // pictures follow each other fast, unless one was chosen
  const chosen = find("engine").value;
  return {
    names: styles.names,
    shares: styles.shares,
    label: styles.label,
    file: styles.file,
    strength: find("strength").value / 100,
    stroke: model.stroke ? find("stroke").value / 100 : null,
    side: Number(size.value),
    liveSide: Number(size.dataset.chosen ? size.value : smallest),
    url: (side) => model.files[side],
    engine: chosen === "auto" ? (runs.gpu ? "webgpu" : "wasm") : chosen,
  };
}

// Controls

function paintAnew() {
  clearError();
  session.repaint();
}

function place(percent) {
  find("picture").style.setProperty("--divider", `${percent}%`);
}

function connectControls() {
  const { file, strength, stroke, divider, size } = Object.fromEntries(
    ["file", "strength", "stroke", "divider", "size"].map((id) => [id, find(id)]),
  );
  for (const button of all(".open")) button.addEventListener("click", () => file.click());
  for (const button of all(".camera")) {
    button.addEventListener("click", () => session.toggleCamera());
  }
  file.addEventListener("change", () => {
    if (file.files[0]) session.open(file.files[0]);
    file.value = ""; // or the same file could not be chosen again
  });
  find("flip").addEventListener("click", () => session.toggleCamera(true));
  find("save").addEventListener("click", () => session.save());
  find("example").addEventListener("click", () => session.open(example()));
  divider.addEventListener("input", () => place(divider.value));
  strength.addEventListener("input", () => {
    find("strength-value").textContent = `${strength.value} %`;
    paintAnew();
  });
  stroke.addEventListener("input", () => {
    const text = STROKES[stroke.value] ?? `${stroke.value} %`;
    find("stroke-value").textContent = text;
    stroke.setAttribute("aria-valuetext", text);
    paintAnew();
  });
  size.addEventListener("change", () => {
    size.dataset.chosen = "yes";
    paintAnew();
  });
  find("engine").addEventListener("change", paintAnew);
}

async function example() {
  const response = await fetch("model/example.png").catch(() => null);
  if (!response?.ok) throw new Error("The example cannot be loaded; choose a photo of your own.");
  return new File([await response.blob()], "example.png", { type: "image/png" });
}

function connectDropping() {
  const open = (files) => {
    if (files[0]) session.open(files[0]);
    else fail(new Error("That was no file; save the picture first, then drop it here."));
  };
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
    open(event.dataTransfer.files);
  });
  addEventListener("paste", (event) => open(event.clipboardData.files));
}

function connectKeys() {
  const keys = {
    o: () => find("file").click(),
    c: () => session.toggleCamera(),
    s: () => session.save(),
    m: () => model.styles.length > 1 && find("mix").click(),
    b: () => place(100),
  };
  const restore = () => place(find("divider").value);
  addEventListener("keydown", (event) => {
    const typing = /^(select|textarea)$/i.test(event.target.tagName);
    const other = event.ctrlKey || event.metaKey || event.altKey || event.repeat;
    if (find("keys").checked && !typing && !other) keys[event.key.toLowerCase()]?.();
  });
  addEventListener("keyup", ({ key }) => key.toLowerCase() === "b" && restore());
  addEventListener("blur", restore);
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

/** At once while there is nothing to lose, else by a button. */
function offerRenewal(load) {
  if (session.empty) load();
  find("renew").hidden = false;
  find("renew").onclick = load;
}

function offerSizes() {
  for (const side of Object.keys(model.files)) find("size").add(new Option(`${side} pixels`, side));
  const sides = [...find("size").options];
  (sides.findLast(({ value }) => value <= USUAL) ?? sides[0]).selected = true;
}

// The start

function lacking() {
  if (typeof WebAssembly !== "object") return "WebAssembly";
  if (typeof OffscreenCanvas !== "function") return "OffscreenCanvas";
  // One instruction of 128 bits.
  const simd = [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15,
    253, 98, 11,
  ];
  return WebAssembly.validate(new Uint8Array(simd)) ? null : "WebAssembly SIMD";
}

async function start() {
  find("stuck").remove();
  offerInstallation();
  const without = lacking();
  if (without) {
    const enough = "use Chrome, Edge, Firefox or Safari of 2023 or later.";
    return stopWith(`This browser has no ${without}; ${enough}`);
  }
  const response = await fetch("model/model.json").catch(() => null);
  if (!response?.ok) return stopWith("The model cannot be loaded; reload the page.");
  model = await response.json();
  session = new Session(painter, find("video"), find("before"), find("after"), wishes, page);
  styles = new Styles(model.styles, paintAnew);
  offerSizes();
  find("strokes").hidden = !model.stroke;
  find("licence").textContent = model.license ? `Network ${model.name}: ${model.license}.` : "";
  try {
    runs = await painter.start(Object.values(model.files));
  } catch (error) {
    return stopWith(`LiteRT cannot run here: ${error.message}`);
  }
  connectControls();
  connectDropping();
  connectKeys();
  find("engine").querySelector('[value="webgpu"]').disabled = !runs.gpu;
  for (const button of all("button:disabled:not(#save)")) button.disabled = false;
  tell(runs.gpu ? "Ready · WebGPU" : "Ready · no WebGPU here, so the processor paints");
  document.body.dataset.ready = "yes";
  try {
    await keepOffline(runs, model.litert, offerRenewal);
    find("kept").textContent = "Kept on this device: it works without a network.";
    document.body.dataset.offline = "yes";
  } catch (error) {
    find("kept").textContent = `It needs its network: ${error.message}.`;
  }
}

start();
