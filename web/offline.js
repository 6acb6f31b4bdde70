// Installs the service worker, keeps what this browser runs of LiteRT, and brings new versions.

/** Keep files in the cache of LiteRT's version, which outlives the page's own. */
async function keepRuntime(files, scope, version) {
  const cache = await caches.open(`tfnst ${scope} litert ${version}`);
  for (const file of files) {
    if (!(await cache.match(file))) await cache.add(file);
  }
}

/** When a worker is installed; an Error if it never will be. */
function installed(worker) {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (worker.state === "redundant") reject(new Error("its files could not be kept"));
      else if (worker.state !== "installing") resolve();
    };
    worker.addEventListener("statechange", look);
    look();
  });
}

/**
 * Keep the studio for times without a network. An Error says why it cannot be.
 *
 * `used` and `later` are files of LiteRT, of a version; those for later are left out where data are to
 * be saved. `renewed` is called, with a function that loads it, when another version of the studio is
 * ready: the page goes on with its own until then.
 */
export async function keepOffline({ used, later }, version, renewed) {
  if (!("serviceWorker" in navigator)) throw new Error("this browser, or this address, keeps nothing");
  const before = navigator.serviceWorker.controller;
  const registration = await navigator.serviceWorker.register("service-worker.js", {
    updateViaCache: "none",
  });
  const offer = (worker) => renewed(() => takeOver(worker));
  if (before && registration.waiting) offer(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const worker = registration.installing;
    if (before) installed(worker).then(() => offer(worker), () => {});
  });
  const worker = registration.active ?? registration.waiting ?? registration.installing;
  await installed(worker);
  const { scope } = await navigator.serviceWorker.ready;
  const saving = navigator.connection?.saveData;
  await keepRuntime(saving ? used : [...used, ...later], scope, version);
}

function takeOver(worker) {
  if (worker.state === "activated") return location.reload(); // another tab was first
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload());
  worker.postMessage("take over");
}
