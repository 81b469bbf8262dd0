/** How near to the end, in pixels, counts as being there. */
const NEAR = 48;

/** Keeps a scrolling view at its end as it grows, but only where the reader is there already. */
export class ScrollKeeper {
  readonly #view: HTMLElement;
  readonly #changed: (missed: number, atEnd: boolean) => void;
  #atEnd = true;
  #missed = 0;
  #top = 0;

  /** @param changed told how many lines have come while the reader was elsewhere */
  constructor(view: HTMLElement, content: HTMLElement, changed: (missed: number, atEnd: boolean) => void) {
    this.#view = view;
    this.#changed = changed;
    view.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    // The view shrinks too, when a phone's keyboard comes.
    const observer = new ResizeObserver(() => this.#atEnd && this.#jump());
    observer.observe(view);
    observer.observe(content);
  }

  get atEnd(): boolean {
    return this.#atEnd;
  }

  /** A line came that the reader might want to know of. */
  lineCame(): void {
    if (this.#atEnd) return;
    this.#missed += 1;
    this.#changed(this.#missed, false);
  }

  toEnd(): void {
    this.#jump();
    this.#setAtEnd(true);
  }

  #jump(): void {
    this.#view.scrollTop = this.#view.scrollHeight;
  }

  #scrolled(): void {
    const { scrollTop, clientHeight, scrollHeight } = this.#view;
    const near = scrollTop + clientHeight >= scrollHeight - NEAR;
    // Away from the end without a move upwards: the view has grown since, and is about to follow.
    if (near || scrollTop < this.#top) this.#setAtEnd(near);
    this.#top = scrollTop;
  }

  #setAtEnd(atEnd: boolean): void {
    if (atEnd === this.#atEnd) return;
    this.#atEnd = atEnd;
    this.#missed = 0;
    // What the browser does to keep the reader's place as lines above go is a move upwards too.
    this.#view.classList.toggle('elsewhere', !atEnd);
    this.#changed(0, atEnd);
  }
}
