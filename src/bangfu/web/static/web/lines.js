// Draws lines of figures that stand in a table beside it, out of the page's own data: {days: [...], lines: [{name, values}]}.
for (const place of document.querySelectorAll("[data-lines]")) {
  const drawn = JSON.parse(document.getElementById(place.dataset.lines).textContent);
  const chart = echarts.init(place);
  chart.setOption({
    animation: false,
    color: ["#b42318", "#e67700", "#1d5a92", "#2b8a3e"],
    grid: { left: 44, right: 16, top: 36, bottom: 28 },
    legend: { top: 0 },
    tooltip: { trigger: "axis", renderMode: "richText" },
    xAxis: { type: "category", data: drawn.days },
    yAxis: { type: "value", minInterval: 1, min: 0 },
    series: drawn.lines.map((line) => ({ type: "line", name: line.name, data: line.values })),
  });
  window.addEventListener("resize", () => chart.resize());
}
