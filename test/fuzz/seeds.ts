import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { seededRandom } from '../helpers/bytes.ts';

/** The knobs, both from the environment: how long each test goes on, and where it begins. */
const SECONDS = Number(process.env.FUZZ_SECONDS || 3);
const SEED = process.env.FUZZ_SEED ? Number(process.env.FUZZ_SEED) : undefined;

/** Enough time for a round that has begun to end. */
const SPARE_MS = 60_000;
/** Other tests of the file have their turn this often. */
const TURN_MS = 20;

/** A round's source of chance. */
export interface Dice {
  /** From 0 to 1, without 1. */
  random(): number;
  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number;
  /** True once in `times`. */
  oneIn(times: number): boolean;
  pick<T>(values: readonly T[]): T;
  bytes(count: number): Buffer;
}

/**
 * Does rounds, each with the next seed, for FUZZ_SECONDS (3) or until one fails; that one is named with the command that
 * repeats it. Seeds begin at FUZZ_SEED, anywhere where it is not set; without FUZZ_SECONDS that one alone is done.
 */
export async function fuzz(
  t: ExecutionContext,
  file: string,
  round: (dice: Dice) => void | Promise<void>,
): Promise<void> {
  t.timeout(SECONDS * 1000 + SPARE_MS);
  const first = SEED ?? Math.floor(Math.random() * 1e9);
  const alone = SEED !== undefined && !process.env.FUZZ_SECONDS;
  const end = Date.now() + SECONDS * 1000;
  let turnEnds = Date.now() + TURN_MS;
  let seed = first;
  do {
    try {
      await round(diceOf(seed));
    } catch (error) {
      const { message, stack } = error as Error;
      t.log(stack);
      t.fail(`${message}\nAgain: FUZZ_SEED=${seed} npx ava ${file} --match='${t.title}'`);
      return;
    }
    seed++;
    if (Date.now() >= turnEnds) {
      await nextTurn();
      turnEnds = Date.now() + TURN_MS;
    }
  } while (!alone && Date.now() < end);
  t.log(`${seed - first} rounds from seed ${first}`);
  t.pass();
}

function diceOf(seed: number): Dice {
  const random = seededRandom(seed);
  const whole = (min: number, max: number) => min + Math.floor(random() * (max - min + 1));
  return {
    random,
    whole,
    oneIn: (times) => random() * times < 1,
    pick: (values) => values[whole(0, values.length - 1)] as never,
    bytes: (count) => Buffer.from(new Uint8Array(count).map(() => whole(0, 255))),
  };
}
