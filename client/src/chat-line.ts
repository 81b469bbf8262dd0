import { create } from './elements.ts';
import { setWords, shared } from './language.ts';
import { toneOf } from './person.ts';
import { portrait } from './portrait.ts';

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });

/** Lines of one person that come within this many milliseconds stand under one name. */
const TOGETHER = 180_000;

export interface Line {
  readonly from: string;
  readonly text: string;
  readonly at: Date;
  readonly own: boolean;
}

/** A line as it stands in the conversation. */
export class ChatLine {
  readonly element: HTMLElement;
  readonly text: string;
  readonly own: boolean;
  readonly from: string;
  readonly #time = create('time', '');
  readonly #foot = create('div', 'line-foot small');
  #at: Date;

  constructor({ from, text, at, own }: Line) {
    this.text = text;
    this.own = own;
    this.from = from;
    this.#at = at;
    const name = create('span', own ? 'line-name' : `line-name tone-${toneOf(from)}`);
    name.dir = 'auto';
    if (own) setWords(name, () => shared().you);
    else name.textContent = from;
    const head = create('div', 'line-head small');
    head.append(name, this.#time);
    // Text of others stays text: it may look like markup, and may be in a right-to-left script.
    const bubble = create('div', 'bubble');
    bubble.dir = 'auto';
    bubble.textContent = text;
    const body = create('div', 'line-body');
    body.append(head, bubble, this.#foot);
    this.element = create('li', `line line-${own ? 'own' : 'other'}`);
    if (!own) this.element.append(portrait(from));
    this.element.append(body);
    this.setTime(at);
  }

  setTime(at: Date): void {
    this.#at = at;
    this.#time.dateTime = at.toISOString();
    this.#time.textContent = clock.format(at);
    this.#time.title = at.toLocaleString();
  }

  /** Says what is with the line below it, with something to do about it; nothing where there are no words. */
  setFoot(words?: () => string, failed = false, ...actions: HTMLElement[]): void {
    this.element.classList.toggle('line-failed', failed);
    this.#foot.replaceChildren();
    if (!words) return;
    const note = create('span', '');
    setWords(note, words);
    this.#foot.append(note, ...actions);
  }

  /** Leaves name and time away where the line before says them. */
  follow(before: ChatLine | undefined): void {
    const follows =
      before !== undefined && before.from === this.from && before.own === this.own && this.#soonAfter(before);
    this.element.classList.toggle('line-follows', follows);
  }

  isOtherDayThan(before: Date): boolean {
    return this.#at.toDateString() !== before.toDateString();
  }

  get at(): Date {
    return this.#at;
  }

  #soonAfter(before: ChatLine): boolean {
    return Number(this.#at) - Number(before.at) < TOGETHER;
  }
}
