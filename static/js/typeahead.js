// Typeahead: makes a combobox (WAI-ARIA 1.2, list autocomplete) of a plain text field. Without JavaScript the field is what it is: a
// <textarea> with one name per line, or an <input> with one name.
//
// Contract with the server. The field's own value is what is submitted, always, with and without JavaScript:
//   European Commission [#12]     chosen: the id stands in "[#…]" at the end of the line
//   Office for Tomorrow           typed: the server resolves the name, or creates it where creating is allowed
// It reads the same lines back (a form shown again after an error), so nothing needs a second representation.
//
//   data-typeahead="URL"    GET URL?q=… answers {"items": [{"value": "12", "label": "DG CNECT", "detail": "European Commission",
//                           "hint": "3 in 12 months"}], "create": true}; "create": false withholds the offer to create
//   data-create="organisation"   what a new one is called; without it nothing is created
//   data-single             one value (an <input>)
//   data-include="bodies"   fields of the form whose values are sent along under their names
// Sends "crm:changed" from the field when its value changes, and reads it again on "crm:refilled".

const DELAY = 180; // milliseconds
const LINE = /^(.*?)\s*\[#([^\]\s]+)\]$/;
let serial = 0;

function make(tag, className, attributes = {}, ...content) {
  const element = document.createElement(tag);
  element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...content);
  return element;
}

function cross() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS("http://www.w3.org/2000/svg", "use"));
  svg.firstChild.setAttribute("href", `${document.body.dataset.icons}#close`);
  return svg;
}

function fold(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();
}

function parse(line) {
  const match = LINE.exec(line.trim());
  return match ? { label: match[1], value: match[2] } : { label: line.trim(), value: null };
}

function items(text) {
  return text.split(/\r?\n/).filter((line) => line.trim()).map(parse);
}

class Typeahead {
  constructor(source) {
    this.source = source;
    this.single = "single" in source.dataset;
    this.noun = source.dataset.create ?? "";
    this.options = [];
    this.active = -1;
    this.entered = false; // whether an arrow went into the list: the first one lands on its first row
    this.build(source);
    this.listen(source, this.input);
    this.reread();
  }

  build(source) {
    const id = source.id || `typeahead-${++serial}`;
    source.id = `${id}-lines`;
    this.box = make("div", "typeahead");
    this.chips = make("ul", "chips", { role: "list", "aria-label": "Chosen" });
    this.input = make("input", "typeahead__input", {
      type: "text", id, role: "combobox", autocomplete: "off", spellcheck: "false", dir: "auto",
      "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": `${id}-list`,
    });
    for (const name of ["aria-describedby", "aria-invalid", "aria-label", "placeholder"]) {
      if (source.hasAttribute(name)) this.input.setAttribute(name, source.getAttribute(name));
    }
    if (source.required) {
      source.required = false;
      this.input.setAttribute("aria-required", "true");
    }
    if (source.getAttribute("aria-invalid") === "true") this.box.classList.add("typeahead--bad");
    this.list = make("ul", "typeahead__options", { role: "listbox", id: `${id}-list`, "aria-label": "Suggestions" });
    this.note = make("p", "typeahead__note", {}, "Nothing found");
    this.popup = make("div", "typeahead__list", {}, this.list, this.note);
    this.popup.hidden = true;
    this.status = make("span", "visually-hidden", { role: "status" });
    this.box.append(this.chips, this.input, this.popup, this.status);
    source.after(this.box);
    if (source.autofocus || document.activeElement === source) this.input.focus();
    source.autofocus = false;
    source.hidden = true;
  }

  listen(source, input) {
    input.addEventListener("input", () => {
      this.sync();
      this.ask();
    });
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => this.close());
    input.addEventListener("paste", (event) => this.paste(event));
    this.box.addEventListener("pointerdown", (event) => {
      if (event.target.closest("button") || event.target === input) return;
      event.preventDefault(); // the focus stays in the field
      if (!event.target.closest(".typeahead__list")) input.focus();
    });
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose(Number(option.dataset.index));
    });
    this.chips.addEventListener("keydown", (event) => this.chipKey(event));
    source.addEventListener("crm:refilled", () => this.reread());
    source.form?.addEventListener("reset", () => setTimeout(() => this.reread()));
  }

  reread() {
    this.chosen = items(this.source.value);
    this.input.value = "";
    this.draw();
  }

  sync() {
    const pending = this.input.value.trim();
    const all = this.chosen.map(({ label, value }) => (value === null ? label : `${label} [#${value}]`));
    if (pending) all.push(pending);
    this.source.value = all.join("\n");
    this.source.dispatchEvent(new CustomEvent("crm:changed", { bubbles: true }));
  }

  chip({ label, value }, index) {
    const remove = make("button", "chip__remove", { type: "button", "aria-label": `Remove ${label}` }, cross());
    remove.addEventListener("click", () => this.remove(index));
    const text = make("span", "chip__text", { dir: "auto" }, label);
    if (value !== null || !this.noun) return make("li", "chip", {}, text, remove);
    return make("li", "chip chip--new", {}, text, make("span", "chip__new", {}, "new"), remove);
  }

  draw() {
    this.chips.replaceChildren(...this.chosen.map((item, index) => this.chip(item, index)));
    this.chips.hidden = this.chosen.length === 0;
    this.input.hidden = this.single && this.chosen.length > 0;
  }

  add(item) {
    const same = (other) => (item.value === null ? fold(other.label) === fold(item.label) : other.value === item.value);
    const known = this.chosen.some(same);
    if (!known) this.chosen.push({ label: item.label.replace(/\s+/g, " ").trim(), value: item.value });
    this.status.textContent = `${item.label} ${known ? "was already" : ""} chosen`;
  }

  remove(index) {
    this.status.textContent = `${this.chosen[index].label} removed`;
    this.chosen.splice(index, 1);
    this.draw();
    this.sync();
    this.input.focus();
  }

  choose(index) {
    const option = this.options[index];
    if (!option) return;
    this.input.value = "";
    this.add(option);
    this.close();
    this.draw();
    this.sync();
    if (this.input.hidden) this.chips.querySelector("button").focus();
    else this.input.focus();
  }

  async fetch(text, signal) {
    const url = new URL(this.source.dataset.typeahead, location.href);
    url.searchParams.set("q", text);
    const names = (this.source.dataset.include ?? "").split(/\s+/).filter(Boolean);
    for (const element of this.source.form?.elements ?? []) {
      if (!names.includes(element.name) || !element.value) continue;
      if (!["checkbox", "radio"].includes(element.type) || element.checked) url.searchParams.append(element.name, element.value);
    }
    const answer = await fetch(url, { signal });
    return answer.ok && !answer.redirected ? answer.json() : null;
  }

  ask() {
    clearTimeout(this.timer);
    this.controller?.abort();
    const text = this.input.value.trim();
    if (!text) return void this.close();
    this.timer = setTimeout(async () => {
      this.controller = new AbortController();
      try {
        const answer = await this.fetch(text, this.controller.signal);
        if (answer && this.input.value.trim() === text) this.offer(text, answer);
      } catch (error) {
        if (error.name !== "AbortError") this.status.textContent = "No suggestions: the server cannot be reached";
      }
    }, DELAY);
  }

  offer(text, { items: offered = [], create = true }) {
    this.offered = text;
    const found = offered.map(({ value, label, detail, hint }) => ({ value: String(value), label, detail, hint }));
    const known = found.some((item) => fold(item.label) === fold(text));
    this.options = this.noun && create && !known ? [...found, { value: null, label: text, creates: true }] : found;
    this.list.replaceChildren(...this.options.map((option, index) => this.option(option, index, text)));
    this.list.hidden = this.options.length === 0;
    this.note.hidden = !this.list.hidden;
    this.popup.hidden = document.activeElement !== this.input;
    this.input.setAttribute("aria-expanded", String(!this.popup.hidden && this.options.length > 0));
    this.status.textContent = found.length === 0 ? "Nothing found" : found.length === 1 ? "1 suggestion" : `${found.length} suggestions`;
    this.activate(this.options.length > 0 ? 0 : -1); // what Enter takes
    this.entered = false;
  }

  option({ label, hint, detail, creates }, index, text) {
    const row = make("li", "typeahead__option", { role: "option", id: `${this.list.id}-${index}`, "aria-selected": "false", "data-index": index });
    const name = make("span", "typeahead__label", { dir: "auto" });
    row.append(name);
    const at = label.toLowerCase().indexOf(text.toLowerCase());
    if (creates) {
      row.classList.add("typeahead__option--create");
      name.append(`Add “${label}” as a new ${this.noun}`);
    } else if (at === -1) name.append(label);
    else name.append(label.slice(0, at), make("mark", "", {}, label.slice(at, at + text.length)), label.slice(at + text.length));
    if (hint) row.append(make("span", "typeahead__hint", { dir: "auto" }, hint));
    if (detail) row.append(make("span", "typeahead__detail", { dir: "auto" }, detail));
    return row;
  }

  activate(index) {
    this.active = index;
    for (const [at, row] of [...this.list.children].entries()) {
      row.setAttribute("aria-selected", String(at === index));
      if (at === index) row.scrollIntoView({ block: "nearest" });
    }
    if (index === -1) this.input.removeAttribute("aria-activedescendant");
    else this.input.setAttribute("aria-activedescendant", `${this.list.id}-${index}`);
  }

  close() {
    clearTimeout(this.timer);
    this.controller?.abort();
    this.popup.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.activate(-1);
  }

  key(event) {
    const open = !this.popup.hidden;
    const count = this.options.length;
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault(); // Enter chooses; Ctrl+Enter or the button saves
      if (open && this.offered === this.input.value.trim()) this.choose(this.active); // never what an earlier text offered
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) this.ask();
      else if (count && event.key === "ArrowDown" && !this.entered) this.activate(0);
      else if (count) this.activate((this.active + (event.key === "ArrowDown" ? 1 : -1) + count) % count);
      this.entered = open && count > 0;
    } else if (event.key === "Escape") {
      if (open) {
        event.stopPropagation();
        this.close();
      } else if (this.input.value) {
        this.input.value = "";
        this.sync();
      }
    } else if (event.key === "Backspace" && !this.input.value && this.chosen.length > 0) {
      event.preventDefault();
      this.chips.lastElementChild.querySelector("button").focus();
    }
  }

  chipKey(event) {
    const buttons = [...this.chips.querySelectorAll("button")];
    const at = buttons.indexOf(event.target);
    if (event.key === "ArrowLeft") buttons[Math.max(at - 1, 0)].focus();
    else if (event.key === "ArrowRight") (buttons[at + 1] ?? this.input).focus();
    else if (event.key === "Backspace" || event.key === "Delete") this.remove(at);
    else return;
    event.preventDefault();
  }

  async paste(event) {
    const pasted = items(event.clipboardData?.getData("text/plain") ?? "");
    if (this.single || pasted.length < 2) return;
    event.preventDefault();
    for (const item of pasted) this.add(item);
    this.draw();
    this.sync();
    for (const item of this.chosen.filter(({ value }) => value === null)) {
      // What is not found stays as it was typed: the server resolves it when the form is sent.
      const answer = await this.fetch(item.label).catch(() => null);
      const same = answer?.items.find((found) => fold(found.label) === fold(item.label));
      if (same) Object.assign(item, { label: same.label, value: String(same.value) });
    }
    this.draw();
    this.sync();
  }
}

function enhance(root) {
  for (const source of root.querySelectorAll("[data-typeahead]:not([hidden])")) new Typeahead(source);
}

enhance(document);
document.addEventListener("htmx:load", (event) => enhance(event.detail.elt));
document.addEventListener("crm:added", (event) => enhance(event.target));
