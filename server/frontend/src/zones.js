// Moments in the viewer's own time zone, and in UTC beside it.

const CLOCK = format({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const DAY = format({ weekday: "short", day: "numeric", month: "short", year: "numeric" });
const ZONE = format({ timeZoneName: "short" });

/**
 * @param {number} at milliseconds since 1970
 * @returns {string} such as 14:03:20
 */
export function clock(at) {
  return CLOCK.format(at);
}

/**
 * @param {number} at milliseconds since 1970
 * @returns {string} such as Mon, 3 Mar 2026
 */
export function day(at) {
  return DAY.format(at);
}

/**
 * @param {number} at milliseconds since 1970
 * @param {number} now the same
 * @returns {string} the time, and the day where that is not today
 */
export function local(at, now) {
  return day(at) === day(now) ? clock(at) : `${day(at)} ${clock(at)}`;
}

/**
 * @param {number} at milliseconds since 1970
 * @returns {string} the time here and in UTC, for whoever points at one of them
 */
export function both(at) {
  const zone = ZONE.formatToParts(at).find((part) => part.type === "timeZoneName")?.value ?? "";
  return `${day(at)} ${clock(at)} ${zone}\n${new Date(at).toISOString().replace("T", " ").slice(0, 19)} UTC`;
}

/** @param {Intl.DateTimeFormatOptions} options */
function format(options) {
  return new Intl.DateTimeFormat("en-GB", options);
}
