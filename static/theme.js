// Before the first paint: the theme that was chosen, or the one that the system has.
(() => {
  const stored = (() => { try { return localStorage.getItem("theme"); } catch { return null; } })();
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.bsTheme = stored === "dark" || stored === "light" ? stored : dark ? "dark" : "light";
})();
