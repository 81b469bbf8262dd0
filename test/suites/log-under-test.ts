import type { ExecutionContext } from 'ava';
import type { EventLog, Page, RoomEvent } from '../../src/rooms/event-log.ts';
import type { LogOptions } from '../../src/rooms/log-limits.ts';

/** An implementation of EventLog, as the suite needs it. */
export interface LogUnderTest {
  /** The test file, to be named where a random round fails. */
  readonly file: string;
  /** Opens an empty log, which is closed when the test ends. */
  open(t: ExecutionContext, options?: LogOptions): Promise<EventLog>;
  /** Closes a log and opens what it kept; left out where nothing is kept. */
  reopen?(t: ExecutionContext, log: EventLog, options?: LogOptions): Promise<EventLog>;
  /** Opens the same log once more; left out where it cannot be shared. */
  openAnother?(t: ExecutionContext, log: EventLog, options?: LogOptions): Promise<EventLog>;
}

/** As a limit: every event. */
export const ALL = 1_000_000;

export const textsOf = ({ events }: Page): string[] => events.map(({ text }) => text);
export const offsetsOf = (events: readonly RoomEvent[]): number[] => events.map(({ offset }) => offset);
export const count = (to: number): number[] => Array.from({ length: to }, (_, i) => i + 1);

export async function appendAll(log: EventLog, room: string, texts: readonly string[]): Promise<void> {
  await Promise.all(texts.map((text) => log.append(room, { from: 'a', text })));
}

/** Looks until what is read is as wanted; a log that never comes there fails with the test's time. */
export async function readUntil(log: EventLog, room: string, wanted: (page: Page) => boolean): Promise<Page> {
  for (;;) {
    const page = await log.read(room, undefined, ALL);
    if (wanted(page)) return page;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
