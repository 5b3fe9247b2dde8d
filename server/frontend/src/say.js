// Says in passing what a key has done, to eyes and to screen readers.

const LASTS = 2500;
let timer = 0;

/** @param {string} text */
export function say(text) {
  const line = document.getElementById("said");
  if (!line) return;
  line.textContent = text;
  window.clearTimeout(timer);
  timer = window.setTimeout(() => (line.textContent = ""), LASTS);
}
