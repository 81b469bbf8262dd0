import test from 'ava';
import type { Disaster, Scale } from './disaster.ts';
import { isClean, prove, table } from './prove.ts';

/** Enough to go through every path; `npm run prove` is the real thing. */
const SCALE: Scale = { readers: 30, rooms: 3, kills: 3, reloads: 1, seconds: 6 };

/** A test for each disaster, one after the other. */
export function proveInShort(disasters: readonly Disaster[]): void {
  for (const disaster of disasters) {
    test.serial(`nothing is lost: ${disaster.title}`, async (t) => {
      const row = await prove(t, disaster, SCALE);
      if (!row) {
        t.pass();
        return;
      }
      t.log(table([row]));
      t.true(isClean(row), JSON.stringify(row));
    });
  }
}
