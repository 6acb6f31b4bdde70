// The network, off the page's thread: LiteRT.js, its models, and one picture after the other.
// A classic worker, not a module: LiteRT.js loads its own code by importScripts.
"use strict";

const LEAST = 30; // decibels between WebGPU and WASM: less is a driver that computes wrongly
const here = (path) => new URL(path, self.location.href).href;
const files = new Map(); // a model's address → its bytes to come, null if it cannot be had
const models = new Map(); // "webgpu 512" → {model, checked}
let litert, pixels, threads;

async function start({ urls }) {
  for (const url of urls) files.set(url, fetched(url));
  pixels = await import(here("pixels.js"));
  litert = await import(here("litert/index.js"));
  const relaxed = await litert.supportsFeature("relaxedSimd");
  threads = self.crossOriginIsolated && relaxed;
  const used = runtime(relaxed ? (threads ? "_threaded" : "") : "_compat");
  // Emscripten takes this worker's file for its own: it would look for the rest beside it, and start
  // its threads with it.
  self.Module = {
    locateFile: (file) => here(`litert/wasm/${file}`),
    mainScriptUrlOrBlob: here(used[0]),
  };
  await litert.loadLiteRt(here("litert/wasm/"), { threads });
  const gpu = litert.getDefaultEnvironment().webGpuDevice !== null;
  const later = relaxed && !threads ? runtime("_threaded") : [];
  return { gpu: gpu && !(await isSlowGpu()), threads, used, later };
}

const runtime = (kind) => ["js", "wasm"].map((end) => `litert/wasm/litert_wasm${kind}_internal.${end}`);

async function isSlowGpu() {
  const adapter = await navigator.gpu.requestAdapter();
  return !adapter || (adapter.info?.isFallbackAdapter ?? adapter.isFallbackAdapter ?? false);
}

async function compiled(engine, side, url) {
  const key = `${engine} ${side}`;
  if (!models.has(key)) {
    // Sums over a whole picture overflow at half precision.
    const options = { accelerator: engine, gpuOptions: { precision: "fp32" } };
    const bytes = await files.get(url);
    if (bytes === null) throw new Error("the model cannot be loaded; reload the page");
    const model = await litert.loadAndCompile(bytes.slice(), options);
    if (engine === "webgpu" && !model.isFullyAccelerated) throw new Error("not all of it runs there");
    models.set(key, { model, checked: engine !== "webgpu" });
  }
  return models.get(key);
}

async function fetched(url) {
  const response = await fetch(here(url)).catch(() => null);
  return response?.ok ? new Uint8Array(await response.arrayBuffer()) : null;
}

async function pass(model, { floats, weights, stroke, side }) {
  const inputs = {
    image: new litert.Tensor(floats, [1, side, side, 3]),
    style_weights: new litert.Tensor(weights, [1, weights.length]),
  };
  if (stroke !== null) inputs.stroke = new litert.Tensor(Float32Array.of(stroke), [1, 1]);
  try {
    const { stylized } = await model.run(inputs);
    const answer = await stylized.moveTo("wasm");
    try {
      return answer.toTypedArray().slice(); // a view of memory that delete() frees
    } finally {
      answer.delete();
    }
  } finally {
    for (const tensor of Object.values(inputs)) tensor.delete();
  }
}

async function paint({ bitmap, weights, stroke, side, url, engine }) {
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const rgba = context.getImageData(0, 0, width, height).data;
  const floats = pixels.squareFloats(rgba, width, height, side);
  let remark, took;
  async function on(where) {
    const entry = await compiled(where, side, url);
    const began = performance.now();
    const answer = await pass(entry.model, { floats, weights, stroke, side });
    took = performance.now() - began;
    return { entry, answer };
  }
  let result;
  if (engine === "webgpu") {
    try {
      result = await on("webgpu");
      if (!result.entry.checked) {
        const gpuTook = took;
        const { answer } = await on("wasm");
        if (!(pixels.psnr(result.answer, answer) >= LEAST)) throw new Error("it computes wrongly");
        result.entry.checked = true;
        took = gpuTook;
      }
    } catch (error) {
      remark = `WebGPU failed here (${firstLine(error)}); the processor paints instead.`;
      engine = "wasm";
      result = undefined;
    }
  }
  result ??= await on(engine);
  const bytes = pixels.paintedBytes(result.answer, rgba, width, height, side);
  return { bytes, width, height, milliseconds: took, engine, remark };
}

const firstLine = (error) => String(error?.message ?? error).split("\n")[0];
const tasks = { start, paint };

self.onmessage = async ({ data: { id, task, ...values } }) => {
  try {
    const result = await tasks[task](values);
    self.postMessage({ id, result }, result.bytes ? [result.bytes.buffer] : []);
  } catch (error) {
    self.postMessage({ id, error: firstLine(error) });
  }
};
