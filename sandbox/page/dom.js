// Builds elements from names, attributes and text. Guarantees that nothing from outside is read as HTML:
// children are nodes or strings, and strings become text nodes. Addresses go through `link`, which only lets
// harmless schemes through.

const LINK_SCHEMES = new Set(["http:", "https:", "mailto:", "tel:"]);

/** An element; attributes that are null or false are left out, `onclick` and the like become listeners. */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on") && typeof value === "function") node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** A link that opens elsewhere, or its bare text where the address could do harm. */
export function link(address, ...children) {
  const label = children.length > 0 ? children : [address];
  let scheme;
  try {
    scheme = new URL(address).protocol;
  } catch {
    return element("span", {}, label);
  }
  if (!LINK_SCHEMES.has(scheme)) return element("span", {}, label);
  return element("a", { href: address, target: "_blank", rel: "noopener noreferrer", title: address }, label);
}

/** Text with its line breaks kept. */
export function lines(text) {
  return String(text)
    .split("\n")
    .flatMap((line, index) => (index === 0 ? [line] : [element("br"), line]));
}
