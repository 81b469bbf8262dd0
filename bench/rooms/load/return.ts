import { setTimeout as delay } from 'node:timers/promises';
import { inParallel } from './all.ts';
import { joinRoom, type Place } from './member.ts';
import type { RoomAnswer, RoomTask } from './task.ts';

const ROOM = 'return';
/** Addresses of this machine, so that no limit per address is met. */
const ADDRESSES = 250;
const RETRY_MS = 1000;

/** What all clients have in common. */
interface Crowd {
  task: RoomTask;
  refused: number;
  /** When the first was told to come back, and the latest time that anybody was told, in milliseconds. */
  sentAwayAt: number;
  lastAfterMs: number;
  onSentAway: () => void;
}

/** All are in a room; the server is reloaded, they come back when they were told to, and read what they have missed. */
export async function comeBack(task: RoomTask): Promise<RoomAnswer> {
  const { target, missed = 0 } = task;
  const crowd: Crowd = { task, refused: 0, sentAwayAt: 0, lastAfterMs: 0, onSentAway: () => {} };
  const sentAway = new Promise<void>((resolve) => {
    crowd.onSentAway = resolve;
  });
  const lives = await inParallel(task.clients, (number) => live(crowd, number));
  process.kill(target.pid, 'SIGHUP');
  await sentAway;
  await publishNumbers(crowd, missed);
  await Promise.all(lives.map(({ caughtUp }) => caughtUp));
  const seconds = (performance.now() - crowd.sentAwayAt) / 1000;
  const { refused, lastAfterMs } = crowd;
  return { values: { seconds, refused, told: lastAfterMs / 1000 } };
}

/** Joins; `caughtUp` resolves when it has been sent away, has come back, and has each of the events once, in their order. */
async function live(crowd: Crowd, number: number): Promise<{ caughtUp: Promise<void> }> {
  const { target, missed = 0 } = crowd.task;
  let [seen, back] = [0, false];
  let settle: { resolve: () => void; reject: (error: Error) => void };
  const caughtUp = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Handled where it is waited for, which is later.
  caughtUp.catch(() => {});
  const check = () => {
    if (back && seen === missed) settle.resolve();
  };
  let last: Buffer | undefined;
  const onEvent = (payload: Buffer) => {
    last = Buffer.from(payload);
    const { text } = JSON.parse(last.toString());
    if (text !== String(++seen)) settle.reject(new Error(`event ${text} came where ${seen} was expected`));
    check();
  };
  const join = async (place?: Place): Promise<void> => {
    const from = `127.1.${Math.floor(number / ADDRESSES)}.${(number % ADDRESSES) + 1}`;
    let afterMs: number | undefined;
    const onSentAway = (ms: number) => {
      afterMs = ms;
      crowd.sentAwayAt ||= performance.now();
      crowd.lastAfterMs = Math.max(crowd.lastAfterMs, ms);
      crowd.onSentAway();
    };
    const member = await joinRoom({
      target,
      room: ROOM,
      name: `c${number}`,
      from,
      ...(place && { place }),
      onEvent,
      onSentAway,
    });
    void member.client.closed.then(async () => {
      if (afterMs === undefined) settle.reject(new Error('a connection was closed without a time to come back'));
      await delay(afterMs);
      await joinAgain(last ? member.placeAfter(last.toString()) : member.place);
    });
  };
  const joinAgain = async (place: Place): Promise<void> => {
    await untilJoined(crowd, () => join(place));
    back = true;
    check();
  };
  await join();
  return { caughtUp };
}

/** Tries until it is let in; each time that it is not counts. */
async function untilJoined<T>(crowd: Crowd, join: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await join();
    } catch {
      crowd.refused++;
      await delay(RETRY_MS);
    }
  }
}

/** The events that are missed: their texts are their numbers. Resolves when they are acknowledged. */
async function publishNumbers(crowd: Crowd, count: number): Promise<void> {
  const { target } = crowd.task;
  let acknowledged = 0;
  let onDone: () => void;
  const done = new Promise<void>((resolve) => {
    onDone = resolve;
  });
  const onAck = () => {
    if (++acknowledged === count) onDone();
  };
  const member = await untilJoined(crowd, () => joinRoom({ target, room: ROOM, name: 'publisher', onAck }));
  for (let n = 1; n <= count; n++) member.publish(String(n));
  await done;
}
