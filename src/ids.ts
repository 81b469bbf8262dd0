import { randomBytes } from 'node:crypto';

/** Tells the processes apart whose lines are in one log. */
const PROCESS = randomBytes(4).toString('hex');

let count = 0;

/** Names a connection or a request in the log. It is never taken from a request, where anybody could write another's. */
export function nextId(): string {
  count++;
  return `${PROCESS}-${count.toString(36)}`;
}
