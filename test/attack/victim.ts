import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import net, { type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { type Client, connect } from '../helpers/client.ts';
import { type Exit, startProgram } from '../helpers/program.ts';
import { head } from '../helpers/server.ts';

/** For attacks that are not about rates. */
export const NO_RATES = { MESSAGES_PER_SECOND: 'off', BYTES_PER_SECOND: 'off' };
export const MiB = 1024 ** 2;
/** Between two questions of the good client. */
const QUESTION_MS = 20;
/** Connections that are being made at the same time: fewer than wait to be accepted. */
const OPENING_AT_ONCE = 200;

/** The program as an attack meets it, and what the attack may not spoil. */
export interface Victim {
  port: number;
  url: string;
  ws: string;
  /** Memory of the process in MiB. */
  memory(): number;
  /** Asks it to stop and waits for that. */
  stop(): Promise<Exit>;
  /** Open WebSocket connections, as it says itself, without that of the good client. */
  connections(): Promise<number>;
  /** The codes of connections that ended, each with how many there were; from the log. */
  closeCodes(): Record<string, number>;
  /** Resolves when no connection of the attack is left, and no more sockets than before. */
  recovered(): Promise<void>;
  /**
   * The end of an attack: the server recovers, the good client was answered meanwhile and is answered now, and memory
   * was at its highest no more than so many MiB above what it was at first.
   */
  unharmed(growth: number): Promise<void>;
}

/** Starts the program with a good client at its echo, which asks and is answered until the attack is over. */
export async function startVictim(t: ExecutionContext, env: Record<string, string> = {}): Promise<Victim> {
  const program = await startProgram(t, { NODE_ENV: 'production', MAX_CONNECTIONS_PER_IP: 'off', ...env });
  const { port, url, ws } = program;
  const pid = program.child.pid as number;
  const good = await connect(t, `${ws}echo`, { perMessageDeflate: false });
  const connections = async () => {
    const response = await fetch(`${url}healthz`, { headers: { Connection: 'close' } });
    return ((await response.json()) as { connections: number }).connections - 1;
  };
  const questions = askOnAndOn(good);
  await connections();
  const socketsBefore = socketsOf(pid);
  // The highest memory counts from here on (man 5 proc).
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  const before = memoryOf(pid).now;
  const recovered = async () => {
    while ((await connections()) > 0 || socketsOf(pid) > socketsBefore) await delay(50);
  };
  return {
    port,
    url,
    ws,
    connections,
    stop: program.stop,
    memory: () => memoryOf(pid).now,
    closeCodes() {
      const counts: Record<string, number> = {};
      for (const [, code = ''] of program.output().matchAll(/"code":(\d+)/g)) counts[code] = (counts[code] ?? 0) + 1;
      return counts;
    },
    recovered,
    async unharmed(growth) {
      await recovered();
      const answers = await questions.stop();
      const { now, peak } = memoryOf(pid);
      t.log(`memory ${before} MiB before, ${peak} at its highest, ${now} after; ${answers} good answers meanwhile`);
      t.true(answers > 0, 'nobody was answered during the attack');
      t.true(peak - before <= growth, `memory grew from ${before} MiB to ${peak}, expected ${growth} more at most`);
    },
  };
}

/** A good client sends the next text when the last one has come back; one more at the end, after everything. */
function askOnAndOn(good: Client): { stop(): Promise<number> } {
  let going = true;
  const ask = async (question: string) => {
    good.send(question);
    const answer = await Promise.race([good.next(), good.closed]);
    if (answer !== question) throw new Error(`the good client got ${JSON.stringify(answer)}, expected ${question}`);
  };
  const loop = (async () => {
    let count = 0;
    for (; going; count++) {
      await ask(`question ${count}`);
      await delay(QUESTION_MS);
    }
    await ask('the last question');
    return count;
  })();
  // It is awaited at the end; until then nobody else looks at its failure.
  loop.catch(() => {});
  return {
    stop() {
      going = false;
      return loop;
    },
  };
}

function memoryOf(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (field: string) =>
    Math.round(Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024);
  return { now: mebibytes('VmRSS'), peak: mebibytes('VmHWM') };
}

/** Sockets that a process holds, those of its own workings included. */
function socketsOf(pid: number): number {
  const dir = `/proc/${pid}/fd`;
  return readdirSync(dir).filter((name) => {
    try {
      return readlinkSync(`${dir}/${name}`).startsWith('socket:');
    } catch {
      return false; // Closed since it was listed.
    }
  }).length;
}

/** How many files a process may have open here; Node raises its own soft limit to this. */
export function fileLimit(): number {
  return Number(execFileSync('/bin/sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).replace('unlimited', '1e9'));
}

/** A socket of an attacker: what it does with it is up to the test, and it ends with the test. */
export interface Attacker {
  socket: Socket;
  received(): Buffer;
  /** The other side has ended TCP, by FIN or by RST. */
  ended: Promise<void>;
}

export function attack(t: ExecutionContext, port: number, localAddress?: string): Attacker {
  const socket = net.connect({ port, host: '127.0.0.1', localAddress, allowHalfOpen: true, noDelay: true });
  const chunks: Buffer[] = [];
  socket.on('error', () => {});
  socket.on('data', (chunk) => chunks.push(chunk));
  t.teardown(() => socket.destroy());
  const ended = new Promise<void>((resolve) => {
    socket.once('end', resolve);
    socket.once('close', () => resolve());
  });
  return { socket, received: () => Buffer.concat(chunks), ended };
}

/** An attacker that has done the opening handshake; `received` begins after it. */
export async function upgrade(t: ExecutionContext, port: number, path = '/echo'): Promise<Attacker> {
  const attacker = attack(t, port);
  attacker.socket.write(head({}, `GET ${path} HTTP/1.1`));
  const headEnd = () => attacker.received().indexOf('\r\n\r\n') + 4;
  await new Promise<void>((resolve, reject) => {
    const look = () => {
      if (headEnd() < 4) return;
      attacker.socket.off('data', look);
      resolve();
    };
    attacker.socket.on('data', look);
    void attacker.ended.then(() => reject(new Error(`refused: ${attacker.received()}`)));
  });
  return { ...attacker, received: () => attacker.received().subarray(headEnd()) };
}

/** A data frame of which only the header has come, with a key of zeros: what follows is its payload as it stands. */
export function announce(opcode: number, bytes: number): Buffer {
  const header = Buffer.alloc(14);
  header[0] = 0x80 | opcode;
  header[1] = 0xff;
  header.writeBigUInt64BE(BigInt(bytes), 2);
  return header;
}

/** Many of something that takes a while to make, in order. */
export async function many<T>(count: number, make: (i: number) => T | Promise<T>): Promise<T[]> {
  const made: T[] = [];
  while (made.length < count) {
    const batch = Math.min(OPENING_AT_ONCE, count - made.length);
    made.push(...(await Promise.all(Array.from({ length: batch }, (_, i) => make(made.length + i)))));
  }
  return made;
}

/** The code of the Close frame at the end of what came, 0 where there is none. */
export function closeCodeIn(received: Buffer): number {
  for (let at = 0; at + 1 < received.length; ) {
    const short = received[at + 1] as number;
    const size = short < 126 ? 2 : short === 126 ? 4 : 10;
    const length = short < 126 ? short : short === 126 ? received.readUInt16BE(at + 2) : received.readUInt32BE(at + 6);
    if ((received[at] as number) === 0x88) return length < 2 ? 1005 : received.readUInt16BE(at + size);
    at += size + length;
  }
  return 0;
}

/** Waits until the server has ended all of them: the codes that it gave. */
export async function allClosed(attackers: Attacker[]): Promise<number[]> {
  await Promise.all(attackers.map(({ ended }) => ended));
  const codes = attackers.map(({ received }) => closeCodeIn(received()));
  for (const { socket } of attackers) socket.destroy();
  return [...new Set(codes)];
}

/** Writes as fast as the socket takes it, until `bytes` were written or the socket has ended. */
export async function flood(
  { socket, ended }: Attacker,
  piece: Buffer,
  bytes = Number.POSITIVE_INFINITY,
): Promise<void> {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  for (let written = 0; written < bytes && !over && !socket.destroyed; written += piece.length) {
    if (socket.write(piece)) continue;
    await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), ended]);
  }
}
