// The threshold of a rule: dragged in the picture of its preview, or taken from what is suggested.

/** Listen on the whole page: the preview comes and goes. */
export function dragThresholds() {
  document.addEventListener("pointerdown", (event) => {
    const chart = chartAt(event.target);
    if (!chart) return;
    event.preventDefault();
    chart.setPointerCapture(event.pointerId);
    move(chart, event.clientY, false);
  });
  document.addEventListener("pointermove", (event) => {
    const chart = chartAt(event.target);
    if (chart?.hasPointerCapture(event.pointerId)) move(chart, event.clientY, false);
  });
  document.addEventListener("pointerup", (event) => {
    const chart = chartAt(event.target);
    if (chart?.hasPointerCapture(event.pointerId)) move(chart, event.clientY, true);
  });
  document.addEventListener("click", (event) => {
    const { suggested, operator = "" } = /** @type {HTMLElement} */ (event.target).dataset ?? {};
    if (!suggested) return;
    choose("f-operator", operator);
    set("f-threshold", suggested, true);
  });
}

/**
 * @param {EventTarget | null} target
 * @returns {SVGSVGElement | null}
 */
function chartAt(target) {
  return target instanceof Element ? target.closest("svg[data-threshold]") : null;
}

/**
 * @param {SVGSVGElement} chart
 * @param {number} clientY
 * @param {boolean} done
 */
function move(chart, clientY, done) {
  const { top, height } = chart.getBoundingClientRect();
  const { low, high, threshold } = chart.dataset;
  const value = valueAt((clientY - top) / height, Number(low), Number(high));
  const line = chart.querySelector(".threshold");
  const y = String(chart.viewBox.baseVal.height * Math.min(Math.max((clientY - top) / height, 0), 1));
  line?.setAttribute("y1", y);
  line?.setAttribute("y2", y);
  set(threshold ?? "", String(value), done);
}

/**
 * What a height in the picture stands for, rounded to what can be told apart.
 * @param {number} share from the top
 * @param {number} low
 * @param {number} high
 */
export function valueAt(share, low, high) {
  const value = high - Math.min(Math.max(share, 0), 1) * (high - low);
  const step = 10 ** (Math.floor(Math.log10(high - low || 1)) - 2);
  return Number((Math.round(value / step) * step).toPrecision(12));
}

/**
 * @param {string} id
 * @param {string} value
 */
function choose(id, value) {
  const field = document.getElementById(id);
  if (field instanceof HTMLSelectElement && !field.matches(":disabled")) field.value = value;
}

/**
 * @param {string} id
 * @param {string} value
 * @param {boolean} done
 */
function set(id, value, done) {
  const field = document.getElementById(id);
  if (!(field instanceof HTMLInputElement) || field.matches(":disabled")) return;
  field.value = value;
  if (done) field.dispatchEvent(new Event("input", { bubbles: true }));
}
