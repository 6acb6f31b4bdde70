// Asks the worker: one picture at a time, and only the latest of those that wait.

export class Painter {
  constructor() {
    this.worker = new Worker(new URL("worker.js", import.meta.url));
    this.waiting = new Map();
    this.asked = 0;
    this.latest = null;
    this.running = null;
    this.worker.onmessage = ({ data: { id, result, error } }) => {
      const { resolve, reject } = this.waiting.get(id);
      this.waiting.delete(id);
      if (error === undefined) resolve(result);
      else reject(new Error(error));
    };
    this.worker.onerror = (event) => {
      for (const { reject } of this.waiting.values()) reject(new Error(event.message || "it stopped"));
      this.waiting.clear();
    };
  }

  #ask(task, values = {}, transferred = []) {
    const id = ++this.asked;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, task, ...values }, transferred);
    });
  }

  /**
   * What runs here: {gpu, threads, used, later}; `used` are the files that it took, `later` those
   * that would be better, once the service worker lets the page use threads. The models are
   * fetched, all of them, for later there may be others in their places.
   */
  start(urls) {
    return this.#ask("start", { urls });
  }

  /** A picture painted: {bytes, width, height, milliseconds, engine, remark}. The bitmap is used up. */
  paint(order) {
    return this.#ask("paint", order, [order.bitmap]);
  }

  /**
   * Paint by `make`, which gives an order when its turn comes, and show the result. Of several that
   * are asked for meanwhile, only the last is painted. When nothing is left to do, whether the last
   * one was.
   */
  request(make, show, fail) {
    this.latest = { make, show, fail };
    this.running ??= this.#run().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  async #run() {
    let good = false;
    while (this.latest) {
      const { make, show, fail } = this.latest;
      this.latest = null;
      try {
        const order = await make();
        good = order !== null;
        if (good) show(await this.paint(order));
      } catch (error) {
        good = false;
        fail(error);
      }
    }
    return good;
  }
}
