// Draws the bars, and the map of places, whose figures stand in the tables beside them. Without it the tables are all there is to read.
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

const MARGIN = 48;
const RADIUS = 22;

for (const place of document.querySelectorAll("[data-map]")) {
  const points = charts.map;
  const most = Math.max(...points.map(({ households }) => households));
  place.closest("section").hidden = false;
  const chart = echarts.init(place, null, { renderer: "canvas" });
  const draw = () => {
    const [width, height] = [chart.getWidth() - 2 * MARGIN, chart.getHeight() - 2 * MARGIN];
    const [east, north] = [0, 1].map((axis) => Math.max(1, ...points.map(({ at }) => at[axis])));
    // As many metres a pixel in either direction, with the places in the middle.
    const metres = Math.max(east / width, north / height);
    const axis = (all, pixels) => ({ show: false, type: "value", min: (all - metres * pixels) / 2, max: (all + metres * pixels) / 2 });
    chart.setOption({
      animation: false,
      grid: { left: MARGIN, right: MARGIN, top: MARGIN, bottom: MARGIN },
      tooltip: { renderMode: "richText", formatter: ({ data }) => `${data.name} ${data.households}` },
      xAxis: axis(east, width),
      yAxis: axis(north, height),
      series: [
        {
          type: "scatter",
          data: points.map((point) => ({
            ...point,
            value: point.at,
            symbolSize: point.households ? 8 + 2 * RADIUS * Math.sqrt(point.households / most) : 8,
            itemStyle: { color: point.households ? "#1d5a92cc" : "#ffffff", borderColor: "#1d5a92", borderWidth: 1 },
          })),
          label: { show: true, position: "bottom", color: "#1a2733", formatter: ({ data }) => data.name },
          labelLayout: { hideOverlap: true },
        },
      ],
    });
  };
  draw();
  chart.on("click", ({ data }) => {
    window.location.href = data.lead;
  });
  window.addEventListener("resize", () => {
    chart.resize();
    draw();
  });
}
