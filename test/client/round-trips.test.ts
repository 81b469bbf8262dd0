import test from 'ava';
import { median, RoundTrips } from '../../client/src/round-trips.ts';

test('a text that comes back is matched with the oldest of its kind', (t) => {
  const trips = new RoundTrips();
  trips.sent('a', 0);
  trips.sent('a', 10);
  t.is(trips.received('a', 15), 15);
  t.is(trips.received('a', 16), 6);
  t.is(trips.received('a', 17), undefined);
});

test('a text may come back inside another one, or behind one that was sent later', (t) => {
  const trips = new RoundTrips();
  trips.sent('first', 0);
  trips.sent('second', 1);
  t.is(trips.received('127.0.0.1:9 -> second', 5), 4);
  t.is(trips.received('我:first', 6), 6);
});

test('an empty text, which every text contains, is not waited for', (t) => {
  const trips = new RoundTrips();
  trips.sent('', 0);
  t.is(trips.received('anything', 1), undefined);
});

test('after a loss nothing comes back', (t) => {
  const trips = new RoundTrips();
  trips.sent('a', 0);
  trips.clear();
  t.is(trips.received('a', 1), undefined);
});

test('where nothing ever comes back, only the newest are remembered', (t) => {
  const trips = new RoundTrips();
  for (let index = 0; index < 1_001; index++) trips.sent(`<${index}>`, index);
  t.is(trips.received('<0>', 2_000), undefined);
  t.is(trips.received('<1>', 2_000), 1_999);
});

test('the median is the middle one, the lower of two', (t) => {
  t.is(median([3, 1, 2]), 2);
  t.is(median([4, 1, 2, 3]), 2);
  t.is(median([]), undefined);
});
