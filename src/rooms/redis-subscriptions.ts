import type { RedisDriver } from './redis-driver.ts';

type Listener = (message: string) => void;

/** The channels that a process listens to, over connections that come and go. */
export class RedisSubscriptions {
  readonly #listeners = new Map<string, Listener>();
  /** Those that could not be subscribed to while there was a connection. */
  readonly #missing = new Set<string>();

  add(channel: string, listener: Listener): void {
    this.#listeners.set(channel, listener);
  }

  /** @returns who listened */
  remove(channel: string): Listener | undefined {
    const listener = this.#listeners.get(channel);
    this.#listeners.delete(channel);
    this.#missing.delete(channel);
    return listener;
  }

  failed(channel: string): void {
    if (this.#listeners.has(channel)) this.#missing.add(channel);
  }

  /** Resolves when a connection listens to all. */
  async take(driver: RedisDriver): Promise<void> {
    await Promise.all([...this.#listeners].map(([channel, listener]) => driver.subscribe(channel, listener)));
    this.#missing.clear();
  }

  /** Those to try again now. */
  takeMissing(): [channel: string, listener: Listener][] {
    const missing = [...this.#missing].map((channel) => [channel, this.#listeners.get(channel)] as const);
    this.#missing.clear();
    return missing.flatMap(([channel, listener]) => (listener ? [[channel, listener]] : []));
  }
}
