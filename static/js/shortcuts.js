// Single keys. [data-shortcut="l"] on a link or button follows it, on a text field moves the focus there; "g" and then a
// letter follows [data-go="h"]; "?" opens the list of keys. They work everywhere only while the member has them switched
// on (WCAG 2.1.4): the server says so in <html data-shortcuts="off">, the switch is in the list of keys.
const AWAIT = 1200; // milliseconds between "g" and its letter

function typing(target) {
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

const list = document.getElementById("shortcuts");
let goUntil = 0;

function follow(target, event) {
  if (!target) return;
  if (typing(target)) target.focus();
  else target.click();
  event.preventDefault();
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (document.documentElement.dataset.shortcuts === "off" || document.querySelector("dialog[open]")) return;
  const isGo = performance.now() < goUntil;
  goUntil = 0;
  if (isGo) {
    follow(document.querySelector(`[data-go="${CSS.escape(event.key)}"]`), event);
  } else if (event.key === "g") {
    goUntil = performance.now() + AWAIT;
  } else if (event.key === "?" && list) {
    list.showModal();
    event.preventDefault();
  } else {
    follow(document.querySelector(`[data-shortcut="${CSS.escape(event.key)}"]`), event);
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-shortcuts-help]")) list?.showModal();
});
