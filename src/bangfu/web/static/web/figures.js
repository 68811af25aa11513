// Draws the bars whose figures stand in the tables beside them. Without it the tables are all there is to read.
"use strict";

const charts = JSON.parse(document.getElementById("charts")?.textContent ?? "{}");

for (const place of document.querySelectorAll("[data-chart]")) {
  const { names, values, leads } = charts[place.dataset.chart];
  place.hidden = false;
  const chart = echarts.init(place, null, { renderer: "canvas" });
  chart.setOption({
    animation: false,
    color: ["#1d5a92"],
    grid: { left: 8, right: 16, top: 16, bottom: 8, containLabel: true },
    // The content policy allows no markup with styles of its own.
    tooltip: { trigger: "axis", renderMode: "richText" },
    xAxis: { type: "category", data: names, axisLabel: { interval: 0, rotate: names.length > 6 ? 40 : 0 } },
    yAxis: { type: "value" },
    series: [{ type: "bar", data: values }],
  });
  chart.on("click", ({ dataIndex }) => {
    if (leads[dataIndex]) window.location.href = leads[dataIndex];
  });
  window.addEventListener("resize", () => chart.resize());
}
