import { recall, remember } from './stored.ts';

const NAME = 'token';

/** The token of this tab, from the page's address or its field; undefined where there is none. */
export function pageToken(): string | undefined {
  return recall(NAME, true) || undefined;
}

export function keepToken(token: string): void {
  remember(NAME, token || undefined, true);
}

/** With which an HTTP request says whose it is. */
export function authorization(token = pageToken()): Record<string, string> {
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/** Keeps the token of an address such as `chat.html#token=…`, and takes it out of the address bar and of the history. False where there is none. */
export function takeTokenOfAddress(): boolean {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token === null) return false;
  keepToken(token.trim());
  history.replaceState(history.state, '', location.pathname + location.search);
  return true;
}
