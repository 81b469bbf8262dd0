import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import type { LmdbPresenceOptions } from '../../src/rooms/lmdb/presence.ts';
import type {
  Arrival,
  LivingProcess,
  Members,
  Membership,
  Presence,
  PresenceListener,
} from '../../src/rooms/presence.ts';
import type { RedisPresenceOptions } from '../../src/rooms/redis/presence.ts';

export type Order = { id: number } & (
  | { do: 'enter'; room: string; arrival: Arrival }
  | { do: 'leave'; membership: number }
  | { do: 'members'; room: string; limit: number }
  | { do: 'describe'; text: string }
  | { do: 'processes' }
  | { do: 'close' }
);
type OrderWithoutId = Order extends infer O ? (O extends unknown ? Omit<O, 'id'> : never) : never;
export type Answer =
  | { id: number; result?: unknown; error?: string }
  | { id?: undefined; change: Parameters<PresenceListener> };

/** The presence of another process, started with its own store; it ends with the test. */
export class PresenceProcess implements Presence {
  readonly child: ChildProcess;
  readonly ready: Promise<unknown>;
  readonly #answers = new Map<number, (answer: Extract<Answer, { id: number }>) => void>();
  readonly #listeners = new Set<PresenceListener>();
  #orders = 0;

  /** @param place the folder of LMDB, or the address of Redis */
  constructor(t: ExecutionContext, place: string, options: LmdbPresenceOptions & RedisPresenceOptions = {}) {
    const script = fileURLToPath(new URL('presence-child.ts', import.meta.url));
    const args = ['--import=tsx', script, place, JSON.stringify(options)];
    this.child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    t.teardown(() => this.kill());
    this.child.on('message', (answer: Answer) => {
      if (answer.id === undefined) for (const listener of this.#listeners) listener(...answer.change);
      else this.#answers.get(answer.id)?.(answer);
    });
    this.ready = new Promise((resolve) => this.#answers.set(0, resolve));
  }

  /** Without a word, and waits until it is gone. */
  async kill(): Promise<void> {
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await gone;
  }

  async enter(room: string, arrival: Arrival): Promise<Membership> {
    const { id, result } = await this.#send({ do: 'enter', room, arrival });
    const { name, returned } = result as Membership;
    return { name, returned, leave: () => void this.#send({ do: 'leave', membership: id }) };
  }

  async members(room: string, limit: number): Promise<Members> {
    return (await this.#send({ do: 'members', room, limit })).result as Members;
  }

  follow(listener: PresenceListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  describe(text: string): void {
    void this.#send({ do: 'describe', text });
  }

  async processes(): Promise<readonly LivingProcess[]> {
    return (await this.#send({ do: 'processes' })).result as LivingProcess[];
  }

  async close(): Promise<void> {
    await this.#send({ do: 'close' });
  }

  #send(order: OrderWithoutId): Promise<{ id: number; result?: unknown }> {
    const id = ++this.#orders;
    return new Promise((resolve, reject) => {
      this.#answers.set(id, (answer) =>
        answer.error === undefined ? resolve(answer) : reject(new Error(answer.error)),
      );
      this.child.send({ ...order, id });
    });
  }
}
