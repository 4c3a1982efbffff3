// Sets the colours before anything is drawn: those of the system, unless the reader has chosen others.
"use strict";
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("rsvc-theme");
  } catch {
    // A browser may keep nothing for this page; then every visit begins with those of the system.
  }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
