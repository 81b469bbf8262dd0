import { append } from './append.ts';
import { beat } from './beat.ts';
import { bury } from './bury.ts';
import { enter } from './enter.ts';
import { expire } from './expire.ts';
import { grown } from './grown.ts';
import { head } from './head.ts';
import { heads } from './heads.ts';
import { hold } from './hold.ts';
import { leave } from './leave.ts';
import { look } from './look.ts';
import { members } from './members.ts';
import { newest } from './newest.ts';
import { processes } from './processes.ts';
import { read } from './read.ts';
import { size } from './size.ts';
import { sweep } from './sweep.ts';
import { told } from './told.ts';

/** Every script: a server is given all of them before it is used. */
export const SCRIPTS = [
  append,
  beat,
  bury,
  enter,
  expire,
  grown,
  head,
  heads,
  hold,
  leave,
  look,
  members,
  newest,
  processes,
  read,
  size,
  sweep,
  told,
];
