// How values look in charts: the same texts that the server writes into tables.

/** Shown for what is not known; never 0. */
export const UNKNOWN = "–";

/** From here on no prefix helps. */
const BEYOND = 1e18;
const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
const DECIMAL = ["", "k", "M", "G", "T", "P"];
/** @type {[number, number, string][]} */
const TINY_SECONDS = [
  [1e-6, 1e9, "ns"],
  [1e-3, 1e6, "µs"],
  [1, 1e3, "ms"],
];

/**
 * @typedef {object} Measure what the numbers of a chart mean
 * @property {string} unit
 * @property {boolean} rate
 * @property {string} symbol
 */

/**
 * @param {number | null | undefined} value
 * @param {Measure} measure
 * @returns {string} the value with its unit: `1.2 MiB/s`, `37.5 %`
 */
export function full(value, measure) {
  if (value === null || value === undefined || Number.isNaN(value)) return UNKNOWN;
  const { unit, rate, symbol } = measure;
  const text = cell(value, unit, rate);
  const scaled = unit === "bytes" || (unit === "seconds" && !rate);
  if ((scaled && Math.abs(value) < BEYOND) || !symbol) return text;
  if (/[kMGTP]$/.test(text)) return `${text.slice(0, -1)} ${text.slice(-1)}${symbol}`;
  return symbol === "/s" ? `${text}${symbol}` : `${text} ${symbol}`;
}

/**
 * @param {number | null | undefined} value
 * @param {Measure} measure
 * @returns {string} every digit that is known, with the plain unit: `1,234,567 B`
 */
export function exact(value, measure) {
  if (value === null || value === undefined || Number.isNaN(value)) return "not known";
  const number = value * factor(measure) + 0; // no zero is below zero
  const text = Math.abs(number) < 1e15 && Number.isInteger(number) ? whole(number) : general(number);
  return `${text} ${measure.symbol}`.trimEnd();
}

/**
 * @param {Measure} measure
 * @returns {number} what a value is multiplied with before it is drawn: a ratio is drawn as percent
 */
export function factor({ unit, rate }) {
  return unit === "seconds" && rate ? 100 : 1;
}

/**
 * @param {number} value
 * @param {string} unit
 * @param {boolean} rate
 */
function cell(value, unit, rate) {
  if (!Number.isFinite(value) || Math.abs(value) >= BEYOND) return exponential(value, 3);
  if (unit === "bytes") return binary(value) + (rate ? "/s" : "");
  if (unit === "seconds") return rate ? percent(100 * value) : duration(value);
  if (unit === "percent") return percent(value);
  if (unit === "none" && !rate && Math.abs(value) >= 1000) return whole(value);
  return decimal(value);
}

/**
 * @param {number} seconds
 * @returns {string} such as `340 µs`, `12.5 s`, `3 h 12 min`, `4 d 2 h`
 */
export function duration(seconds) {
  const size = Math.abs(seconds);
  if (size === 0) return "0 s";
  for (const [limit, times, name] of TINY_SECONDS) if (size < limit) return `${three(seconds * times)} ${name}`;
  if (size < 60) return `${three(seconds)} s`;
  const sign = seconds < 0 ? "-" : "";
  const minutes = Math.floor(size / 60);
  if (minutes < 60) return `${sign}${minutes} min${and(Math.floor(size % 60), "s")}`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${sign}${hours} h${and(minutes % 60, "min")}`;
  return `${sign}${whole(Math.floor(hours / 24))} d${and(hours % 24, "h")}`;
}

/**
 * @param {number} rest
 * @param {string} unit
 */
function and(rest, unit) {
  return rest ? ` ${rest} ${unit}` : "";
}

/** @param {number} value */
function binary(value) {
  let size = Math.abs(value);
  let power = 0;
  for (; size >= 1023.95 && power < BINARY.length - 1; power++) size /= 1024;
  return `${value < 0 ? "-" : ""}${size.toFixed(power ? 1 : 0)} ${BINARY[power]}`;
}

/** @param {number} value */
function decimal(value) {
  let size = Math.abs(value);
  if (size < 9999.5) return size < 999.5 ? three(value) : value.toFixed(0);
  let power = 0;
  for (; size >= 999.5 && power < DECIMAL.length - 1; power++) size /= 1000;
  return `${value < 0 ? "-" : ""}${three(size)}${DECIMAL[power]}`;
}

/** @param {number} value */
function percent(value) {
  if (value === 0) return "0.0";
  if (Math.abs(value) < 0.05) return value > 0 ? "<0.1" : ">-0.1";
  const size = Math.abs(value);
  if (size >= 99.95 && size < 100) return Math.max(Math.min(value, 99.99), -99.99).toFixed(2); // not all is not shown as all
  return size < 999.95 ? value.toFixed(1) : whole(value);
}

/** @param {number} value */
function three(value) {
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1000) return String(value);
  if (size >= 99.95) return value.toFixed(0);
  if (size >= 9.995) return value.toFixed(1);
  if (size >= 0.01) return value.toFixed(2);
  return size < 1e-4 ? exponential(value, 2) : String(Number(value.toPrecision(2)));
}

/**
 * @param {number} value
 * @param {number} digits
 */
function exponential(value, digits) {
  if (!Number.isFinite(value)) return String(value).replace("Infinity", "inf");
  return Number(value.toPrecision(digits))
    .toExponential()
    .replace(/e([+-])(\d)$/, "e$10$2");
}

/**
 * @param {number} value
 * @returns {string} six digits of it
 */
function general(value) {
  const power = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(6)))));
  if (!Number.isFinite(value) || power < -4 || power > 5) return exponential(value, 6);
  return value.toLocaleString("en-GB", { maximumSignificantDigits: 6 });
}

/** @param {number} value */
function whole(value) {
  return value.toLocaleString("en-GB", { maximumFractionDigits: 0 });
}
