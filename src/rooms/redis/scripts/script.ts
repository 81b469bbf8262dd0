import { createHash } from 'node:crypto';

/** A script of Redis: it runs as one step, and nothing comes between. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

/**
 * All keys of a script begin with its one declared key, which is a hash tag: they are in one slot. Rooms that a script takes
 * away or looks at are not known to its caller, so that their keys cannot be declared.
 */
export function script(...parts: string[]): Script {
  const text = ['local tag = KEYS[1]', ...parts].join('\n');
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}
