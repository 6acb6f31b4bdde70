// Installs the service worker and keeps what this browser runs of LiteRT beside it.

const THREADED = ["js", "wasm"].map((end) => `litert/wasm/litert_wasm_threaded_internal.${end}`);

/**
 * Keep the studio for times without a network. True when it is kept; false where that cannot be:
 * without service workers, or without a secure origin. `used` are files of LiteRT, of a version.
 */
export async function keepOffline(used, version) {
  if (!("serviceWorker" in navigator)) return false;
  await navigator.serviceWorker.register("service-worker.js");
  const { scope } = await navigator.serviceWorker.ready;
  const cache = await caches.open(`tfnst ${scope} litert ${version}`);
  // With threads it paints several times as fast, from the next visit on.
  const wanted = navigator.connection?.saveData ? used : [...new Set([...used, ...THREADED])];
  for (const file of wanted) {
    if (!(await cache.match(file))) await cache.add(file);
  }
  return true;
}
