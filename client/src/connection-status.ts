import type { ConnectionState } from './connection.ts';
import { byId } from './elements.ts';
import { setWords, shared } from './language.ts';

/** What the state of is shown: a connection, or what stands on one. */
export interface Connecting {
  on(type: 'state', listener: (state: ConnectionState) => void): () => void;
  connect(): void;
}

const badge = byId('status', HTMLElement);
const words = byId('status-words', HTMLElement);
const notice = byId('notice', HTMLElement);
const noticeWords = byId('notice-words', HTMLElement);
const reconnect = byId('reconnect', HTMLButtonElement);

/** Shows the connection's state in words and colour, and what happens next while there is none. Returns what ends it. */
export function showConnection(connection: Connecting): () => void {
  reconnect.onclick = () => connection.connect();
  let countdown: ReturnType<typeof setInterval> | undefined;
  const end = connection.on('state', (state) => {
    showState(state);
    clearInterval(countdown);
    if (state.name !== 'open') countdown = setInterval(() => showState(state), 250);
  });
  return () => {
    clearInterval(countdown);
    end();
  };
}

export function showUnsupported(): void {
  badge.dataset.state = 'closed';
  setWords(words, () => shared().unsupported);
  notice.hidden = false;
  reconnect.hidden = true;
  setWords(noticeWords, () => shared().noWebSocket);
}

function showState(state: ConnectionState): void {
  const shown = state.name === 'waiting' ? 'closed' : state.name;
  if (badge.dataset.state !== shown) {
    badge.dataset.state = shown;
    setWords(words, () => shared()[shown]);
  }
  // Stays through the attempts between two waits, so that the page does not jump.
  if (state.name !== 'connecting') notice.hidden = state.name === 'open';
  reconnect.disabled = state.name === 'connecting';
  const next = whatIsNext(state);
  if (noticeWords.textContent !== next) noticeWords.textContent = next;
}

function whatIsNext(state: ConnectionState): string {
  if (state.name === 'waiting') return shared().retryIn(Math.max(1, Math.ceil((state.retryAt - Date.now()) / 1000)));
  if (state.name === 'closed') return shared().refused(`${state.code} ${state.reason}`.trim());
  return shared().retrying;
}
