// A poll names what the page shows already, and is not made for what is far out of view.

const MARGIN = 400;

/** Send each fragment's tag with its polls, and leave out polls of what nobody sees. */
export function pollThrifty() {
  on("htmx:configRequest", ({ target, headers }) => {
    if (target.dataset.tag) headers["If-None-Match"] = target.dataset.tag;
  });
  on("htmx:afterSwap", ({ target, xhr }) => {
    const tag = xhr.getResponseHeader("ETag");
    if (tag) target.dataset.tag = tag;
    else delete target.dataset.tag;
  });
  on("htmx:beforeRequest", ({ elt }, event) => {
    if (isPoll(elt) && !isNear(elt)) event.preventDefault();
  });
}

/**
 * @param {string} name
 * @param {(detail: any, event: Event) => void} handle
 */
function on(name, handle) {
  document.addEventListener(name, (event) => handle(/** @type {CustomEvent} */ (event).detail, event));
}

/** @param {Element} element */
function isPoll(element) {
  return element.getAttribute("hx-trigger")?.startsWith("gobs:tick") ?? false;
}

/** @param {HTMLElement} element */
function isNear(element) {
  if (element.dataset.poll !== "in-view") return true;
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > -MARGIN && top < window.innerHeight + MARGIN;
}
