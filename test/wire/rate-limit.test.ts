import test from 'ava';
import { RateLimit } from '../../src/wire/rate-limit.ts';

/** A limit of 10 messages and 1,000 bytes per second on a clock that the test sets. */
function limit() {
  const clock = { now: 0 };
  const rate = new RateLimit({ messagesPerSecond: 10, bytesPerSecond: 1000, rateGrace: 3000 }, () => clock.now);
  return { rate, clock };
}

test('lets five seconds’ worth through at once', (t) => {
  const { rate } = limit();
  t.is(rate.messagesLeft, 51);
  t.is(rate.spend(50, 100), 0);
  t.is(rate.messagesLeft, 1);
});

test('says for how long to pause when too much has come, by messages or by bytes', (t) => {
  t.is(limit().rate.spend(55, 100), 500);
  t.is(limit().rate.spend(1, 5500), 500);
});

test('is within its rates again when time has passed', (t) => {
  const { rate, clock } = limit();
  t.is(rate.spend(55, 0), 500);
  clock.now = 1000;
  t.is(rate.spend(1, 0), 0);
});

test('is exceeded by a connection that stays over its rate for longer than the grace', (t) => {
  const { rate, clock } = limit();
  for (; clock.now <= 3000; clock.now += 500) t.not(rate.spend(clock.now === 0 ? 60 : 6, 0), 'exceeded');
  t.is(rate.spend(6, 0), 'exceeded');
});

test('forgets that a connection was over its rate once it has been quiet', (t) => {
  const { rate, clock } = limit();
  rate.spend(60, 0);
  clock.now = 20_000;
  t.is(rate.spend(60, 0), 1000);
  clock.now = 22_500;
  t.not(rate.spend(60, 0), 'exceeded');
});

test('counts nothing where a limit is lifted', (t) => {
  const rate = new RateLimit({ messagesPerSecond: Infinity, bytesPerSecond: 1000, rateGrace: 0 }, () => 0);
  t.is(rate.messagesLeft, Infinity);
  t.is(rate.spend(1e9, 1), 0);
});
