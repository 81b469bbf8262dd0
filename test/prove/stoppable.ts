// Readers in a process of their own, so that it can be stopped: node stoppable.ts <url> <count>.
import { addressOfClient } from './crowd.ts';
import { Reader } from './reader.ts';

/** Far from the addresses and names of the crowd. */
const FIRST = 10_000;

const [url = '', count = '0'] = process.argv.slice(2);
const readers = Array.from({ length: Number(count) }, (_, i) => {
  const interrupted = (what: string) => {
    throw new Error(what);
  };
  return new Reader({ url, localAddress: addressOfClient(FIRST + i), name: `stopped-${i}`, interrupted });
});

await until(() => readers.every(({ connected }) => connected));
process.send?.('ready');
process.on('message', async (offset: number) => {
  await until(() => readers.every((reader) => reader.offset >= offset));
  process.send?.(readers.map(({ received }) => received));
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}
