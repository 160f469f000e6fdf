/** An element with attributes, and children that are elements or text. `undefined` attributes are left out. */
export function element(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children)
}

export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children)
}

function fill(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) node.setAttribute(key, value)
  node.append(...children)
  return node
}

/** Sets text only where it differs, so that nothing flickers or is announced again. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text
}

export const byId = (id) => document.getElementById(id)
