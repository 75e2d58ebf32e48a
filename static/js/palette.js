// The command palette: Ctrl+K (or Cmd+K) opens a dialog with a combobox (WAI-ARIA 1.2, list autocomplete). Records come
// from the server as somebody types ([data-suggest], JSON {"items": [{label, detail, hint, kind, url}], "url": results}),
// actions from the <template> of the dialog. Enter opens the chosen one; the last line opens the page of results.
const DELAY = 120; // milliseconds
const ACTIONS_SHOWN = 6;
const dialog = document.getElementById("palette");
const ICONS = { person: "people", organisation: "organisations", topic: "topics", engagement: "engagements" };

function make(tag, className, attributes = {}, ...content) {
  const element = document.createElement(tag);
  element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...content);
  return element;
}

function sign(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS("http://www.w3.org/2000/svg", "use"));
  svg.firstChild.setAttribute("href", `${document.body.dataset.icons}#${name}`);
  return svg;
}

function fold(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();
}

class Palette {
  constructor(root) {
    this.root = root;
    this.input = root.querySelector("[role=combobox]");
    this.list = root.querySelector("[role=listbox]");
    this.status = root.querySelector("[role=status]");
    this.actions = [...root.querySelector("template").content.querySelectorAll("li")].map((line) => ({
      label: line.textContent.trim(), url: line.dataset.url, icon: line.dataset.icon, detail: "", hint: "",
    }));
    this.input.addEventListener("input", () => this.ask());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("click", (event) => {
      const line = event.target.closest("[role=option]");
      if (line) this.open(Number(line.dataset.index), event.ctrlKey || event.metaKey);
    });
    root.addEventListener("click", (event) => {
      if (event.target === root) root.close(); // the backdrop
    });
    root.addEventListener("close", () => this.stop());
  }

  show() {
    if (this.root.open) return void this.input.select();
    document.querySelector("dialog[open]")?.close();
    this.root.showModal();
    this.input.select();
    this.ask();
  }

  stop() {
    clearTimeout(this.timer);
    this.controller?.abort();
  }

  matching(text) {
    const words = fold(text).split(/\s+/).filter(Boolean);
    const fits = ({ label }) => words.every((word) => ` ${fold(label)}`.includes(` ${word}`));
    return this.actions.filter(fits).slice(0, text ? ACTIONS_SHOWN : undefined);
  }

  ask() {
    this.stop();
    const text = this.input.value.trim();
    this.draw(text, [], null);
    if (!text) return;
    this.timer = setTimeout(async () => {
      this.controller = new AbortController();
      try {
        const url = new URL(this.root.dataset.suggest, location.href);
        url.searchParams.set("q", text);
        const answer = await fetch(url, { signal: this.controller.signal });
        if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
        const { items, url: results } = await answer.json();
        if (this.input.value.trim() === text) this.draw(text, items, results);
      } catch (error) {
        if (error.name !== "AbortError") this.status.textContent = "The server cannot be reached";
      }
    }, DELAY);
  }

  draw(text, found, results) {
    const records = found.map((item) => ({ ...item, icon: ICONS[item.kind] ?? item.kind }));
    this.options = [...records, ...this.matching(text)];
    if (text && results) this.options.push({ label: `Search everything for “${text}”`, url: results, icon: "search", detail: "", hint: "" });
    this.list.replaceChildren(...this.options.map((option, index) => this.line(option, index)));
    this.input.setAttribute("aria-expanded", String(this.options.length > 0));
    this.status.textContent = results ? (records.length === 1 ? "1 record" : `${records.length} records`) : "";
    this.activate(this.options.length > 0 ? 0 : -1);
  }

  line({ label, detail, hint, icon }, index) {
    const line = make("li", "palette__option", { role: "option", id: `palette-${index}`, "aria-selected": "false", "data-index": index });
    line.append(sign(icon), make("span", "palette__label", { dir: "auto" }, label));
    if (detail) line.append(make("span", "palette__detail", { dir: "auto" }, detail));
    if (hint) line.append(make("span", "palette__hint", {}, hint));
    return line;
  }

  activate(index) {
    this.active = index;
    for (const [at, line] of [...this.list.children].entries()) {
      line.setAttribute("aria-selected", String(at === index));
      if (at === index) line.scrollIntoView({ block: "nearest" });
    }
    if (index === -1) this.input.removeAttribute("aria-activedescendant");
    else this.input.setAttribute("aria-activedescendant", `palette-${index}`);
  }

  open(index, inNewTab) {
    const option = this.options[index];
    if (!option) return;
    if (inNewTab) window.open(option.url, "_blank", "noopener");
    else location.assign(option.url);
    this.root.close();
  }

  key(event) {
    const count = this.options.length;
    if (event.key === "Enter") this.open(this.active, event.ctrlKey || event.metaKey);
    else if (event.key === "ArrowDown" && count) this.activate((this.active + 1) % count);
    else if (event.key === "ArrowUp" && count) this.activate((this.active - 1 + count) % count);
    else return;
    event.preventDefault();
  }
}

if (dialog) {
  const palette = new Palette(dialog);
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    palette.show();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-palette-open]")) palette.show();
  });
}
