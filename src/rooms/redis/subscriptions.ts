import type { RedisDriver } from './driver.ts';

type Listener = (message: string) => void;

/** The channels that a process listens to, over connections that come and go. */
export class RedisSubscriptions {
  readonly #listeners = new Map<string, Listener>();
  #isWhole = true;

  add(channel: string, listener: Listener): void {
    this.#listeners.set(channel, listener);
  }

  /** @returns who listened */
  remove(channel: string): Listener | undefined {
    const listener = this.#listeners.get(channel);
    this.#listeners.delete(channel);
    return listener;
  }

  /** One of them failed: with Sentinel the connection that all of them came over may be gone with it. */
  failed(): void {
    this.#isWhole = false;
  }

  /** Resolves when a connection listens to all; what it listens to already costs nothing. */
  async take(driver: RedisDriver): Promise<void> {
    this.#isWhole = true;
    try {
      await Promise.all([...this.#listeners].map(([channel, listener]) => driver.subscribe(channel, listener)));
    } catch (error) {
      this.#isWhole = false;
      throw error;
    }
  }

  /** As `take`, where something has failed; what fails again is for the next time. */
  async mend(driver: RedisDriver): Promise<void> {
    if (!this.#isWhole) await this.take(driver).catch(() => {});
  }
}
