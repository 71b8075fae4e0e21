// Small helps for building what the page shows. Text is set as text, never as markup.

/** An element with a class and text or children. */
export function make(tag, className = "", ...content) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content.filter((one) => one !== null && one !== undefined));
  return element;
}

export function button(text, className, onClick, label = "") {
  const element = make("button", `btn btn-sm ${className}`, text);
  element.type = "button";
  if (label) element.setAttribute("aria-label", label);
  element.addEventListener("click", onClick);
  return element;
}

export const plain = (word) => String(word ?? "").replaceAll("_", " ");
