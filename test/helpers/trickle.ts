import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';

export interface Trickle {
  /** Nicknames that were greeted. */
  greeted: number;
  /** Why the others were not, and how many for each reason. */
  failures: Record<string, number>;
  /** Begins no more, and waits for those that have begun. */
  stop(): Promise<Trickle>;
}

const INTERVAL_MS = 5;
/** A build and a browser may have the machine meanwhile; one that nobody answers is not answered later either. */
const ANSWER_TIMEOUT_MS = 40_000;

/** A new connection every 5 ms, each of which wants to be greeted; from many addresses, so that no limit counts them. */
export function startTrickle(url: string): Trickle {
  const pending = new Set<Promise<void>>();
  let going = true;
  let count = 0;
  const trickle: Trickle = {
    greeted: 0,
    failures: {},
    async stop() {
      going = false;
      await loop;
      await Promise.all(pending);
      return trickle;
    },
  };
  const greet = async (): Promise<void> => {
    try {
      await greetOnce(url, `127.0.${count >> 8}.${(count++ % 254) + 1}`);
      trickle.greeted++;
    } catch (error) {
      const { message } = error as Error;
      trickle.failures[message] = (trickle.failures[message] ?? 0) + 1;
    }
  };
  const begin = async (): Promise<void> => {
    while (going) {
      const one = greet();
      pending.add(one);
      void one.then(() => pending.delete(one));
      await delay(INTERVAL_MS);
    }
  };
  const loop = begin();
  return trickle;
}

function greetOnce(url: string, localAddress: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { rejectUnauthorized: false, localAddress });
    const timer = setTimeout(() => {
      reject(new Error('no greeting in time'));
      socket.terminate();
    }, ANSWER_TIMEOUT_MS);
    let greeted = false;
    socket.on('open', () => socket.send('a'));
    socket.on('message', () => {
      greeted = true;
      socket.close();
    });
    socket.on('error', reject);
    socket.on('close', (code) => {
      clearTimeout(timer);
      // 1012 is the old process saying goodbye: the handshake was not refused, and the client is told to come back.
      if (greeted || code === 1012) resolve();
      else reject(new Error(`closed with ${code}`));
    });
  });
}
