// Before the first paint: the theme that the visitor chose, if any; else the system's.
(() => {
  try {
    const chosen = localStorage.getItem("ferrify:theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    // Storage may be forbidden; the system's theme is good enough.
  }
})();
