// Making elements, shortly.
export const $ = (id) => document.getElementById(id);

export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (value !== false && value !== undefined) element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children);
  return element;
}

// Writing only what differs spares the browser a layout.
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function flag(element, name, on) {
  if (element.classList.contains(name) !== on) element.classList.toggle(name, on);
}

export function press(button, on) {
  button.setAttribute('aria-pressed', String(on));
}
