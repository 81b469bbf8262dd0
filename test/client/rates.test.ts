import test from 'ava';
import { Rates, SECONDS_KEPT } from '../../client/src/rates.ts';

test('messages are counted by the second, and the one that has not ended is left out', (t) => {
  const rates = new Rates();
  rates.sent(10_000);
  rates.sent(10_999);
  rates.received(11_000);
  rates.sent(12_500);
  const { times, sent, received } = rates.series(12_600);
  t.is(times.length, SECONDS_KEPT);
  t.deepEqual(times.slice(-2), [10, 11]);
  t.deepEqual(sent.slice(-2), [2, 0]);
  t.deepEqual(received.slice(-2), [0, 1]);
});

test('the round trip of a second is its median, and there is none where nothing came back', (t) => {
  const rates = new Rates();
  for (const time of [9, 1, 2]) rates.roundTrip(time, 5_000);
  t.deepEqual(rates.series(7_000).roundTrip.slice(-2), [2, null]);
});

test('what is older than the plot is forgotten', (t) => {
  const rates = new Rates();
  rates.sent(1_000);
  t.is(rates.series(1_000 + SECONDS_KEPT * 1000).sent[0], 1);
  t.is(rates.series(2_000 + SECONDS_KEPT * 1000).sent[0], 0);
  // Gone for good, not only out of sight.
  t.is(rates.series(1_000 + SECONDS_KEPT * 1000).sent[0], 0);
});
