import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type ClientMessage, type ServerMessage, SUBPROTOCOL } from '../rooms/protocol.ts';
import { ANSWER_TIMEOUT, type Check, ending, speak } from './checks.ts';
import { ok } from './findings.ts';
import { ackOf, lineAt, publishingProblem, repeatingProblem, resumingProblem, type Visit } from './room-findings.ts';
import type { Site } from './site.ts';

/** Everybody in the room reads it. */
const TEXT = 'text-event-server doctor: a test, nothing is to be done';

/** Publishes one line in a room, and comes back for it as a client does that has lost its connection. */
export function roomCheck(room: string): Check {
  const path = `rooms/${encodeURIComponent(room)}`;
  const after = (position: string) => `${path}?after=${encodeURIComponent(position)}`;
  return async (site) => {
    const key = `doctor ${randomUUID()}`;
    const publication: ClientMessage = { type: 'publish', key, text: TEXT };
    const start = performance.now();
    const first = await visit(
      site,
      path,
      publication,
      (so) => lineAt(so, ackOf(so, key)?.position ?? '') !== undefined,
    );
    const problem = publishingProblem(first, key, site.token !== undefined);
    if (problem) return problem;
    const milliseconds = Math.round(performance.now() - start);

    const position = ackOf(first, key)?.position ?? '';
    const line = { key, text: TEXT, position };
    const before = first.messages.find((message) => message.type === 'welcome')?.position ?? '';
    const second = await visit(site, after(before), undefined, (so) => lineAt(so, position) !== undefined);
    const third = await visit(site, after(position), publication, (so) => ackOf(so, key) !== undefined);
    return (
      resumingProblem(second, line) ??
      repeatingProblem(third, line) ??
      ok(`a line in ${room} came in ${milliseconds} ms, again after a lost connection, and stands there once`)
    );
  };
}

/** Enters a room, says something when it is welcomed, and leaves when all has come that is waited for, or something is wrong. */
async function visit(
  site: Site,
  path: string,
  message: ClientMessage | undefined,
  isDone: (visit: Visit) => boolean,
): Promise<Visit> {
  const connection = speak(site, path, [SUBPROTOCOL]);
  const messages: ServerMessage[] = [];
  let outcome: { trouble: string | undefined } | undefined;
  connection.on('text', (text) => {
    const said = messageIn(text);
    if (said) messages.push(said);
    if (said?.type === 'welcome' && message) connection.sendText(JSON.stringify(message));
    const isOver = isDone({ messages, trouble: undefined }) || ['error', 'gap', 'reset'].includes(said?.type ?? '');
    if (said && !isOver) return;
    const strange = `got ${JSON.stringify(text.slice(0, 80))}, expected ${SUBPROTOCOL}`;
    outcome ??= { trouble: said ? undefined : strange };
    connection.close(1000);
  });
  const end = await ending(connection, ANSWER_TIMEOUT);
  if (connection.readyState !== connection.CLOSED) await once(connection, 'close');
  return { messages, trouble: outcome ? outcome.trouble : (end ?? `nothing within ${ANSWER_TIMEOUT / 1000} s`) };
}

/** Undefined for what is no message of the subprotocol. */
function messageIn(text: string): ServerMessage | undefined {
  try {
    const value = JSON.parse(text) as ServerMessage | null;
    return typeof value?.type === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
