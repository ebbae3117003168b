/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
type Child = Node | string | null | false;

/** Makes an element; `false` and `null` among the children are left out. */
export function h(
  tag: string,
  attributes: Record<string, string | boolean> = {},
  ...children: Child[]
): HTMLElement {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== false));
  return element;
}

/** The element with this id; the page cannot do without it. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`The page has no #${id}`);
  return element;
}

/**
 * Shows `items` as the children of `parent`, in order, and rebuilds only those whose `signature` changed: what stays keeps its
 * focus and its animation.
 */
export function showList<T>(
  parent: HTMLElement,
  items: T[],
  { key, signature, build }: {
    key: (item: T) => string;
    signature: (item: T) => string;
    build: (item: T) => HTMLElement;
  },
): void {
  const before = new Map([...parent.children].map((child) => [child.getAttribute("data-key"), child]));
  const wanted = items.map((item) => {
    const old = before.get(key(item));
    if (old instanceof HTMLElement && old.dataset.signature === signature(item)) return old;
    const element = build(item);
    element.dataset.key = key(item);
    element.dataset.signature = signature(item);
    if (old) element.classList.add("again");
    return element;
  });
  wanted.forEach((element, index) => {
    const there = parent.children[index];
    if (there !== element) parent.insertBefore(element, there ?? null);
  });
  while (parent.children.length > wanted.length) parent.lastElementChild?.remove();
}

/** Joins calls of one frame into one. */
export function oncePerFrame(draw: () => void): () => void {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  };
}
