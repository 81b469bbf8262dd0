import type { RoomEvent } from '../event-log.ts';

/** What an append tells those who listen to its room. */
export interface WakeUp {
  /** Its number among the appends of all rooms behind the tag. */
  readonly seq: number;
  readonly head: number;
  readonly epoch: string;
  /** Left out where it is large. */
  readonly event?: RoomEvent;
}

/** `<origin> <seq> <head> <epoch>`, and for a small event ` <time> <length of the name> <name><text>`. */
const FORM = /^\w+ (\d+) (\d+) (\w+)(?: (\d+) (\d+) )?/;

/** Undefined for what no append of this version tells. */
export function parseWakeUp(message: string): WakeUp | undefined {
  const found = FORM.exec(message);
  if (found === null) return undefined;
  const [start, seq, head, epoch = '', at, length] = found;
  const told = { seq: Number(seq), head: Number(head), epoch };
  if (at === undefined) return told;
  const middle = start.length + Number(length);
  const [from, text] = [message.slice(start.length, middle), message.slice(middle)];
  return { ...told, event: { offset: told.head, at: Number(at), from, text } };
}
