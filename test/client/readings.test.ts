import test from 'ava';
import { KEPT, Processes, type Reading } from '../../client/src/readings.ts';

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
  return { host: 'a', pid, version: '', uptime, memory: 0, cpu: 0, rooms: [], delivery, ...counts, ...change };
}

test('rates are those between two readings of one process, by its own clock', (t) => {
  const processes = new Processes();
  processes.add(reading(1, 10, { messagesIn: 100, bytesOut: 1000, cpu: 1 }), 1000);
  processes.add(reading(2, 500, { messagesIn: 9999 }), 1001);
  processes.add(reading(1, 14, { messagesIn: 300, bytesOut: 3000, cpu: 3, open: 7 }), 1005);
  const [point, ...more] = processes.shown?.points ?? [];
  t.like(point, { time: 1005, connections: 7, messagesIn: 50, bytesOut: 500, load: 0.5 });
  t.deepEqual(more, []);
  t.deepEqual(
    processes.all.map(({ latest }) => latest.pid),
    [1, 2],
  );
  t.deepEqual(processes.all[1]?.points, []);
  processes.choose('a 2');
  t.is(processes.shown?.latest.pid, 2);
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

test('a process that began anew counts from zero, and one that is gone is forgotten', (t) => {
  const processes = new Processes();
  processes.add(reading(1, 100, { messagesIn: 1000 }), 1);
  processes.add(reading(1, 1, { messagesIn: 5 }), 3);
  t.deepEqual(processes.shown?.points, []);
  processes.add(reading(2, 1), 100);
  t.deepEqual(
    processes.all.map(({ latest }) => latest.pid),
    [2],
  );
  for (let at = 1; at <= 2 * KEPT; at++) processes.add(reading(2, 1 + at), 100 + at);
  t.is(processes.shown?.points.length, KEPT);
});

test('processes of two machines may have the same number', (t) => {
  const processes = new Processes();
  processes.add(reading(7, 10, { host: 'b', open: 1 }), 1000);
  processes.add(reading(7, 10, { host: 'a', open: 2 }), 1001);
  t.deepEqual(
    processes.all.map(({ latest }) => [latest.host, latest.open]),
    [
      ['a', 2],
      ['b', 1],
    ],
  );
  processes.choose('a 7');
  t.is(processes.shown?.latest.open, 2);
});
