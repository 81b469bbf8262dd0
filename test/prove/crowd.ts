import { setTimeout as delay } from 'node:timers/promises';
import { Ledger } from './ledger.ts';
import { Publisher } from './publisher.ts';
import { Reader } from './reader.ts';

export interface CrowdOptions {
  /** How many read. */
  readers: number;
  rooms: number;
  /** How many publish in each room. */
  publishers: number;
  /** Milliseconds between two lines of a publisher. */
  interval: number;
  /** Characters of a line. */
  size?: number;
  /** Every line is published two times. */
  twice?: boolean;
  /** Where reader number `i` connects to. @default the site's own address */
  addressOf?(i: number): string;
}

/** How long everyone may take to be back before the run is given up. */
const PATIENCE_MS = 90_000;

/** Readers and publishers in several rooms of one site, and the ledger of what each of them saw. */
export class Crowd {
  readonly ledger = new Ledger();
  readonly readers: Reader[] = [];
  readonly publishers: Publisher[] = [];
  /** The longest that everyone took to be back after a blow, in seconds. */
  slowest = 0;
  readonly #roomOf = new Map<Reader, string>();

  constructor(url: string, options: CrowdOptions) {
    const { readers, rooms, publishers, interval, size = 0, twice = false, addressOf = () => url } = options;
    const name = (i: number) => `room-${i % rooms}`;
    for (let i = 0; i < readers; i++) {
      const reader = new Reader({
        url: `${addressOf(i)}rooms/${name(i)}`,
        localAddress: addressOfClient(i),
        name: `reader-${i}`,
        interrupted: () => this.ledger.interrupted++,
      });
      this.readers.push(reader);
      this.#roomOf.set(reader, name(i));
      this.ledger.room(name(i)).readers.push(reader.received);
    }
    this.#begin = () => {
      for (let i = 0; i < rooms * publishers; i++) {
        const ledger = this.ledger.room(name(i));
        const sender = `sender-${i}`;
        const localAddress = addressOfClient(readers + i);
        const room = `${url}rooms/${name(i)}`;
        this.publishers.push(new Publisher({ url: room, localAddress, name: sender, ledger, interval, size, twice }));
      }
    };
  }

  readonly #begin: () => void;

  /** Everyone reads, then the first line is published: from there on nobody may miss one. */
  async start(): Promise<void> {
    await within('nobody is left outside', () => this.readers.every(({ connected }) => connected));
    this.#begin();
    await this.flow();
  }

  /** Waits until some lines more are acknowledged: publishing goes on. */
  async flow(lines = this.publishers.length * 3): Promise<void> {
    const before = this.ledger.acknowledged;
    await within('lines are acknowledged', () => this.ledger.acknowledged >= before + lines);
  }

  /** Waits until every reader is connected and has what was acknowledged by now; notes the seconds since `blow`. */
  async back(blow: number): Promise<void> {
    const heads = new Map<string, number>();
    for (const room of new Set(this.#roomOf.values())) {
      heads.set(room, Math.max(0, ...this.ledger.room(room).acknowledged.values()));
    }
    const isBack = (reader: Reader) =>
      reader.connected && reader.offset >= (heads.get(this.#roomOf.get(reader) ?? '') ?? 0);
    await within('everyone is back', () => this.readers.every(isBack));
    this.slowest = Math.max(this.slowest, (Date.now() - blow) / 1000);
  }

  /** The last lines are published and acknowledged, and whoever can still be given them is. */
  async stop(): Promise<void> {
    await Promise.all(this.publishers.map((publisher) => publisher.stop()));
    await this.back(Date.now());
  }

  end(): void {
    for (const each of [...this.readers, ...this.publishers]) each.end();
  }
}

/** Addresses of the loopback range, so that no limit per address counts the crowd as one. */
export function addressOfClient(i: number): string {
  return `127.1.${Math.floor(i / 100)}.${(i % 100) + 1}`;
}

async function within(what: string, condition: () => boolean): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited ${PATIENCE_MS / 1000} s until ${what}`);
    await delay(20);
  }
}
