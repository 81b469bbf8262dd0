import { PEOPLE } from './people.ts';
import { script } from './script.ts';

/** Ends one holding. Arguments: channel, process, room, name. */
export const leave = script(
  PEOPLE,
  /* lua */ `
local channel, process, room, name = unpack(ARGV)
local now = clock()
letGo(channel, process, room, name, 1, now, now)
`,
);
