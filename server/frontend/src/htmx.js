// htmx as the pages use it: no eval, no inline style, no request to another origin.
import htmx from "htmx.org";

window.htmx = htmx;
Object.assign(htmx.config, { allowEval: false, includeIndicatorStyles: false, selfRequestsOnly: true });

export default htmx;
