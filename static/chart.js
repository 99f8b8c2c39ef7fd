// Draws what stands in #points; the table there says the same without this.
(() => {
  "use strict";
  const place = document.querySelector("#chart");
  if (!place || !window.uPlot) return;

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const short = (value, units, step) => {
    let unit = 0, amount = value;
    while (amount >= step && unit < units.length - 1) { amount /= step; unit += 1; }
    return `${amount >= 100 || Number.isInteger(amount) ? Math.round(amount) : amount.toFixed(1)}${units[unit]}`;
  };
  const messages = (value) => short(value, ["", " k", " M"], 1000);
  const bytes = (value) => short(value, [" B", " kB", " MB", " GB", " TB"], 1000);
  const moment = (seconds) => window.uPlot.tzDate(new Date(seconds * 1000), place.dataset.zone);
  const zoned = (shape) => new Intl.DateTimeFormat("en-GB", { timeZone: place.dataset.zone, ...shape });
  const clock = zoned({ hour: "2-digit", minute: "2-digit" });
  const exact = zoned({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const day = zoned({ day: "numeric", month: "short" });
  const times = (_chart, splits, _axis, _space, apart) => splits.map((seconds, number) => {
    const at = new Date(seconds * 1000);
    const today = day.format(at);
    if (apart >= 86400) return today;
    const shown = (apart < 60 ? exact : clock).format(at);
    const same = number > 0 && day.format(new Date(splits[number - 1] * 1000)) === today;
    return same ? shown : `${shown}\n${today}`;
  });
  const above = (_chart, _low, high) => [0, Math.max(high, 1) * 1.05];

  const axis = (values, more) => ({
    stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 },
    font: "12px Inter, system-ui, sans-serif", values: values && ((_chart, splits) => splits.map(values)), ...more,
  });
  const options = () => ({
    width: place.clientWidth, height: 240, tzDate: moment, legend: { show: false }, cursor: { show: false },
    scales: { messages: { range: above }, size: { range: above } },
    axes: [axis(null, { values: times, space: 80 }), axis(messages, { scale: "messages", size: 56 }), axis(bytes, { scale: "size", side: 1, size: 66, grid: { show: false } })],
    series: [
      {},
      { scale: "messages", stroke: colour("--accent"), width: 2.5, points: { show: false } },
      { scale: "size", stroke: colour("--warn"), width: 2, dash: [6, 4], points: { show: false } },
    ],
  });

  let chart = null;
  const points = () => {
    const holder = document.querySelector("#points");
    return holder ? JSON.parse(holder.dataset.points) : [[], [], []];
  };
  const draw = () => {
    const data = points();
    const enough = data[0].length > 1;
    place.hidden = !enough;
    if (!enough) return;
    if (chart) chart.setData(data);
    else chart = new window.uPlot(options(), data, place);
  };
  const anew = () => { if (chart) chart.destroy(); chart = null; draw(); };

  draw();
  document.addEventListener("htmx:afterSettle", (event) => { if (event.target.id === "points") draw(); });
  new ResizeObserver(() => { if (chart && place.clientWidth) chart.setSize({ width: place.clientWidth, height: 240 }); }).observe(place);
  // The colours are those of the theme.
  new MutationObserver(anew).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
})();
