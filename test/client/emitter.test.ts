import test from 'ava';
import { Emitter } from '../../client/src/emitter.ts';

test('listeners are told until they are ended, one that ends within the event too', (t) => {
  const emitter = new Emitter<{ text: string }>();
  const heard: string[] = [];
  const endFirst = emitter.on('text', (text) => {
    heard.push(`first ${text}`);
    endFirst();
  });
  emitter.on('text', (text) => heard.push(`second ${text}`));
  emitter.emit('text', 'a');
  emitter.emit('text', 'b');
  t.deepEqual(heard, ['first a', 'second a', 'second b']);
});

test('what a listener throws is reported by the platform, and keeps nobody from going on', (t) => {
  const emitter = new Emitter<{ text: string }>();
  const heard: string[] = [];
  emitter.on('text', () => {
    throw new Error('of a listener');
  });
  emitter.on('text', (text) => heard.push(text));
  const reports: (() => void)[] = [];
  const { queueMicrotask } = globalThis;
  globalThis.queueMicrotask = (report) => reports.push(report);
  emitter.emit('text', 'a');
  globalThis.queueMicrotask = queueMicrotask;
  t.deepEqual(heard, ['a']);
  t.is(reports.length, 1);
  t.throws(() => reports[0]?.(), { message: 'of a listener' });
});
