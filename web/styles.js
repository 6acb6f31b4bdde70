// The styles to choose from: thumbnails, and sliders for the shares of a mixture.

const title = (name) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");

/** Which styles are chosen, with which shares; calls `changed` when that changes. */
export class Styles {
  constructor(known, changed) {
    this.known = known;
    this.changed = changed;
    this.names = known.map(({ name }) => name);
    this.files = Object.fromEntries(known.map(({ name, file }) => [name, file]));
    this.shares = { [this.names[0]]: 1 };
    this.list = document.getElementById("styles");
    this.mix = document.getElementById("mix");
    this.buttons = known.map((style) => this.#button(style));
    this.list.append(...this.buttons);
    this.list.addEventListener("keydown", (event) => this.#move(event));
    this.mix.addEventListener("change", () => this.#mixSwitched());
    document.querySelector("label.switch").hidden = known.length < 2;
    this.#render();
  }

  /** The styles that have shares, the largest first. */
  get chosen() {
    const having = Object.entries(this.shares).filter(([, share]) => share > 0);
    return having.sort(([, a], [, b]) => b - a).map(([name]) => name);
  }

  /** What they are called together. */
  get label() {
    return this.chosen.join("+") || "photo";
  }

  /** The same, for the name of a file. */
  get file() {
    return this.chosen.map((name) => this.files[name]).join("+") || "photo";
  }

  #button({ name, file, title: work, artist }) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.style = name;
    const image = document.createElement("img");
    const src = `model/thumbnails/${file}.jpg`;
    Object.assign(image, { src, alt: "", width: 128, height: 128 });
    const label = document.createElement("span");
    label.textContent = title(name);
    button.append(image, label);
    if (work) button.title = `${artist}: ${work}`;
    button.addEventListener("click", () => this.#pick(name));
    return button;
  }

  #pick(name) {
    if (!this.mix.checked) this.shares = { [name]: 1 };
    else if (!Object.hasOwn(this.shares, name)) this.shares = { ...this.shares, [name]: 0.5 };
    else if (Object.keys(this.shares).length > 1) {
      const { [name]: _, ...others } = this.shares;
      this.shares = others;
    }
    this.#render();
    this.changed();
  }

  #mixSwitched() {
    if (!this.mix.checked) {
      this.shares = { [this.chosen[0] ?? this.names[0]]: 1 };
      this.changed();
    }
    this.#render();
  }

  /** Arrow keys, Home and End, as in a grid. */
  #move(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const found = getComputedStyle(this.list).gridTemplateColumns.split(" ").length;
    const columns = found < this.buttons.length ? found : 1; // a single row that scrolls
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
    const last = this.buttons.length - 1;
    const place = this.buttons.indexOf(document.activeElement);
    let next;
    if (event.key in steps) next = Math.min(last, Math.max(0, place + steps[event.key]));
    else if (event.key === "Home") next = 0;
    else if (event.key === "End") next = last;
    if (next === undefined || place < 0) return;
    event.preventDefault();
    this.buttons[next].focus();
  }

  #render() {
    const chosen = Object.keys(this.shares);
    const stop = document.activeElement?.dataset?.style ?? chosen[0];
    for (const button of this.buttons) {
      const { style } = button.dataset;
      button.setAttribute("aria-pressed", String(Object.hasOwn(this.shares, style)));
      button.tabIndex = style === stop ? 0 : -1; // one stop of the Tab key for all
    }
    document.getElementById("mixture").hidden = !this.mix.checked;
    document.getElementById("shares").replaceChildren(...chosen.map((name) => this.#slider(name)));
    const works = this.known.filter(({ name, title: work }) => Object.hasOwn(this.shares, name) && work);
    const told = works.map((one) => `${one.artist}, ${one.title}, ${one.year}`);
    document.getElementById("about").textContent = told.join(" · ");
    this.#tellShares();
  }

  #slider(name) {
    const label = document.createElement("label");
    label.className = "slider";
    const text = document.createElement("span");
    text.textContent = title(name);
    const input = document.createElement("input");
    const value = Math.round(100 * this.shares[name]);
    Object.assign(input, { type: "range", min: 0, max: 100, value });
    input.dataset.share = name;
    const output = document.createElement("output");
    output.dataset.of = name;
    label.append(text, input, output);
    input.addEventListener("input", () => {
      this.shares = { ...this.shares, [name]: Number(input.value) / 100 };
      this.#tellShares();
      this.changed();
    });
    return label;
  }

  #tellShares() {
    const sum = Object.values(this.shares).reduce((a, b) => a + b, 0);
    for (const output of document.querySelectorAll("#shares output")) {
      const share = sum > 0 ? this.shares[output.dataset.of] / sum : 0;
      output.textContent = `${Math.round(100 * share)} %`;
    }
  }
}
