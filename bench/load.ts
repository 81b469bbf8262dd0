// The load, in a process and on a core of its own. It counts bytes and parses nothing, so that it costs less than what
// it measures. Told what to do by one JSON argument, it answers with one JSON line.
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import net, { type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface Task {
  shape: 'echo' | 'broadcast' | 'handshake' | 'idle' | 'disconnect';
  port: number;
  pid: number;
  /** What the server speaks. */
  dialect: 'text' | 'socket.io';
  connections: number;
  /** Messages on their way at a time: per connection at an echo, of the one sender at a broadcast. */
  inFlight: number;
  payloadBytes: number;
  seconds: number;
}

export interface Measured {
  /** Messages received, handshakes, or connections. */
  count: number;
  /** CPU time of the server process, in microseconds. */
  cpu: number;
  /** Wall-clock time, in milliseconds. */
  wall: number;
  /** Resident memory that came with it, in KiB. */
  memory: number;
}

interface Peer {
  socket: Socket;
  /** Bytes received that belong to no whole answer yet. */
  rest: number;
  /** Answers received. */
  seen: number;
}

const task: Task = JSON.parse(process.argv[2] ?? '');
const payload = 'abcdefghijklmnopqrstuvwxyz0123456789'.repeat(500).slice(0, task.payloadBytes);
const isSocketIo = task.dialect === 'socket.io';
const event = task.shape === 'broadcast' ? 'broadcast' : 'echo';
const request = frame(isSocketIo ? `42${JSON.stringify([event, payload])}` : payload, true);
const answerBytes = frame(isSocketIo ? `42${JSON.stringify(['m', payload])}` : payload, false).length;
const requests = Array.from({ length: 65 }, (_, n) => Buffer.concat(Array(n).fill(request)));
const path = isSocketIo ? '/socket.io/?EIO=4&transport=websocket' : `/${event}`;

const shapes: Record<Task['shape'], () => Promise<Measured>> = {
  echo: () => messages((peers) => peers),
  broadcast: () => messages(([first]) => [first as Peer]),
  handshake: async () => {
    await openAll(200);
    return during(async () => (await openAll(task.connections)).length);
  },
  idle: async () => {
    await openAll(200);
    return during(async () => {
      const peers = await openAll(task.connections);
      await delay(task.seconds * 1000);
      return peers.length;
    });
  },
  disconnect: async () => {
    const peers = await openAll(task.connections);
    return during(async () => {
      for (const { socket } of peers) socket.resetAndDestroy();
      await settled();
      return peers.length;
    });
  },
};

/** Sends from some of the peers for some seconds, after warming up, and counts what all receive. */
async function messages(sendersOf: (peers: Peer[]) => Peer[]): Promise<Measured> {
  let received = 0;
  const onAnswers = task.shape === 'broadcast' ? broadcastRound : echoRound;
  const peers = await openAll(task.connections, (peer, bytes) => {
    peer.rest += bytes;
    const answers = Math.floor(peer.rest / answerBytes);
    if (answers === 0) return;
    peer.rest -= answers * answerBytes;
    received += answers;
    onAnswers(peer, answers);
  });
  const senders = sendersOf(peers);
  /** How many peers have each of the broadcasts that are on their way, by their number modulo the size. */
  const reached = new Uint32Array(64);

  function echoRound({ socket }: Peer, answers: number): void {
    socket.write(requests[answers] ?? Buffer.concat(Array(answers).fill(request)));
  }

  /** The sender goes on with one more for each that everyone has. */
  function broadcastRound(peer: Peer, answers: number): void {
    let complete = 0;
    for (const end = peer.seen + answers; peer.seen < end; peer.seen++) {
      const slot = peer.seen % reached.length;
      reached[slot] = (reached[slot] as number) + 1;
      if (reached[slot] !== task.connections) continue;
      reached[slot] = 0;
      complete++;
    }
    if (complete > 0) senders[0]?.socket.write(requests[complete] as Buffer);
  }

  for (const { socket } of senders) socket.write(requests[task.inFlight] as Buffer);
  await delay(1000);
  return during(async () => {
    const before = received;
    await delay(task.seconds * 1000);
    return received - before;
  });
}

async function during(work: () => Promise<number>): Promise<Measured> {
  const [cpu, memory, start] = [cpuOf(task.pid), memoryOf(task.pid), performance.now()];
  const count = await work();
  return {
    count,
    cpu: cpuOf(task.pid) - cpu,
    memory: memoryOf(task.pid) - memory,
    wall: performance.now() - start,
  };
}

/** Opens connections, 32 at a time. */
async function openAll(count: number, onData: (peer: Peer, bytes: number) => void = () => {}): Promise<Peer[]> {
  const peers: Peer[] = [];
  const open = async () => {
    while (peers.length < count) {
      const peer: Peer = { socket: undefined as unknown as Socket, rest: 0, seen: 0 };
      peers.push(peer);
      await openOne(peer, onData);
    }
  };
  await Promise.all(Array.from({ length: 32 }, open));
  return peers;
}

/** The receive buffer is shared: what comes is counted and not kept. */
const buffer = Buffer.alloc(64 * 1024);

function openOne(peer: Peer, onData: (peer: Peer, bytes: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let opening = isSocketIo ? 3 : 1;
    peer.socket = net.connect({
      port: task.port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer,
        callback: (bytes) => {
          if (opening === 0) onData(peer, bytes);
          else if (isSocketIo) opening = socketIoOpening(peer, bytes);
          else opening = 0;
          if (opening === 0) resolve();
          return true;
        },
      },
    });
    peer.socket.on('error', reject);
    peer.socket.on('connect', () => peer.socket.write(head()));
  });
}

/** Socket.IO: its own greeting, our connect packet, its answer. Returns how much is left of the opening. */
function socketIoOpening(peer: Peer, bytes: number): number {
  const text = buffer.toString('latin1', 0, bytes);
  if (text.includes('0{')) peer.socket.write(frame('40', true));
  return text.includes('40{') ? 0 : 2;
}

function head(): string {
  const key = randomBytes(16).toString('base64');
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${task.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`;
}

function frame(text: string, masked: boolean): Buffer {
  const bytes = Buffer.from(text);
  const length = bytes.length < 126 ? [bytes.length] : [126, bytes.length >> 8, bytes.length & 255];
  if (!masked) return Buffer.concat([Buffer.from([0x81, ...length]), bytes]);
  const key = randomBytes(4);
  const hidden = bytes.map((byte, i) => byte ^ (key[i % 4] as number));
  return Buffer.concat([Buffer.from([0x81, (length[0] as number) | 0x80, ...length.slice(1)]), key, hidden]);
}

/** Waits until the server has nothing to do any more. */
async function settled(): Promise<void> {
  for (let last = -1; ; ) {
    await delay(100);
    const now = cpuOf(task.pid);
    if (now - last < 5_000) return;
    last = now;
  }
}

/** CPU time of all threads of a process, in microseconds, from the scheduler's own count. */
function cpuOf(pid: number): number {
  const nanoseconds = readdirSync(`/proc/${pid}/task`).map((thread) => {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  });
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1000;
}

/** Resident memory of a process, in KiB. */
function memoryOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)?.[1]);
}

process.stdout.write(`${JSON.stringify(await shapes[task.shape]())}\n`, () => process.exit(0));
