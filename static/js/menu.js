// Menus on <details class="menu">: close on Escape, on a click elsewhere, when the focus leaves, when another opens.
// Also unhides what only works with JavaScript ([data-needs-js]), removes what is only said without it ([data-no-js]),
// and moves the focus to an error summary ([data-focus]).

function opened() {
  return document.querySelectorAll("details.menu[open]");
}

document.addEventListener("click", (event) => {
  for (const menu of opened()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of opened()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

document.addEventListener("focusin", (event) => {
  for (const menu of opened()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const menu = event.target.closest?.("details.menu");
  if (!menu?.open) return;
  const items = [...menu.querySelectorAll(".menu__item")].filter((item) => item.offsetParent !== null);
  if (items.length === 0) return;
  const at = items.indexOf(document.activeElement);
  const step = event.key === "ArrowDown" ? 1 : -1;
  items[(at + step + items.length) % items.length].focus();
  event.preventDefault();
});

function enhance(root) {
  for (const element of root.querySelectorAll("[data-needs-js]")) element.hidden = false;
  for (const element of root.querySelectorAll("[data-no-js]")) element.hidden = true;
}

enhance(document);
document.addEventListener("htmx:load", (event) => enhance(event.detail.elt));
document.querySelector("[data-focus]")?.focus();
