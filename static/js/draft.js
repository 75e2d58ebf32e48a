// What was typed into form[data-draft="key"] is kept in this tab (sessionStorage) until it is saved, so that an expired session, a lost
// connection or a closed page costs nothing. Never kept: passwords, files, the token, [data-no-draft]. Hidden fields are kept, so a draft
// comes back with the version it was begun on (a conflict is noticed) and with its idempotency key (nothing is saved twice).
//
// A submitted draft is dropped when the next page says that it was saved: [data-saved], which every flash of success carries.
// body[data-drafts="drop"], or submitting form[data-sign-out], drops all of them. body[data-member] says whose they are; pages that belong
// to nobody (sign-in, errors) have body[data-drafts="keep"]. form[data-errors] shows what was typed by itself.
const PREFIX = "antechamber:draft:";
const DELAY = 400;

function store() {
  try {
    return window.sessionStorage;
  } catch {
    return null; // refused by the browser: no drafts then
  }
}

function keys() {
  const all = store();
  if (!all) return [];
  return Array.from({ length: all.length }, (_, i) => all.key(i)).filter((key) => key.startsWith(PREFIX));
}

function read(key) {
  try {
    return JSON.parse(store()?.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

function write(key, draft) {
  try {
    store()?.setItem(key, JSON.stringify(draft));
  } catch {
    // full or refused: the form works without
  }
}

function dropAll() {
  for (const key of keys()) store().removeItem(key);
}

function kept(element) {
  return (
    element.name &&
    element.name !== "csrf_token" &&
    !["password", "file", "submit", "button", "fieldset", "output"].includes(element.type) &&
    !element.closest("[data-no-draft]")
  );
}

function values(form, typedOnly = false) {
  const pairs = [];
  for (const element of form.elements) {
    if (!kept(element) || (typedOnly && element.type === "hidden")) continue;
    if (element.type === "checkbox" || element.type === "radio") {
      if (element.checked) pairs.push([element.name, element.value]);
    } else if (element.type === "select-multiple") {
      for (const option of element.selectedOptions) pairs.push([element.name, option.value]);
    } else pairs.push([element.name, element.value]);
  }
  return pairs;
}

function fill(form, pairs) {
  const wanted = new Map();
  for (const [name, value] of pairs) wanted.set(name, [...(wanted.get(name) ?? []), value]);
  form.dispatchEvent(new CustomEvent("crm:need-rows", { detail: { names: [...wanted.keys()] } }));
  for (const element of form.elements) {
    if (!kept(element)) continue;
    const mine = wanted.get(element.name) ?? [];
    if (element.type === "checkbox" || element.type === "radio") element.checked = mine.includes(element.value);
    else if (element.type === "select-multiple") for (const option of element.options) option.selected = mine.includes(option.value);
    else if (mine.length > 0) element.value = mine.shift();
    element.dispatchEvent(new CustomEvent("crm:refilled", { bubbles: true }));
  }
}

function notice(form, draft, restore) {
  const box = document.createElement("div");
  box.className = "notice notice--info";
  box.setAttribute("role", "status");
  const body = document.createElement("div");
  body.className = "notice__body";
  const at = new Date(draft.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  body.textContent = `What you had typed at ${at} was not saved. It is back in the form.`;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link-button";
  button.textContent = "Start afresh";
  button.addEventListener("click", restore);
  box.append(body, button);
  form.prepend(box);
}

function enhance(form) {
  const key = PREFIX + form.dataset.draft;
  const member = document.body.dataset.member ?? "";
  const draft = read(key);
  if (draft && !("errors" in form.dataset) && draft.member === member && draft.typed !== JSON.stringify(values(form, true))) {
    fill(form, draft.pairs);
    form.dispatchEvent(new CustomEvent("crm:changed", { bubbles: true }));
    notice(form, draft, () => {
      store().removeItem(key);
      form.dispatchEvent(new CustomEvent("crm:saved", { bubbles: true }));
      location.reload();
    });
  }
  const snapshot = (submitted) => ({
    at: Date.now(),
    member,
    submitted,
    pairs: values(form),
    typed: JSON.stringify(values(form, true)),
  });
  let timer = 0;
  const keep = () => {
    clearTimeout(timer);
    timer = setTimeout(() => write(key, snapshot(false)), DELAY);
  };
  for (const name of ["input", "change", "crm:changed"]) form.addEventListener(name, keep);
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    clearTimeout(timer);
    write(key, snapshot(true));
  });
}

function start() {
  const policy = document.body.dataset.drafts;
  if (policy === "drop") dropAll();
  const member = document.body.dataset.member ?? "";
  const saved = document.querySelector("[data-saved]") !== null;
  for (const key of keys()) {
    const draft = read(key);
    if (!draft || (policy !== "keep" && draft.member !== member) || (draft.submitted && saved)) store().removeItem(key);
    else if (draft.submitted) write(key, { ...draft, submitted: false }); // not saved: an ordinary draft again
  }
  for (const form of document.querySelectorAll("form[data-draft]")) enhance(form);
}

document.addEventListener("submit", (event) => {
  if (event.target.matches("form[data-sign-out]")) dropAll();
});

start();
