import { create } from './elements.ts';

/** Rows kept on the page; the oldest go first. */
const MAX_ROWS = 500;

/** Characters of a text that are shown. */
const MAX_SHOWN = 2_000;

const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

export interface Row {
  readonly kind: 'sent' | 'received' | 'note';
  /** What the kind is called, for who does not see the arrow. */
  readonly label: string;
  readonly text: string;
  /** In words, such as `12 B`. */
  readonly size?: string;
}

/** Rows in the order of time, drawn once per frame of the screen however many come. */
export class FrameList {
  readonly #list: HTMLElement;
  readonly #view: HTMLElement;
  #waiting: HTMLElement[] = [];

  constructor(list: HTMLElement, view: HTMLElement) {
    this.#list = list;
    this.#view = view;
  }

  add(row: Row): void {
    if (this.#waiting.length === 0) requestAnimationFrame(() => this.#draw());
    this.#waiting.push(toElement(row));
    // In a tab that nobody sees, nothing is drawn for as long as that lasts.
    if (this.#waiting.length >= 2 * MAX_ROWS) this.#waiting = this.#waiting.slice(-MAX_ROWS);
  }

  clear(): void {
    this.#waiting.length = 0;
    this.#list.replaceChildren();
  }

  #draw(): void {
    const { scrollTop, clientHeight, scrollHeight } = this.#view;
    const atEnd = scrollTop + clientHeight >= scrollHeight - 8;
    this.#list.append(...this.#waiting.splice(0).slice(-MAX_ROWS));
    while (this.#list.childElementCount > MAX_ROWS) this.#list.firstElementChild?.remove();
    if (atEnd) this.#view.scrollTop = this.#view.scrollHeight;
  }
}

function toElement({ kind, label, text, size = '' }: Row): HTMLElement {
  const now = new Date();
  const at = create('time', 'text-body-secondary');
  at.dateTime = now.toISOString();
  at.textContent = `${clock.format(now)}.${String(now.getMilliseconds()).padStart(3, '0')}`;
  const way = create('span', 'visually-hidden');
  way.textContent = label;
  const shown = create('span', 'frame-text');
  shown.dir = 'auto';
  shown.textContent = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
  const bytes = create('span', 'frame-size text-body-secondary');
  bytes.textContent = size;
  const row = create('li', `frame frame-${kind}`);
  row.append(at, way, shown, bytes);
  return row;
}
