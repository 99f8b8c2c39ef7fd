// Small conveniences. Every page works without them.
(() => {
  "use strict";

  // Step 1: the port follows the security until a person has typed one.
  const port = document.querySelector("#source_port");
  if (port) {
    const usual = (input) => input && input.dataset.port;
    const chosen = () => document.querySelector("input[name=source_security]:checked");
    let touched = port.value !== usual(chosen());
    port.addEventListener("input", () => { touched = true; });
    document.querySelectorAll("input[name=source_security]").forEach((input) => {
      input.addEventListener("change", () => { if (!touched) port.value = usual(input); });
    });
  }

  // A number of bytes a second, as people read it.
  document.querySelectorAll("[data-echo-of]").forEach((echo) => {
    const field = document.getElementById(echo.dataset.echoOf);
    const say = () => {
      const bytes = Number(field.value);
      const scaled = (value, units) => {
        let at = 0;
        while (value >= 1000 && at < units.length - 1) { value /= 1000; at += 1; }
        return `${Number(value.toPrecision(3))} ${units[at]}`;
      };
      echo.textContent = bytes > 0 ? `That is ${scaled(bytes, ["bytes", "kB", "MB"])} a second, or ${scaled(bytes * 8, ["bit/s", "kbit/s", "Mbit/s", "Gbit/s"])}.` : "";
    };
    field.addEventListener("input", say);
    say();
  });

  // Times are typed in the zone of the person, unless another has been stored.
  const zone = document.querySelector("form[data-own-zone] select[name=timezone]");
  if (zone) {
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if ([...zone.options].some((one) => one.value === own)) zone.value = own;
  }

  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.dataset && box.dataset.selectAll) {
      const form = box.closest("form");
      form.querySelectorAll(`input[name="${box.dataset.selectAll}"]:not(:disabled)`).forEach((one) => { one.checked = box.checked; });
    }
    if (box.dataset && box.dataset.limit) {
      const large = box.files.length > 0 && box.files[0].size > Number(box.dataset.limit);
      document.querySelector("#too-large").hidden = !large;
      box.setCustomValidity(large ? document.querySelector("#too-large").textContent.trim() : "");
    }
  });

  // A stored password that would be used elsewhere: asked as soon as a field says so, and the
  // answer is in the same form.
  const asks = (form) => {
    const { stored, moves, proves } = JSON.parse(form.dataset.aim);
    const value = (name) => form.elements[name].value;
    const moved = Object.entries(stored).some(([name, was]) => value(name).trim() !== was) || moves.some(value);
    form.querySelectorAll("[data-question]").forEach((part) => { part.hidden = !moved || proves.some(value); });
  };
  const askAll = () => document.querySelectorAll("form[data-aim]").forEach(asks);
  ["input", "change"].forEach((kind) => document.addEventListener(kind, (event) => {
    const form = event.target.closest("form[data-aim]");
    if (form) asks(form);
  }));
  askAll();

  // A form that comes back with something to say keeps the passwords that were typed, without
  // their having been sent back. The keyboard goes on at what is wrong.
  let typed = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr } = event.detail;
    typed = target && xhr.status === 422 ? [...target.querySelectorAll("input[type=password]")].map((one) => [one.id, one.value]) : null;
  });
  document.addEventListener("htmx:afterSettle", () => {
    (typed || []).forEach(([id, value]) => {
      const field = document.getElementById(id);
      if (!field || !value) return;
      field.value = value;
      const again = document.getElementById(`${id}-again`);
      if (again) again.remove();
    });
    const wrong = typed && document.querySelector("form [aria-invalid=true]");
    if (wrong) wrong.focus();
    typed = null;
    askAll();
  });

  document.addEventListener("submit", (event) => {
    const question = event.target.dataset.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
    const refused = event.target.querySelector && event.target.querySelector("[data-limit]:invalid");
    if (refused) { event.preventDefault(); refused.focus(); }
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
    if (event.target.closest("[data-theme-switch]")) {
      const root = document.documentElement;
      root.dataset.bsTheme = root.dataset.bsTheme === "dark" ? "light" : "dark";
      try { localStorage.setItem("theme", root.dataset.bsTheme); } catch { /* kept for this page only */ }
    }
  });

  // A destination shows only the settings of the kind that is chosen.
  const kind = document.querySelector("#provisioner");
  if (kind) {
    const show = () => document.querySelectorAll("[data-kind]").forEach((group) => { group.hidden = group.dataset.kind !== kind.value; });
    kind.addEventListener("change", show);
    show();
  }

  // A page that nobody looks at asks rarely, and at once when it is looked at again. Nothing is
  // swapped under an open list of choices.
  const HIDDEN_MS = 20000;
  const asked = new Map();
  document.addEventListener("htmx:beforeRequest", (event) => {
    const part = event.detail.elt;
    if (!(part.getAttribute("hx-trigger") || "").startsWith("every")) return;
    const now = Date.now();
    const rests = document.hidden && now - (asked.get(part.id) || 0) < HIDDEN_MS;
    if (rests || part.querySelector("select:focus")) event.preventDefault();
    else asked.set(part.id, now);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    document.querySelectorAll('[hx-trigger$="seen"]').forEach((part) => { window.htmx.trigger(part, "seen"); });
  });

  // Where a swap took the focus away with its element, the keyboard goes on at the list. The
  // button that opened an editor or a question gets the focus back when that is closed, and the
  // line of a list whose button was pressed keeps it with its next button.
  let lost = null;
  let line = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const target = event.detail.target;
    if (!target || !target.contains(document.activeElement)) return;
    const name = document.activeElement.closest("tr") && document.activeElement.closest("tr").querySelector("a.name");
    lost = target.id;
    line = name ? name.id : null;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!lost || document.activeElement !== document.body) { lost = null; return; }
    const number = lost.split("-")[1];
    const name = line && document.getElementById(line);
    const same = name && (name.closest("tr").querySelector(".steer button") || name);
    const next = same || document.querySelector(`#edit-${number}`) || document.querySelector("#rows-heading");
    lost = null;
    line = null;
    if (next) next.focus();
  });
})();
