// Installs the service worker and keeps what this browser runs of LiteRT beside it.

/**
 * Keep the studio for times without a network. True when it is kept; false where that cannot be:
 * without service workers, or without a secure origin. `used` and `later` are files of LiteRT, of a
 * version; those for later are left out where data are to be saved.
 */
export async function keepOffline({ used, later }, version) {
  if (!("serviceWorker" in navigator)) return false;
  await navigator.serviceWorker.register("service-worker.js");
  const { scope } = await navigator.serviceWorker.ready;
  const cache = await caches.open(`tfnst ${scope} litert ${version}`);
  for (const file of navigator.connection?.saveData ? used : [...used, ...later]) {
    if (!(await cache.match(file))) await cache.add(file);
  }
  return true;
}
