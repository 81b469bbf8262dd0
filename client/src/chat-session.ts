import { ChatLog } from './chat-log.ts';
import { chatTexts } from './chat-texts.ts';
import { showConnection } from './connection-status.ts';
import { byId, create } from './elements.ts';
import { addTexts, setWords } from './language.ts';
import { showMembers } from './member-list.ts';
import { authorization, pageToken } from './page-token.ts';
import { randomHex } from './random.ts';
import { join, type Room } from './room.ts';
import type { RoomError } from './room-error.ts';
import { ScrollKeeper } from './scroll-keeper.ts';
import { recall, remember } from './stored.ts';
import { tabStore } from './tab-store.ts';
import { type Refused, TokenForm } from './token-form.ts';
import { Unread } from './unread.ts';

const { texts, setText } = addTexts(chatTexts);

const title = document.querySelector('title') ?? document.head;
const lines = byId('lines', HTMLElement);
const pending = byId('pending', HTMLElement);
const form = byId('form', HTMLFormElement);
const input = byId('m', HTMLTextAreaElement);
const queued = byId('queued', HTMLElement);
const members = byId('members', HTMLElement);
const membersButton = byId('members-button', HTMLButtonElement);
const toEnd = byId('to-end', HTMLButtonElement);
const toEndWords = byId('to-end-words', HTMLElement);

const scroll = new ScrollKeeper(byId('view', HTMLElement), byId('content', HTMLElement), (missed, atEnd) => {
  toEnd.hidden = atEnd;
  setWords(toEndWords, () => (missed > 0 ? texts().newMessages(missed) : texts().toEnd));
});
/** The one that is going on. */
let current: ChatSession | undefined;
const tokenForm = new TokenForm(() => current?.useToken());
const unread = new Unread((count) => setWords(title, () => `${count > 0 ? `(${count}) ` : ''}${texts().chatTitle}`));

/** Lines said before, for who comes to a room. */
const FIRST_LINES = 50;

/** One stay in a room under one name, from the join until `leave`. */
export class ChatSession {
  readonly #room: Room;
  readonly #wanted: string;
  readonly #log = new ChatLog(lines, pending);
  readonly #endings: (() => void)[];
  /** Where in the room's log the conversation of this tab begins: a reload shows it again from there. */
  readonly #startName: string;
  #failed = new Set<string>();

  constructor(roomName: string, name: string) {
    this.#wanted = name;
    this.#startName = `start.${roomName}`;
    const after = recall(this.#startName, true);
    this.#room = join(location.href, roomName, {
      name,
      client: tabSecret(),
      store: tabStore(),
      last: FIRST_LINES,
      token: pageToken,
      ...(after && { after }),
    });
    const room = this.#room;
    this.#endings = [
      room.on('welcome', ({ position }) => this.#welcomed(position)),
      room.on('event', (event) => this.#happened(event)),
      room.on('ack', ({ key, position }) => this.#log.acknowledged(key, position)),
      room.on('outbox', () => this.#showOutbox()),
      room.on('state', () => this.#showOutbox()),
      room.on('state', (state) => void this.#askForToken(state)),
      room.on('join', (who) => this.#came(who.name)),
      room.on('leave', (who) => this.#went(who.name)),
      room.on('gap', ({ lost }) => this.#log.note(() => texts().gap(lost))),
      room.on('reset', ({ position }) => this.#began(position)),
      room.on('error', (error) => this.#fail(error)),
      showConnection(room),
    ];
    current = this;
    this.#listenToPage();
    this.#showMembers();
    input.focus();
  }

  /** There is another token. */
  useToken(): void {
    this.#room.connect();
    input.focus();
  }

  /** Leaves the room; what is not acknowledged stays for the next time. */
  leave(): void {
    current = undefined;
    tokenForm.ask(undefined);
    for (const end of this.#endings) end();
    this.#room.close();
    // Who came back with the same one would get the old name again.
    remember('client', undefined, true);
    lines.replaceChildren();
    pending.replaceChildren();
  }

  /** Browsers do not say why a connection was refused: the room is asked over HTTP. */
  async #askForToken(state: Room['state']): Promise<void> {
    if (state.name === 'open') tokenForm.ask(undefined);
    // A connection that was lost says nothing of tokens, an attempt that failed may.
    if (state.name !== 'waiting' || (state.failures === 1 && state.code !== 4401 && this.#room.name !== undefined))
      return;
    const refused = await whyRefused(this.#room.address);
    if (current === this && this.#room.state.name !== 'open') tokenForm.ask(refused);
  }

  #listenToPage(): void {
    form.onsubmit = (event) => {
      event.preventDefault();
      if (input.value.trim() !== '') this.#say(input.value);
      input.value = '';
      input.focus();
    };
    input.onkeydown = (event) => {
      // Safari says 229 for the Enter that ends the choice of a Chinese word, and no longer that it is composing.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      form.requestSubmit();
    };
    byId('clear', HTMLButtonElement).onclick = () => {
      this.#log.clear();
      if (this.#room.position !== undefined) remember(this.#startName, this.#room.position, true);
      input.focus();
    };
    // The button goes away once it has done its work; the keyboard's place must not go with it.
    byId('reconnect', HTMLButtonElement).addEventListener('click', () => input.focus());
    toEnd.onclick = () => {
      scroll.toEnd();
      input.focus();
    };
    membersButton.onclick = () => {
      const open = members.toggleAttribute('data-open');
      membersButton.setAttribute('aria-expanded', String(open));
    };
  }

  #say(text: string): void {
    const { key } = this.#room.publishLine(text);
    this.#log.said(key, text, this.#ownName);
    this.#mark();
    scroll.toEnd();
  }

  get #ownName(): string {
    return this.#room.name ?? this.#wanted;
  }

  #welcomed(position: string): void {
    if (recall(this.#startName, true) === null) remember(this.#startName, position, true);
    const { name } = this.#room;
    if (name !== undefined && name !== this.#wanted && lines.childElementCount === 0) {
      this.#log.note(() => texts().taken(this.#wanted, name));
    }
    this.#showMembers();
  }

  #happened(event: { position: string; from: string; text: string; at: string }): void {
    const own = event.from === this.#room.name;
    this.#log.happened(event, own);
    if (own) return;
    unread.lineCame();
    scroll.lineCame();
  }

  #came(name: string): void {
    if (name !== this.#room.name) this.#log.note(() => texts().joined(name));
    this.#showMembers();
  }

  #went(name: string): void {
    if (name !== this.#room.name) this.#log.note(() => texts().left(name));
    this.#showMembers();
  }

  #began(position: string): void {
    remember(this.#startName, position, true);
    this.#log.note(() => texts().reset);
  }

  #showMembers(): void {
    const names = this.#room.members;
    setWords(membersButton, () => texts().memberCount(names.length));
    setWords(byId('members-heading', HTMLElement), () => texts().memberCount(names.length));
    showMembers(byId('member-list', HTMLElement), names, this.#ownName, (name) => texts().me(name));
  }

  #showOutbox(): void {
    // Those of before a reload are shown again.
    for (const { key, text } of this.#room.unacknowledged) this.#log.said(key, text, this.#ownName);
    this.#mark();
  }

  /** Says of each line that is not yet in the room what it waits for. */
  #mark(): void {
    const open = this.#room.state.name === 'open';
    const count = this.#room.unacknowledged.length;
    setWords(queued, () => (open || count === 0 ? '' : texts().queued(count)));
    this.#log.eachPending((line, key) => {
      if (!this.#failed.has(key)) line.setFoot(() => (open ? texts().unacknowledged : texts().unsent));
    });
  }

  #fail({ line, code, message, retryable }: RoomError): void {
    // What may succeed later is tried again without us, but for what was not even taken.
    if (!line || (retryable && code !== 'queue_full')) return;
    const { key, text } = line;
    this.#failed.add(key);
    this.#log.said(key, text, this.#ownName);
    const again = create('button', 'btn btn-link btn-sm p-0 align-baseline');
    again.type = 'button';
    setText(again, 'again');
    again.onclick = () => {
      this.#log.dropPending(key);
      this.#failed.delete(key);
      this.#say(text);
      input.focus();
    };
    this.#log.pendingLine(key)?.setFoot(() => texts().failed(message), true, again);
  }
}

/** By which the server knows this tab again after a reload. */
function tabSecret(): string {
  const secret = recall('client', true) ?? randomHex();
  remember('client', secret, true);
  return secret;
}

async function whyRefused(room: string): Promise<Refused> {
  try {
    const { status } = await fetch(room.replace('ws', 'http'), { headers: authorization(), cache: 'no-store' });
    return status === 401 || status === 403 ? status : undefined;
  } catch {
    // Nobody is there.
    return undefined;
  }
}
