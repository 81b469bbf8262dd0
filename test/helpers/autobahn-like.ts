import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { ExecutionContext } from 'ava';
import { close } from './bytes.ts';
import { RawClient } from './server.ts';

/** What a server sends: a message, a control frame, or what no server may send. */
export type Answer = readonly [kind: string, ...details: unknown[]];

/** One case of a conformance test: what a client sends, and what it must get. */
export interface Case {
  name: string;
  /** Written one after the other. */
  send: readonly Buffer[];
  /** Write pieces of so many bytes, and let each go out alone. @default as they are */
  chop?: number;
  /** The answers before the Close, in order. */
  answers?: readonly Answer[];
  /** The code of the server's Close; where it is not said, the client closes with 1000 when it has its answers. */
  closes?: number | undefined;
}

const KINDS: Record<number, string> = { 1: 'text', 2: 'binary', 8: 'close', 9: 'ping', 10: 'pong' };

/** Long payloads are told apart, and printed, by a digest. */
const shown = (payload: Buffer | string): string => {
  const bytes = Buffer.from(payload);
  return bytes.length <= 200 ? bytes.toString('latin1') : `${bytes.length} bytes from ${bytes.toString('hex', 0, 8)}`;
};

export const texts = (...payloads: (Buffer | string)[]): Answer[] =>
  payloads.map((payload) => ['text', shown(payload)]);
export const binaries = (...payloads: (Buffer | string)[]): Answer[] =>
  payloads.map((payload) => ['binary', shown(payload)]);
export const pongs = (...payloads: (Buffer | string)[]): Answer[] =>
  payloads.map((payload) => ['pong', shown(payload)]);

/** Reads a server's frames, whole ones and unmasked; written for this and not with the code under test. */
class Answers {
  readonly all: Answer[] = [];
  /** Payloads of messages, for those that must be compared whole. */
  readonly payloads: Buffer[] = [];
  #chunks: Buffer[] = [];
  #bytes = 0;
  #needed = 2;

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes >= this.#needed) {
      // Joined only when the frame at hand is there, so that a long one stays linear.
      const bytes = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
      const taken = this.#frame(bytes);
      this.#chunks = [bytes.subarray(taken)];
      this.#bytes = bytes.length - taken;
    }
  }

  /** The length of the first frame, or 0 where bytes are missing. */
  #frame(bytes: Buffer): number {
    const [first = 0, second = 0] = bytes;
    const lengthBytes = second === 127 ? 8 : second === 126 ? 2 : 0;
    const start = 2 + lengthBytes;
    this.#needed = start;
    if (bytes.length < start) return 0;
    const length = lengthBytes === 0 ? second & 127 : Number(`0x${bytes.toString('hex', 2, start)}`);
    this.#needed = start + length;
    if (bytes.length < this.#needed) return 0;
    this.#needed = 2;
    const payload = bytes.subarray(start, start + length);
    const minimal = length < 126 ? 0 : length < 65_536 ? 2 : 8;
    if (first >> 4 !== 8 || second > 127 || lengthBytes !== minimal)
      this.all.push(['malformed', bytes.toString('hex', 0, 14)]);
    const kind = KINDS[first & 15] ?? `opcode ${first & 15}`;
    if (kind === 'close') this.all.push([kind, length > 1 ? payload.readUInt16BE() : 1005]);
    else {
      this.all.push([kind, shown(payload)]);
      this.payloads.push(payload);
    }
    return start + length;
  }
}

/** A client that goes through one case, and what it got. */
export interface Talk {
  answers: Answer[];
  payloads: Buffer[];
}

/** Does a case at the path of a server; returns when the server has ended TCP, which the client never does first. */
export async function talk(t: ExecutionContext, port: number, path: string, one: Case): Promise<Talk> {
  const client = await new RawClient(t, port).open(path);
  client.socket.removeAllListeners('data');
  client.socket.setNoDelay(true);
  const answers = new Answers();
  if (client.received.length > 0) answers.add(client.received);
  const progress = new Promise<void>((resolve) => {
    const look = () => answers.all.length >= (one.answers?.length ?? 0) && resolve();
    client.socket.on('data', (chunk) => {
      answers.add(chunk);
      look();
    });
    void client.ended.then(resolve);
    look();
  });
  for (const bytes of one.send) await write(client, bytes, one.chop ?? bytes.length);
  if (one.closes === undefined) {
    await progress;
    client.write(close(1000));
  }
  await client.ended;
  client.socket.destroy();
  return { answers: answers.all, payloads: answers.payloads };
}

async function write({ socket }: RawClient, bytes: Buffer, size: number): Promise<void> {
  for (let at = 0; at < bytes.length && socket.writable; at += size) {
    const more = socket.write(bytes.subarray(at, at + size));
    if (size >= bytes.length) return;
    if (more) await nextTurn();
    else
      await new Promise<void>((resolve) => {
        socket.once('drain', resolve);
        socket.once('close', () => resolve());
      });
  }
}

/** Does cases one after the other, and compares what came back. */
export async function assertCases(t: ExecutionContext, port: number, cases: readonly Case[]): Promise<void> {
  for (const one of cases) {
    const { answers } = await talk(t, port, '/echo', one);
    const expected = [...(one.answers ?? []), ['close', one.closes ?? 1000]];
    if (!isDeepStrictEqual(answers, expected)) t.deepEqual(answers, expected as Answer[], one.name);
  }
  t.log(`${cases.length} cases`);
  t.pass();
}
