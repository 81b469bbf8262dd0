import 'bootstrap/dist/css/bootstrap.css';
import './page.css';
import './chat.css';
import { ChatSession } from './chat-session.ts';
import { chatTexts } from './chat-texts.ts';
import { showUnsupported } from './connection-status.ts';
import { byId } from './elements.ts';
import { addTexts, setWords, switchLanguage, useBrowserLanguage } from './language.ts';
import { paint } from './portrait.ts';
import { recall, remember } from './stored.ts';
import { followColorScheme } from './theme.ts';

const { texts, setText } = addTexts(chatTexts);

followColorScheme();
useBrowserLanguage();

const entrance = byId('entrance', HTMLElement);
const chat = byId('chat', HTMLElement);
const nameInput = byId('name', HTMLInputElement);
const joinHint = byId('join-hint', HTMLElement);
const room = new URLSearchParams(location.search).get('room') || 'lobby';

/** As the server has it: 1 to 64 characters that look the same to everybody, so that two rooms never look like one. */
const ROOM = /^(?!\.)[\p{L}\p{M}\p{N}_.-]{1,64}$/u;

/** Control characters, and those that turn the direction of what stands around them. */
const NOT_IN_NAMES = /[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u;

byId('language', HTMLButtonElement).onclick = switchLanguage;
setWords(byId('room', HTMLElement), () => texts().room(room));

nameInput.value = recall('name') ?? '';
nameInput.oninput = () => {
  paint(byId('portrait', HTMLElement), nameInput.value.trim());
  setText(joinHint, 'joinHint');
  joinHint.classList.remove('text-danger-emphasis');
};
nameInput.dispatchEvent(new Event('input'));

byId('join-form', HTMLFormElement).onsubmit = (event) => {
  event.preventDefault();
  const name = nameInput.value.normalize('NFC').trim();
  if (name === '' || [...name].length > 32 || NOT_IN_NAMES.test(name)) complain(() => texts().badName);
  else enter(name);
};

if (!('WebSocket' in globalThis)) {
  showChat(true);
  showUnsupported();
  for (const id of ['m', 'send', 'clear', 'members-button', 'leave'])
    byId(id, HTMLElement).setAttribute('disabled', '');
} else if (!ROOM.test(room) || room.normalize('NFKC') !== room) {
  complain(() => texts().badRoom(room));
  nameInput.disabled = byId('join', HTMLButtonElement).disabled = true;
} else {
  // Who reloads the page is still in the room.
  const joinedAs = recall('joined', true);
  if (joinedAs) enter(joinedAs);
  else nameInput.focus();
}

function enter(name: string): void {
  remember('name', name);
  remember('joined', name, true);
  showChat(true);
  const session = new ChatSession(room, name);
  byId('leave', HTMLButtonElement).onclick = () => {
    session.leave();
    remember('joined', undefined, true);
    showChat(false);
    nameInput.select();
  };
}

function showChat(shown: boolean): void {
  entrance.hidden = shown;
  chat.hidden = !shown;
}

function complain(words: () => string): void {
  setWords(joinHint, words);
  joinHint.classList.add('text-danger-emphasis');
  nameInput.focus();
}
