// htmx as the pages use it: no eval, no inline style, no request to another origin, no page kept in the browser's storage.
import htmx from "htmx.org";

window.htmx = htmx;
Object.assign(htmx.config, {
  allowEval: false,
  allowScriptTags: false,
  includeIndicatorStyles: false,
  selfRequestsOnly: true,
  historyEnabled: false,
  timeout: 10_000,
  responseHandling: [
    { code: "204", swap: false },
    { code: "304", swap: false }, // the page shows it already
    { code: "[23]..", swap: true },
    { code: "[45]..", swap: false, error: true },
  ],
});

/** A request that was given up for a newer one is no error; one that failed tells it with another event too. */
htmx.logger = (/** @type {Element} */ _element, /** @type {string} */ name, /** @type {any} */ detail) => {
  if (name === "htmx:sendAbort" || name === "htmx:afterRequest") delete detail.error;
};

export default htmx;
