// The server's own rules: what it refuses, it refuses before the page could hear why.
import { checkName } from '../../src/rooms/names.ts';
import { roomNameProblem } from '../../src/rooms/room-name.ts';
import 'bootstrap/dist/css/bootstrap.css';
import './page.css';
import './chat.css';
import './tones.css';
import { ChatSession } from './chat-session.ts';
import { chatTexts } from './chat-texts.ts';
import { showUnsupported } from './connection-status.ts';
import { byId } from './elements.ts';
import { addTexts, setWords, switchLanguage, useBrowserLanguage } from './language.ts';
import { takeTokenOfAddress } from './page-token.ts';
import { paint } from './portrait.ts';
import { recall, remember } from './stored.ts';
import { followColorScheme } from './theme.ts';

const { texts, setText } = addTexts(chatTexts);

followColorScheme();
useBrowserLanguage();

takeTokenOfAddress();

const entrance = byId('entrance', HTMLElement);
const chat = byId('chat', HTMLElement);
const nameInput = byId('name', HTMLInputElement);
const joinHint = byId('join-hint', HTMLElement);
const room = new URLSearchParams(location.search).get('room') || 'lobby';

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
  const { name } = checkName(nameInput.value);
  if (name === undefined) complain(() => texts().badName);
  else enter(name);
};

if (!('WebSocket' in globalThis)) {
  showChat(true);
  showUnsupported();
  for (const id of ['m', 'send', 'clear', 'members-button', 'leave'])
    byId(id, HTMLElement).setAttribute('disabled', '');
} else if (roomNameProblem(room) !== undefined) {
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
