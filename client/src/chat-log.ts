import { ChatLine } from './chat-line.ts';
import { create } from './elements.ts';
import { setWords } from './language.ts';

/** Lines kept on the page; the oldest go first. */
const MAX_LINES = 1_000;

/** Positions of our own lines that are remembered, so that a late acknowledgement finds its line shown. */
const MAX_OWN_POSITIONS = 1_000;

export interface LogEvent {
  readonly position: string;
  readonly from: string;
  readonly text: string;
  /** ISO 8601. */
  readonly at: string;
}

interface Pending {
  readonly line: ChatLine;
  /** Known from the acknowledgement on. */
  position?: string;
}

/** Two lists of the page: what is in the room, in the room's order, and below it what we have said that is not yet known to be there. */
export class ChatLog {
  readonly #lines: HTMLElement;
  readonly #pendingList: HTMLElement;
  /** By key, oldest first. */
  readonly #pending = new Map<string, Pending>();
  readonly #ownPositions = new Set<string>();
  #last: ChatLine | undefined;
  #lastDay = new Date();

  constructor(lines: HTMLElement, pendingList: HTMLElement) {
    this.#lines = lines;
    this.#pendingList = pendingList;
  }

  get isEmpty(): boolean {
    return this.#lines.childElementCount === 0 && this.#pending.size === 0;
  }

  /** Shows a line of ours before it is in the room; the same key again changes nothing. */
  said(key: string, text: string, from: string): void {
    if (this.#pending.has(key)) return;
    const line = new ChatLine({ from, text, at: new Date(), own: true });
    this.#pending.set(key, { line });
    this.#pendingList.append(line.element);
    this.#followUp();
  }

  /** Calls `mark` with each line that waits, in their order. */
  eachPending(mark: (line: ChatLine, key: string) => void): void {
    for (const [key, { line, position }] of this.#pending) if (position === undefined) mark(line, key);
  }

  pendingLine(key: string): ChatLine | undefined {
    return this.#pending.get(key)?.line;
  }

  acknowledged(key: string, position: string): void {
    const pending = this.#pending.get(key);
    if (!pending) return;
    if (this.#ownPositions.has(position)) {
      this.dropPending(key);
    } else {
      pending.position = position;
      pending.line.setFoot();
    }
  }

  dropPending(key: string): void {
    this.#pending.get(key)?.line.element.remove();
    this.#pending.delete(key);
    this.#followUp();
  }

  /** A line of the room; one of ours takes the place of what was shown for it. */
  happened({ position, from, text, at }: LogEvent, own: boolean): void {
    const line =
      (own ? this.#takePending(position, text) : undefined) ?? new ChatLine({ from, text, at: new Date(at), own });
    if (own) this.#rememberOwn(position);
    line.setTime(new Date(at));
    line.setFoot();
    this.#separateDays(line);
    line.follow(this.#last);
    this.#add(line.element);
    this.#last = line;
    this.#followUp();
  }

  /** A line that nobody has said. */
  note(words: () => string): void {
    const element = create('li', 'note small');
    setWords(element, words);
    this.#add(element);
    this.#last = undefined;
    this.#followUp();
  }

  /** Empties the conversation, but for what is not in the room yet. */
  clear(): void {
    this.#lines.replaceChildren();
    this.#last = undefined;
    this.#lastDay = new Date();
    this.#followUp();
  }

  /** The acknowledgement may still be on its way; then the oldest line with the same text is the one. */
  #takePending(position: string, text: string): ChatLine | undefined {
    const all = [...this.#pending];
    const [key, pending] =
      all.find(([, { position: known }]) => known === position) ??
      all.find(([, { position: known, line }]) => known === undefined && line.text === text) ??
      [];
    if (key !== undefined) this.#pending.delete(key);
    return pending?.line;
  }

  #rememberOwn(position: string): void {
    this.#ownPositions.add(position);
    const [oldest] = this.#ownPositions;
    if (this.#ownPositions.size > MAX_OWN_POSITIONS && oldest !== undefined) this.#ownPositions.delete(oldest);
  }

  #separateDays(line: ChatLine): void {
    if (!line.isOtherDayThan(this.#lastDay)) return;
    this.#lastDay = line.at;
    const day = line.at;
    this.note(() => day.toLocaleDateString(document.documentElement.lang, { dateStyle: 'full' }));
  }

  #add(element: HTMLElement): void {
    this.#lines.append(element);
    if (this.#lines.childElementCount > MAX_LINES) this.#lines.firstElementChild?.remove();
  }

  #followUp(): void {
    let before = this.#last;
    for (const { line } of this.#pending.values()) {
      line.follow(before);
      before = line;
    }
  }
}
