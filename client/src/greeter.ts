import 'bootstrap/dist/css/bootstrap.css';
import './page.css';
import './greeter.css';
import { socketAddress } from './address.ts';
import { TextConnection } from './connection.ts';
import { showConnection, showUnsupported } from './connection-status.ts';
import { Conversation } from './conversation.ts';
import { byId } from './elements.ts';
import { greeterTexts } from './greeter-texts.ts';
import { addTexts, switchLanguage, useBrowserLanguage } from './language.ts';
import { followColorScheme } from './theme.ts';

const { setText } = addTexts(greeterTexts);

followColorScheme();
useBrowserLanguage();

const form = byId('form', HTMLFormElement);
const input = byId('m', HTMLInputElement);
const sendButton = byId('send', HTMLButtonElement);
const hint = byId('hint', HTMLElement);
const clearButton = byId('clear', HTMLButtonElement);
const connection = new TextConnection(socketAddress(location.href));
const conversation = new Conversation(byId('result', HTMLElement), (text) => {
  say(text);
  input.focus();
});

byId('address', HTMLElement).textContent = connection.address;
byId('language', HTMLButtonElement).onclick = switchLanguage;

form.onsubmit = (event) => {
  event.preventDefault();
  input.focus();
  if (connection.state.name !== 'open') return;
  // The server does not answer an empty text, and a blank name is a slip too.
  if (input.value.trim() === '') return showHint('emptyMessage');
  say(input.value);
  input.value = '';
};

input.oninput = () => showHint(connection.state.name === 'open' ? 'hint' : 'offlineHint');

clearButton.onclick = () => {
  conversation.clear();
  clearButton.disabled = true;
  input.focus();
};

// The button goes away once it has done its work; the keyboard's place must not go with it.
byId('reconnect', HTMLButtonElement).addEventListener('click', () => input.focus());

connection.on('text', (text) => {
  conversation.heard(text);
  clearButton.disabled = false;
});

connection.on('state', ({ name }) => {
  sendButton.disabled = name !== 'open';
  if (name === 'open') showHint('hint');
  if (name === 'waiting' || name === 'closed') {
    showHint('offlineHint');
    conversation.interrupted(connection.queued);
  }
});

if ('WebSocket' in globalThis) {
  showConnection(connection);
  connection.connect();
  input.focus();
} else {
  showUnsupported();
  input.disabled = true;
  hint.hidden = true;
}

function say(text: string): void {
  if (!connection.send(text)) return;
  conversation.said(text);
  clearButton.disabled = false;
}

function showHint(name: 'hint' | 'offlineHint' | 'emptyMessage'): void {
  setText(hint, name);
  hint.classList.toggle('text-danger-emphasis', name === 'emptyMessage');
}
