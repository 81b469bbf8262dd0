import type { ConnectionState, TextConnection } from './connection.ts';
import { byId } from './elements.ts';
import { setText, texts } from './language.ts';

const badge = byId('status', HTMLElement);
const words = byId('status-words', HTMLElement);
const notice = byId('notice', HTMLElement);
const noticeWords = byId('notice-words', HTMLElement);
const reconnect = byId('reconnect', HTMLButtonElement);

/** Shows the connection's state in words and colour, and what happens next while there is none. */
export function showConnection(connection: TextConnection): void {
  reconnect.onclick = () => connection.connect();
  let countdown: ReturnType<typeof setInterval> | undefined;
  connection.on('state', (state) => {
    showState(state);
    clearInterval(countdown);
    if (state.name !== 'open') countdown = setInterval(() => showState(state), 250);
  });
}

export function showUnsupported(): void {
  badge.dataset.state = 'closed';
  setText(words, 'unsupported');
  notice.hidden = false;
  reconnect.hidden = true;
  setText(noticeWords, 'noWebSocket');
}

function showState(state: ConnectionState): void {
  const shown = state.name === 'waiting' ? 'closed' : state.name;
  if (badge.dataset.state !== shown) {
    badge.dataset.state = shown;
    setText(words, shown);
  }
  // Stays through the attempts between two waits, so that the page does not jump.
  if (state.name !== 'connecting') notice.hidden = state.name === 'open';
  reconnect.disabled = state.name === 'connecting';
  const next = whatIsNext(state);
  if (noticeWords.textContent !== next) noticeWords.textContent = next;
}

function whatIsNext(state: ConnectionState): string {
  if (state.name === 'waiting') return texts().retryIn(Math.max(1, Math.ceil((state.retryAt - Date.now()) / 1000)));
  if (state.name === 'closed') return texts().refused(`${state.code} ${state.reason}`.trim());
  return texts().retrying;
}
