/** Counts what comes while nobody looks at the tab. */
export class Unread {
  readonly #changed: (count: number) => void;
  #count = 0;

  constructor(changed: (count: number) => void) {
    this.#changed = changed;
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.#become(0);
    });
  }

  lineCame(): void {
    if (document.hidden) this.#become(this.#count + 1);
  }

  #become(count: number): void {
    this.#count = count;
    this.#changed(count);
  }
}
