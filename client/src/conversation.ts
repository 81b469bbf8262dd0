import { create } from './elements.ts';
import { greeterTexts } from './greeter-texts.ts';
import { addTexts, setWords, shared } from './language.ts';

const { setText } = addTexts(greeterTexts);

/** Messages kept on the page; the oldest go first. */
const MAX_MESSAGES = 500;

const time = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

/** What was said and answered, as bubbles in the order of time. */
export class Conversation {
  readonly #list: HTMLElement;
  readonly #sendAgain: (text: string) => void;
  /** Said and not yet answered, oldest first: answers carry no mark of their question, but they come in order. */
  #awaiting: { text: string; message: HTMLElement }[] = [];

  constructor(list: HTMLElement, sendAgain: (text: string) => void) {
    this.#list = list;
    this.#sendAgain = sendAgain;
  }

  get isEmpty(): boolean {
    return this.#list.childElementCount === 0;
  }

  said(text: string): void {
    this.#awaiting.push({ text, message: this.#add('you', text) });
  }

  heard(text: string): void {
    this.#awaiting.shift();
    this.#add('server', text);
  }

  /** The connection broke: nothing said will be answered now, but for the newest `queued`, which have not left yet. */
  interrupted(queued: number): void {
    const lost = this.#awaiting.splice(0, this.#awaiting.length - queued);
    for (const { text, message } of lost) this.#markUnanswered(text, message);
  }

  clear(): void {
    this.#awaiting = this.#awaiting.map(({ text }) => ({ text, message: create('div', '') }));
    this.#list.replaceChildren();
  }

  #add(speaker: 'you' | 'server', text: string): HTMLElement {
    const name = create('span', 'fw-semibold');
    if (speaker === 'you') setWords(name, () => shared().you);
    else setText(name, 'server');
    const at = create('time', '');
    const now = new Date();
    at.dateTime = now.toISOString();
    at.textContent = time.format(now);
    const head = create('div', 'message-head small text-body-secondary');
    head.append(name, at);
    const bubble = create('div', 'bubble');
    // A nickname may be in a right-to-left script, and may look like markup: it stays text.
    bubble.dir = 'auto';
    bubble.textContent = text;
    const message = create('div', `message message-${speaker}`);
    message.append(head, bubble);
    this.#list.append(message);
    if (this.#list.childElementCount > MAX_MESSAGES) this.#list.firstElementChild?.remove();
    message.scrollIntoView({ block: 'nearest' });
    return message;
  }

  #markUnanswered(text: string, message: HTMLElement): void {
    const note = create('span', '');
    setText(note, 'unanswered');
    const again = create('button', 'btn btn-link btn-sm p-0 align-baseline');
    again.type = 'button';
    setText(again, 'again');
    again.onclick = () => {
      again.remove();
      this.#sendAgain(text);
    };
    const foot = create('div', 'message-foot small text-danger-emphasis');
    foot.append(note, again);
    message.append(foot);
    message.scrollIntoView({ block: 'nearest' });
  }
}
