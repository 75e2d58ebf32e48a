// Theme chosen in this browser. A classic script in <head>, so that the page is never painted in the wrong one.
(function () {
  "use strict";
  const KEY = "antechamber:theme";
  const root = document.documentElement;

  function stored() {
    try {
      return localStorage.getItem(KEY) || "system";
    } catch {
      return "system"; // storage refused by the browser: the system's wish it is
    }
  }

  function apply(theme) {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === theme));
    }
  }

  if (stored() !== "system") apply(stored());
  document.addEventListener("DOMContentLoaded", () => apply(root.dataset.theme || "system"));
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-theme-choice]");
    if (!button) return;
    try {
      localStorage.setItem(KEY, button.dataset.themeChoice);
    } catch {
      // the choice then lasts for this page only
    }
    apply(button.dataset.themeChoice);
  });
})();
