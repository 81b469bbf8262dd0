import 'bootstrap/dist/css/bootstrap.css';
import './page.css';
import './lab.css';
import { socketAddress } from './address.ts';
import { byId } from './elements.ts';
import { FrameList } from './frame-list.ts';
import { LabSocket, type LabState } from './lab-socket.ts';
import { labTexts } from './lab-texts.ts';
import { addTexts, setWords, switchLanguage, useBrowserLanguage } from './language.ts';
import { measureRoundTrips } from './measure.ts';
import { keepToken, pageToken, takeTokenOfAddress } from './page-token.ts';
import { RatePlot } from './rate-plot.ts';
import { Rates } from './rates.ts';
import { repeat } from './repeat.ts';
import { RoundTrips } from './round-trips.ts';
import { followColorScheme } from './theme.ts';
import { tokenTexts } from './token-texts.ts';

/** Bytes that may wait for the network before a repetition pauses. */
const MAX_WAITING = 1024 * 1024;

const MAX_REASON_BYTES = 123;

const { texts, setText } = addTexts(labTexts);
addTexts(tokenTexts);

followColorScheme();
useBrowserLanguage();
takeTokenOfAddress();

const path = byId('path', HTMLSelectElement);
const address = byId('address', HTMLInputElement);
const subprotocol = byId('subprotocol', HTMLInputElement);
const token = byId('token', HTMLInputElement);
const reconnect = byId('reconnect', HTMLInputElement);
const connectButton = byId('connect', HTMLButtonElement);
const stateWords = byId('state-words', HTMLElement);
const closeButton = byId('close', HTMLButtonElement);
const closeWords = byId('close-words', HTMLElement);
const text = byId('text', HTMLTextAreaElement);
const sendForm = byId('send-form', HTMLFormElement);
const repeatButton = byId('repeat', HTMLButtonElement);
const measureButton = byId('measure', HTMLButtonElement);
const measured = byId('measured', HTMLElement);
const clearButton = byId('clear', HTMLButtonElement);
const totals = { sent: byId('sent-total', HTMLElement), received: byId('received-total', HTMLElement) };

const list = new FrameList(byId('frames', HTMLElement), byId('frames-view', HTMLElement));
const rates = new Rates();
const roundTrips = new RoundTrips();
// What is received is drawn over what is sent: where they are the same, both are to be seen.
const plot = new RatePlot(byId('plot', HTMLElement), [
  { color: '--plot-sent', width: 5 },
  { color: '--plot-received' },
  { color: '--plot-round-trip', points: true, right: true },
]);
const utf8 = new TextEncoder();
const count = { sent: 0, received: 0 };
const socket = new LabSocket({ state: showState, message: receive });
const heard = new EventTarget();

let readyState: LabState['readyState'] = 3;
let countdown: ReturnType<typeof setInterval> | undefined;
let stopRepeating: (() => void) | undefined;

path.onchange = () => {
  if (path.value) address.value = socketAddress(location.href, `.${path.value}`);
  else address.focus();
};
path.onchange(new Event('change'));
address.oninput = () => {
  path.value = '';
  // This server's token is none of another's business.
  if (!isHere(address.value)) token.value = '';
};
token.value = pageToken() ?? '';
token.onchange = () => isHere(address.value) && keepToken(token.value.trim());
addEventListener('hashchange', () => {
  if (takeTokenOfAddress()) token.value = pageToken() ?? '';
});
setText(stateWords, 'notYet');
byId('language', HTMLButtonElement).onclick = switchLanguage;

reconnect.onchange = () => {
  socket.reconnect = reconnect.checked;
};

onSubmit('connect-form', () => {
  try {
    const target = { address: address.value.trim(), subprotocol: subprotocol.value.trim(), token: token.value.trim() };
    socket.connect(target);
  } catch (error) {
    setWords(stateWords, () => texts().cannotConnect(String(error instanceof Error ? error.message : error)));
  }
});

onSubmit('close-form', () => {
  const code = byId('code', HTMLInputElement).valueAsNumber;
  const reason = byId('reason', HTMLInputElement).value;
  const { length } = utf8.encode(reason);
  closeWords.textContent = '';
  if (code !== 1000 && !(code >= 3000)) setWords(closeWords, () => texts().badClose(String(code)));
  else if (length > MAX_REASON_BYTES) setWords(closeWords, () => texts().longReason(length));
  else socket.close(code, reason);
});

onSubmit('send-form', () => {
  if (send(text.value)) text.value = '';
  text.focus();
});

text.onkeydown = (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  sendForm.requestSubmit();
};

onSubmit('repeat-form', () => {
  if (stopRepeating) return stopRepeating();
  const line = text.value || '{n}';
  const times = byId('times', HTMLInputElement).valueAsNumber;
  const every = byId('every', HTMLInputElement).valueAsNumber;
  setText(repeatButton, 'stop');
  let ended = false;
  const stop = repeat(
    { times, every },
    (n) => socket.bufferedAmount < MAX_WAITING && send(line.replaceAll('{n}', String(n))),
    () => {
      ended = true;
      stopRepeating = undefined;
      setText(repeatButton, 'repeat');
    },
  );
  if (!ended) stopRepeating = stop;
});

measureButton.onclick = async () => {
  measureButton.disabled = true;
  await measureRoundTrips(send, heard, (words) => setWords(measured, words));
  measureButton.disabled = readyState !== 1;
};

clearButton.onclick = () => {
  list.clear();
  count.sent = count.received = 0;
  showTotals();
  clearButton.disabled = true;
};

setInterval(showRates, 1000);
showRates();

function send(line: string): boolean {
  if (!socket.send(line)) return false;
  roundTrips.sent(line, performance.now());
  add('sent', line, utf8.encode(line).length);
  return true;
}

function receive(data: string | ArrayBuffer): void {
  if (typeof data === 'string') receiveText(data);
  else add('received', hexadecimal(data), data.byteLength);
}

function receiveText(data: string): void {
  const time = roundTrips.received(data, performance.now());
  if (time !== undefined) rates.roundTrip(time, Date.now());
  add('received', data, utf8.encode(data).length);
  heard.dispatchEvent(new CustomEvent('text', { detail: data }));
}

function add(kind: 'sent' | 'received', shown: string, bytes: number): void {
  rates[kind](Date.now());
  count[kind] += 1;
  const label = texts()[kind === 'sent' ? 'sentFrame' : 'receivedFrame'];
  list.add({ kind, label, text: shown, size: texts().bytes(bytes.toLocaleString('en')) });
  showTotals();
  clearButton.disabled = false;
}

function showTotals(): void {
  totals.sent.textContent = count.sent.toLocaleString('en');
  totals.received.textContent = count.received.toLocaleString('en');
}

function showState(state: LabState): void {
  readyState = state.readyState;
  for (const item of document.querySelectorAll<HTMLElement>('.states li')) {
    if (item.dataset.state === String(readyState)) item.setAttribute('aria-current', 'true');
    else item.removeAttribute('aria-current');
  }
  clearInterval(countdown);
  const waits = state.readyState === 3 && state.retryAt !== undefined;
  connectButton.disabled = readyState !== 3;
  closeButton.disabled = readyState > 1 && !waits;
  for (const id of ['send', 'repeat', 'measure']) byId(id, HTMLButtonElement).disabled = readyState !== 1;
  if (state.readyState === 3) showClosed(state);
  else if (readyState === 1) note(() => texts().opened(socket.protocol));
  else setText(stateWords, readyState === 0 ? 'opening' : 'closing');
}

function showClosed({ code, reason, retryAt }: LabState & { readyState: 3 }): void {
  roundTrips.clear();
  const closed = () => `${texts().lost(code, reason)}${code === 1006 ? ` · ${texts().refusedOrLost}` : ''}`;
  note(closed);
  if (retryAt === undefined) return;
  const seconds = () => Math.max(1, Math.ceil((retryAt - Date.now()) / 1000));
  const show = () => setWords(stateWords, () => texts().lostRetrying(texts().lost(code, reason), seconds()));
  show();
  countdown = setInterval(show, 250);
}

/** Says it as the state and as a line among the frames. */
function note(words: () => string): void {
  setWords(stateWords, words);
  list.add({ kind: 'note', label: '', text: words() });
  clearButton.disabled = false;
}

function showRates(): void {
  const series = rates.series(Date.now());
  plot.show(series.times, series.sent, series.received, series.roundTrip);
  byId('sent-rate', HTMLElement).textContent = String(series.sent.at(-1));
  byId('received-rate', HTMLElement).textContent = String(series.received.at(-1));
  byId('round-trip', HTMLElement).textContent = series.roundTrip.at(-1)?.toFixed(1) ?? '–';
}

function isHere(target: string): boolean {
  return URL.canParse(target) && new URL(target).host === location.host;
}

function hexadecimal(data: ArrayBuffer): string {
  const bytes = [...new Uint8Array(data, 0, Math.min(data.byteLength, 32))];
  return `${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')}${data.byteLength > 32 ? ' …' : ''}`;
}

function onSubmit(id: string, act: () => void): void {
  byId(id, HTMLFormElement).onsubmit = (event) => {
    event.preventDefault();
    act();
  };
}
