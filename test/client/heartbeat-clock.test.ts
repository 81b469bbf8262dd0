import test from 'ava';
import { Heartbeat } from '../../client/src/heartbeat.ts';

/** Time that passes when the test says so. */
const clock = {
  now: 0,
  ids: 0,
  timers: new Map<number, { at: number; run: () => void }>(),
  pass(ms: number) {
    const end = clock.now + ms;
    while (clock.now < end) {
      clock.now += 1;
      for (const [id, { at, run }] of [...clock.timers]) {
        if (at <= clock.now && clock.timers.delete(id)) run();
      }
    }
  },
};
const timers = {
  setTimeout: (run: () => void, ms: number) => {
    clock.ids += 1;
    clock.timers.set(clock.ids, { at: clock.now + ms, run });
    return clock.ids;
  },
  clearTimeout: (id: number) => clock.timers.delete(id),
};
const times = { interval: 15_000, timeout: 10_000 };

function startHeartbeat() {
  let asked = 0;
  let dead = 0;
  const heartbeat = new Heartbeat(
    times,
    () => {
      asked += 1;
    },
    () => {
      dead += 1;
    },
  );
  const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout, now: performance.now };
  /** Runs with the time of the test. */
  const within = <T>(run: () => T): T => {
    Object.assign(globalThis, timers);
    performance.now = () => clock.now;
    try {
      return run();
    } finally {
      Object.assign(globalThis, { setTimeout: real.setTimeout, clearTimeout: real.clearTimeout });
      performance.now = real.now;
    }
  };
  clock.now = 0;
  clock.timers.clear();
  return { heartbeat, within, counts: () => ({ asked, dead }) };
}

test.serial('silence is asked about after 15 seconds, and is the end after 25', (t) => {
  const { heartbeat, within, counts } = startHeartbeat();
  within(() => {
    heartbeat.start();
    clock.pass(14_990);
    t.deepEqual(counts(), { asked: 0, dead: 0 });
    clock.pass(20);
    t.deepEqual(counts(), { asked: 1, dead: 0 });
    clock.pass(9_970);
    t.deepEqual(counts(), { asked: 1, dead: 0 });
    clock.pass(30);
    t.deepEqual(counts(), { asked: 1, dead: 1 });
  });
});

test.serial('who is heard is not asked, and from the last word it is 25 seconds again', (t) => {
  const { heartbeat, within, counts } = startHeartbeat();
  within(() => {
    heartbeat.start();
    for (let second = 0; second < 60; second++) {
      clock.pass(1_000);
      heartbeat.heard();
    }
    t.deepEqual(counts(), { asked: 0, dead: 0 });
    clock.pass(25_010);
    t.deepEqual(counts(), { asked: 1, dead: 1 });
  });
});

test.serial('an answer in time keeps it alive; a check asks at once, and once; stop is the end of it', (t) => {
  const { heartbeat, within, counts } = startHeartbeat();
  within(() => {
    heartbeat.start();
    clock.pass(1_000);
    heartbeat.check();
    heartbeat.check();
    t.deepEqual(counts(), { asked: 1, dead: 0 });
    clock.pass(9_000);
    heartbeat.heard();
    clock.pass(5_000);
    t.deepEqual(counts(), { asked: 1, dead: 0 });
    heartbeat.stop();
    heartbeat.check();
    clock.pass(60_000);
    t.deepEqual(counts(), { asked: 1, dead: 0 });
  });
});
