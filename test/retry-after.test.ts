import test from 'ava';
import { retryAfterOf, withRetryAfter } from '../src/retry-after.ts';

for (const afterMs of [0, 1, 1234, 100_000]) {
  test(`a reason says ${afterMs} ms, and it is read from there`, (t) => {
    const reason = withRetryAfter('service restart', afterMs);
    t.is(reason, `service restart; retry after ${afterMs} ms`);
    t.is(retryAfterOf(reason), afterMs);
  });
}

for (const reason of [
  '',
  'service restart',
  'retry after 5 ms',
  '; retry after ms',
  '; retry after -5 ms',
  '; retry after 1.5 ms',
  '; retry after 5 s',
  '; retry after 5 ms, or never',
  '; retry after 99999999999 ms',
]) {
  test(`the reason ${JSON.stringify(reason)} says no time`, (t) => {
    t.is(retryAfterOf(reason), undefined);
  });
}
