/** The children of an element, one for each key: they stay while they change, so that neither focus nor a click in progress is lost. */
export class KeyedList<T> {
  readonly #parent: HTMLElement;
  readonly #make: (key: string) => HTMLElement;
  readonly #fill: (element: HTMLElement, item: T) => void;
  readonly #children = new Map<string, HTMLElement>();

  constructor(parent: HTMLElement, make: (key: string) => HTMLElement, fill: (element: HTMLElement, item: T) => void) {
    this.#parent = parent;
    this.#make = make;
    this.#fill = fill;
  }

  /** Shows these, in their order. */
  show(items: readonly (readonly [key: string, item: T])[]): void {
    const keys = new Set(items.map(([key]) => key));
    for (const [key, child] of this.#children) {
      if (keys.has(key)) continue;
      child.remove();
      this.#children.delete(key);
    }
    for (const [place, [key, item]] of items.entries()) {
      const child = this.#children.get(key) ?? this.#make(key);
      this.#children.set(key, child);
      this.#fill(child, item);
      const there = this.#parent.children[place];
      if (there !== child) this.#parent.insertBefore(child, there ?? null);
    }
  }
}
