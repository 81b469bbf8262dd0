import test from 'ava';
import { KEPT, Processes, type Reading, type Summary, sumOf } from '../../client/src/readings.ts';

const bounds = [0.001, 0.01, 0.1];

function reading(pid: number, uptime: number, change: Partial<Reading> = {}): Reading {
  const counts = {
    messagesIn: 0,
    messagesOut: 0,
    bytesIn: 0,
    bytesOut: 0,
    outboxBytes: 0,
    open: 0,
    closing: 0,
    streams: 0,
  };
  const delivery = { bounds, atMost: [0, 0, 0], count: 0 };
  const own = { id: `a ${pid}`, host: 'a', pid, version: '', uptime, memory: 0, cpu: 0, rooms: [], processes: [] };
  return { ...own, delivery, ...counts, ...change };
}

function summary(id: string, change: Partial<Summary> = {}): Summary {
  const rates = { messagesInPerSecond: 0, messagesOutPerSecond: 0, load: 0, delay: 0 };
  const own = { id, host: 'a', pid: 1, version: '', started: 0, ready: true, open: 0, memory: 0, age: 0 };
  return { ...own, ...rates, ...change };
}

test('rates are those between two readings of one process, by its own clock', (t) => {
  const processes = new Processes();
  processes.add(reading(1, 10, { messagesIn: 100, bytesOut: 1000, cpu: 1 }), 1000);
  processes.add(reading(2, 500, { messagesIn: 9999 }), 1001);
  processes.add(reading(1, 14, { messagesIn: 300, bytesOut: 3000, cpu: 3, open: 7 }), 1005);
  const [point, ...more] = processes.shown?.points ?? [];
  t.like(point, { time: 1005, connections: 7, messagesIn: 50, bytesOut: 500, load: 0.5 });
  t.deepEqual(more, []);
  processes.choose('a 2');
  t.is(processes.shown?.latest.pid, 2);
  t.deepEqual(processes.shown?.points, []);
  t.is(processes.newest?.pid, 1, 'whoever is shown');
});

test('delivery times are those since the reading before, and none where nothing was delivered', (t) => {
  const processes = new Processes();
  processes.add(reading(1, 1, { delivery: { bounds, atMost: [1000, 1000, 1000], count: 1000 } }), 1);
  processes.add(reading(1, 2, { delivery: { bounds, atMost: [1051, 1099, 1100], count: 1100 } }), 2);
  processes.add(reading(1, 3, { delivery: { bounds, atMost: [1051, 1099, 1100], count: 1100 } }), 3);
  processes.add(reading(1, 4, { delivery: { bounds, atMost: [1051, 1099, 1100], count: 1101 } }), 4);
  t.deepEqual(
    processes.shown?.points.map(({ median, slow }) => [median, slow]),
    [
      [1, 10],
      [null, null],
      [100, 100],
    ],
  );
});

test('readings are kept for five minutes, and a process that does not answer any more is forgotten', (t) => {
  const processes = new Processes();
  const both = [summary('a 1'), summary('a 2')];
  processes.add(reading(1, 100, { processes: both }), 0);
  processes.add(reading(2, 1, { processes: both }), 60);
  t.true(processes.has('a 1'), 'the other one knows it');
  processes.add(reading(2, 2, { processes: both }), 61);
  t.false(processes.has('a 1'));
  for (let at = 1; at <= 2 * KEPT; at++) processes.add(reading(2, 2 + at, { processes: both }), 61 + at);
  t.is(processes.shown?.points.length, KEPT);
});

test('a process that the others do not know any more is forgotten soon, unless they know nobody', (t) => {
  const processes = new Processes();
  processes.add(reading(1, 100), 0);
  processes.add(reading(2, 1, { processes: [summary('a 2')], othersUnknown: 'Redis: away' }), 11);
  t.true(processes.has('a 1'));
  processes.add(reading(2, 2, { processes: [summary('a 2')] }), 11);
  t.false(processes.has('a 1'));
  t.is(processes.shown?.latest.pid, 2);
});

test('sums up connections and messages over machines', (t) => {
  const rates = { messagesInPerSecond: 1.5, messagesOutPerSecond: 20 };
  const all = [
    summary('1', { open: 2, ...rates }),
    summary('2', { host: 'b', open: 40, ...rates }),
    summary('3', rates),
  ];
  t.deepEqual(sumOf(all), { machines: 2, open: 42, messagesIn: 4.5, messagesOut: 60 });
  t.deepEqual(sumOf([]), { machines: 0, open: 0, messagesIn: 0, messagesOut: 0 });
});
