// How long ago something was, in words.

/**
 * @param {number} seconds
 * @returns {string}
 */
export function age(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 1) return "now";
  if (whole < 60) return `${whole} s ago`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ago`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min ago`;
  return `${Math.floor(whole / 86400)} d ago`;
}
