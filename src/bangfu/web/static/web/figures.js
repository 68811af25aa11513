// Draws the bars whose figures stand in the tables beside them. Without it the tables are all there is to read.
"use strict";

const charts = JSON.parse(document.getElementById("charts")?.textContent ?? "{}");

for (const place of document.querySelectorAll("[data-chart]")) {
  const { names, values, leads } = charts[place.dataset.chart];
  place.hidden = false;
  const chart = echarts.init(place, null, { renderer: "canvas" });
  // Named bars lie, so that their names can be read on a phone; steps of income stand in their order.
  const lying = !("upright" in place.dataset);
  const named = { type: "category", data: names, inverse: lying, axisLabel: { hideOverlap: true } };
  const counted = { type: "value", minInterval: 1, axisLabel: { hideOverlap: true } };
  chart.setOption({
    animation: false,
    color: ["#1d5a92"],
    grid: { left: 8, right: 24, top: 16, bottom: 8, containLabel: true },
    // The content policy allows no markup with styles of its own.
    tooltip: { trigger: "axis", renderMode: "richText" },
    xAxis: lying ? counted : named,
    yAxis: lying ? named : counted,
    series: [{ type: "bar", data: values, barMaxWidth: 28 }],
  });
  chart.on("click", ({ dataIndex }) => {
    if (leads[dataIndex]) window.location.href = leads[dataIndex];
  });
  window.addEventListener("resize", () => chart.resize());
}
