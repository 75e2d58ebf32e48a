// Single keys. [data-shortcut="l"] on a link or button follows it, on a text field moves the focus there; "?" opens the list.
// They work everywhere only while switched on (WCAG 2.1.4): the switch is in the list of keys and kept in this browser.
const KEY = "antechamber:shortcuts";

function shortcutsOn() {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true;
  }
}

function typing(target) {
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

const list = document.getElementById("shortcuts");

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (!shortcutsOn() || document.querySelector("dialog[open]")) return;
  if (event.key === "?" && list) {
    list.showModal();
    event.preventDefault();
    return;
  }
  const target = document.querySelector(`[data-shortcut="${CSS.escape(event.key)}"]`);
  if (!target) return;
  if (typing(target)) target.focus();
  else target.click();
  event.preventDefault();
});

for (const toggle of document.querySelectorAll("[data-shortcuts-toggle]")) {
  toggle.checked = shortcutsOn();
  toggle.addEventListener("change", () => {
    try {
      localStorage.setItem(KEY, toggle.checked ? "on" : "off");
    } catch {
      // the choice then lasts for this page only
    }
    document.documentElement.dataset.shortcuts = toggle.checked ? "on" : "off";
  });
}
document.documentElement.dataset.shortcuts = shortcutsOn() ? "on" : "off";

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-shortcuts-help]")) list?.showModal();
});
