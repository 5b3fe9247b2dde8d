// Brings one element to what it should be by changing what differs, and no more: focus, selection and what is open stay.

import { Idiomorph } from "idiomorph/htmx";

/** What scripts and people put on an element; an element that comes without it means nothing by that. */
const OURS = new Set(["open", "tabindex", "d", "aria-rowindex", "aria-posinset", "aria-setsize"]);

/**
 * @param {Element} old
 * @param {Element} made what it should look like
 * @param {Set<Element>} changed takes the elements whose words are others now
 */
export function patch(old, made, changed) {
  attributes(old, made);
  if (old instanceof HTMLTimeElement) return; // moments.js writes its words
  const [ours, theirs] = [old.childNodes, made.childNodes];
  if (ours.length !== theirs.length || !alike(ours, theirs)) {
    if (ours.length && old.textContent !== made.textContent) changed.add(old);
    Idiomorph.morph(old, made, { morphStyle: "outerHTML" });
    return;
  }
  for (let at = 0; at < ours.length; at++) {
    const [here, there] = [/** @type {ChildNode} */ (ours[at]), /** @type {ChildNode} */ (theirs[at])];
    if (here instanceof Element) patch(here, /** @type {Element} */ (there), changed);
    else if (here.nodeValue !== there.nodeValue) {
      here.nodeValue = there.nodeValue;
      changed.add(old);
    }
  }
}

/**
 * @param {Element} old
 * @param {Element} made
 */
function attributes(old, made) {
  for (const { name, value } of made.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  if (old.attributes.length === made.attributes.length) return;
  for (const name of old.getAttributeNames()) if (!made.hasAttribute(name) && !OURS.has(name)) old.removeAttribute(name);
}

/**
 * @param {NodeListOf<ChildNode>} ours
 * @param {NodeListOf<ChildNode>} theirs
 */
function alike(ours, theirs) {
  for (let at = 0; at < ours.length; at++) if (ours[at]?.nodeName !== theirs[at]?.nodeName) return false;
  return true;
}
