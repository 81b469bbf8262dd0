import type { ExecutionContext } from 'ava';
import { connect } from './client.ts';
import type { Program } from './program.ts';

/** What is said on /broadcast, /chat and /ws of one program is heard at the other, in the words of each path. */
export async function sayOnAllPaths(t: ExecutionContext, one: Program, two: Program): Promise<void> {
  // Whoever has its own line back is in the room; one that is just open may not be yet.
  const here = await connect(t, `${one.ws}broadcast`);
  here.send('here');
  t.is(await here.next(), 'here');
  const there = await connect(t, `${two.ws}broadcast`);
  there.send('to all');
  t.deepEqual([await there.next(), await here.next()], ['to all', 'to all']);
  const first = await connect(t, `${one.ws}chat`);
  first.send('a');
  t.is(await first.next(), '我:a');
  const second = await connect(t, `${two.ws}chat`);
  second.send('x');
  t.is(await second.next(), '我:x');
  t.is(await first.next(), '小军:x');
  const addressed = await Promise.all([one, two].map(({ ws }) => connect(t, `${ws}ws`)));
  const welcomes = await Promise.all(addressed.map(({ next }) => next()));
  addressed[1]?.send('x');
  const line = `${welcomes[1]?.replace('Welcome ', '')} -> x`;
  t.deepEqual(await Promise.all(addressed.map(({ next }) => next())), [line, line]);
}
