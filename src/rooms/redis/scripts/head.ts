import { ROOM } from './room.ts';
import { script } from './script.ts';

/** Arguments: room, epoch if it begins, now, most rooms. Answer: epoch and head; nothing where the room would be one too many. */
export const head = script(
  ROOM,
  /* lua */ `
local room, epoch, given, maxRooms = unpack(ARGV)
local now = clock(given)
local meta = open(room, epoch, now, maxRooms)
if not meta then return {} end
touch(meta, now)
return { meta.epoch, meta.head }
`,
);
