import test from 'ava';
import { defaultBackoff, retryDelay } from '../../client/src/backoff.ts';

const ceiling = (failures: number) => retryDelay(failures, defaultBackoff, () => 1);

test('the wait is never shorter than half a second', (t) => {
  for (const failures of [1, 2, 10, 5_000])
    t.is(
      retryDelay(failures, defaultBackoff, () => 0),
      500,
    );
});

test('the longest wait doubles with each failure and ends at 20 seconds', (t) => {
  t.deepEqual([1, 2, 3, 4, 5, 6, 7, 5_000].map(ceiling), [1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000, 20_000]);
});

test('the waits of many clients are spread over the whole range', (t) => {
  const waits = Array.from({ length: 1_000 }, () => retryDelay(5, defaultBackoff));
  t.true(waits.some((wait) => wait < 3_000));
  t.true(waits.some((wait) => wait > 14_000));
});
