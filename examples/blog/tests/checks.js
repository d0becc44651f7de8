// What a page owes to those who listen to it, or who see less: returns the faults, in words.
const faults = [];
const all = (selector) => [...document.querySelectorAll(selector)];
const is_shown = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
const name_of = (element) => {
  const by = element.getAttribute("aria-labelledby");
  const named = by ? by.split(" ").map((id) => document.getElementById(id)?.textContent ?? "").join(" ") : "";
  const labels = [...(element.labels ?? [])].map((label) => label.textContent).join(" ");
  const inside = ["INPUT", "TEXTAREA", "SELECT"].includes(element.tagName) ? "" : element.textContent;
  return (named || element.getAttribute("aria-label") || labels || inside).trim();
};
const show = (element) => element.outerHTML.slice(0, 90);

if (document.documentElement.lang !== "en") faults.push("the page names no language");
if (!document.title.includes(" · ")) faults.push("the title says no page and no site: " + document.title);
if (!document.querySelector("meta[name=viewport]")) faults.push("no viewport");
for (const [selector, least, most] of [["h1", 1, 1], ["main", 1, 1], ["body > header", 1, 1], ["body > footer", 1, 1], ["nav[aria-label=Main]", 1, 1]]) {
  const number = all(selector).length;
  if (number < least || number > most) faults.push(`${number} of ${selector}`);
}
const skip = document.querySelector("a");
if (!document.querySelector(skip.getAttribute("href"))) faults.push("the first link does not skip to the content");

let level = 0;
for (const heading of all("h1, h2, h3, h4, h5, h6").filter(is_shown)) {
  const own = Number(heading.tagName[1]);
  if (own > level + 1) faults.push("a level of headings is left out before: " + show(heading));
  level = own;
}
const ids = all("[id]").map((element) => element.id);
for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push("twice the id " + id);
for (const attribute of ["for", "aria-describedby", "aria-labelledby"])
  for (const element of all(`[${attribute}]`))
    for (const id of element.getAttribute(attribute).split(" "))
      if (!document.getElementById(id)) faults.push(`${attribute} leads nowhere: ${id}`);
for (const image of all("img")) if (!image.hasAttribute("alt")) faults.push("without alt: " + show(image));
for (const image of all("svg")) if (image.getAttribute("aria-hidden") !== "true") faults.push("a drawing speaks: " + show(image));
for (const field of all("input:not([type=hidden]), textarea, select"))
  if (!name_of(field)) faults.push("a field without a label: " + show(field));
for (const element of all("a[href], button, summary, nav, section"))
  if (!name_of(element)) faults.push("without a name: " + show(element));
for (const field of all("[aria-invalid]"))
  if (!(field.getAttribute("aria-describedby") ?? "").split(" ").some((id) => document.getElementById(id)?.matches(".fault, .notice")))
    faults.push("a fault is not tied to its field: " + show(field));
for (const table of all("main table")) if (!table.querySelector("th[scope]")) faults.push("a table without headings");
for (const element of all("[tabindex]")) if (element.tabIndex > 0) faults.push("out of the order of the page: " + show(element));

// Contrast after WCAG 2, AA: 4.5, or 3 for large text.
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const rgba = (colour) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const light = (colour) => {
  const [r, g, b] = colour.map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const colour = rgba(getComputedStyle(at).backgroundColor);
    if (colour[3] > 250) return colour;
  }
  return [255, 255, 255, 255];
};
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const element = texts.currentNode.parentElement;
  if (!texts.currentNode.data.trim() || !is_shown(element) || element.closest("style, .unseen, .unseen-until-focus, .skip")) continue;
  const style = getComputedStyle(element);
  const [front, back] = [light(rgba(style.color)), light(behind(element))];
  const contrast = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
  const size = parseFloat(style.fontSize);
  const is_large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  if (contrast < (is_large ? 3 : 4.5)) faults.push(`contrast ${contrast.toFixed(2)}: ${texts.currentNode.data.trim().slice(0, 40)} in ${show(element)}`);
}
if (document.documentElement.scrollWidth > document.documentElement.clientWidth) faults.push("the page is wider than the window");
return [...new Set(faults)];
