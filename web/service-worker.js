// Keeps the studio on the device: all but LiteRT's own code at once, that when it is first used.
"use strict";

const OURS = `tfnst ${self.registration.scope} `; // other studios may share the origin
const CACHE = `${OURS}@VERSION@`;
const RUNTIME = `${OURS}litert @LITERT@`;
const FILES = @FILES@;
const THREADED = "litert/wasm/litert_wasm_threaded_internal.wasm";

self.addEventListener("install", (event) => {
  const fresh = FILES.map((file) => new Request(file, { cache: "no-cache" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(fresh)));
});

// A page goes on with what it has read into memory, until it asks for the new files.
self.addEventListener("message", ({ data }) => {
  if (data === "take over") self.skipWaiting();
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith(OURS) && name !== CACHE && name !== RUNTIME;
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== self.location.origin) return;
  event.respondWith(answer(request));
});

async function answer(request) {
  const [files, runtime] = await Promise.all([caches.open(CACHE), caches.open(RUNTIME)]);
  const { scope } = self.registration;
  const home = request.url.split(/[?#]/)[0] === scope;
  const key = home ? "./" : request;
  const kept = (await files.match(key, { ignoreSearch: true })) ?? (await runtime.match(key));
  const response = kept ?? (await fetch(request));
  return (await runtime.match(THREADED)) ? isolated(response) : response;
}

// Threads want a page that no other site shares a process with. A static host does not say so.
function isolated(response) {
  if (response.status === 0) return response; // a redirect, which nobody may look into
  const headers = new Headers(response.headers);
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  headers.set("Cross-Origin-Resource-Policy", "same-origin");
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}
