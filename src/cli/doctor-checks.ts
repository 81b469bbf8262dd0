import { once } from 'node:events';
import { SUBPROTOCOL } from '../rooms/protocol.ts';
import type { Connection } from '../wire/connection.ts';
import { ANSWER_TIMEOUT, type Check, ending, speak } from './checks.ts';
import { judgeAddress, judgeClock, judgeStream, judgeSubprotocol } from './doctor-findings.ts';
import { skipped } from './findings.ts';
import { get, type Site, streamStart } from './site.ts';

/** Nobody else talks here. */
const ROOM = 'rooms/doctor';

const tokenNeeded = skipped('rooms ask for a token here: --token, or TEXT_EVENT_TOKEN');

/** Milliseconds for the first block of a stream, beyond what any answer of the site takes. */
const STREAM_PATIENCE = 1_000;

/** What `doctor` tests beside `check`, by name. */
export const doctorChecks: Readonly<Record<string, Check>> = {
  subprotocol: async (site) => {
    const { connection, text, trouble } = await firstText(site, ROOM, [SUBPROTOCOL]);
    if (text === undefined && /\b401\b/.test(trouble) && !site.token) return tokenNeeded;
    return judgeSubprotocol(connection.protocol, text, trouble);
  },
  stream: checkStream,
  address: checkAddress,
  clock: async (site) => judgeClock((await get(site, 'healthz')).headers.date, new Date()),
};

async function checkStream(site: Site) {
  const start = performance.now();
  await get(site, 'healthz');
  const usual = performance.now() - start;
  const limit = Math.round(usual + STREAM_PATIENCE);
  const begin = await streamStart(site, `${ROOM}/events`, limit);
  return begin.status === 401 && !site.token ? tokenNeeded : judgeStream(begin, limit);
}

/** `/ws` welcomes each client by the address that the server sees. */
async function checkAddress(site: Site) {
  const { text, trouble, local, remote } = await firstText(site, 'ws', []);
  if (text === undefined) return { status: 'wrong' as const, detail: `no welcome at /ws: ${trouble}` };
  const seen = /^Welcome (.+?)(?::\d+)?$/.exec(text)?.[1];
  if (seen === undefined) return skipped(`/ws does not welcome by address: ${JSON.stringify(text.slice(0, 80))}`);
  return judgeAddress(seen, local, remote);
}

interface First {
  readonly connection: Connection;
  readonly text: string | undefined;
  /** Why no text came. */
  readonly trouble: string;
  /** Of the connection as it is here: our address, and the site's. */
  readonly local: string;
  readonly remote: string;
}

/** The first text that a path sends, and hangs up. */
async function firstText(site: Site, path: string, protocols: string[]): Promise<First> {
  const connection = speak(site, path, protocols);
  let text: string | undefined;
  let [local, remote] = ['', ''];
  connection.once('connect', () => {
    const { localAddress = '', remoteAddress = '' } = connection.socket;
    [local, remote] = [localAddress, remoteAddress];
  });
  connection.once('text', (first) => {
    text = first;
    connection.close(1000);
  });
  const end = await ending(connection, ANSWER_TIMEOUT);
  if (connection.readyState !== connection.CLOSED) await once(connection, 'close');
  return { connection, text, trouble: end ?? `nothing within ${ANSWER_TIMEOUT / 1000} s`, local, remote };
}
