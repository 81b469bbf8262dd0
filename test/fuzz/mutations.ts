import type { Dice } from './seeds.ts';

type Mutation = (frames: Buffer[], dice: Dice) => Buffer[];

/** Replaces one frame, chosen at random, by what a function makes of a copy of it. */
const inOne =
  (change: (frame: Buffer, dice: Dice) => Buffer): Mutation =>
  (frames, dice) => {
    const at = dice.whole(0, frames.length - 1);
    return frames.map((frame, i) => (i === at ? change(Buffer.from(frame), dice) : frame));
  };

const header = (frame: Buffer) => {
  const short = (frame[1] ?? 0) & 0x7f;
  const lengthEnd = short === 127 ? 10 : short === 126 ? 4 : 2;
  return { short, lengthEnd, payloadStart: lengthEnd + 4 };
};

/** Ways in which frames go wrong, most of them small, as what is nearly right finds the most. */
const mutations: Mutation[] = [
  inOne(function flipsBits(frame, dice) {
    for (let count = dice.whole(1, 4); count > 0 && frame.length > 0; count--) {
      const at = dice.oneIn(2) ? dice.whole(0, Math.min(13, frame.length - 1)) : dice.whole(0, frame.length - 1);
      frame[at] = (frame[at] as number) ^ (1 << dice.whole(0, 7));
    }
    return frame;
  }),
  inOne(function deletesBytes(frame, dice) {
    const at = dice.whole(0, frame.length);
    return Buffer.concat([frame.subarray(0, at), frame.subarray(at + dice.whole(1, 8))]);
  }),
  inOne(function insertsBytes(frame, dice) {
    const at = dice.whole(0, frame.length);
    return Buffer.concat([frame.subarray(0, at), dice.bytes(dice.whole(1, 8)), frame.subarray(at)]);
  }),
  inOne(function truncates(frame, dice) {
    return frame.subarray(0, dice.whole(0, frame.length));
  }),
  inOne(function changesFirstByte(frame, dice) {
    frame[0] = dice.whole(0, 255);
    return frame;
  }),
  inOne(function changesOpcode(frame, dice) {
    frame[0] = ((frame[0] as number) & 0xf0) | dice.whole(0, 15);
    return frame;
  }),
  inOne(function changesLength(frame, dice) {
    const { short, lengthEnd } = header(frame);
    if (short < 126) frame[1] = ((frame[1] as number) & 0x80) | dice.whole(0, 127);
    else frame[dice.whole(2, lengthEnd - 1)] = dice.whole(0, 255);
    return frame;
  }),
  inOne(function writesLengthInMoreBytes(frame, dice) {
    const { payloadStart } = header(frame);
    const short = dice.oneIn(2);
    const length = Buffer.alloc(short ? 2 : 8);
    if (short) length.writeUInt16BE(dice.pick([0, 125, 126]));
    else length.writeBigUInt64BE(dice.pick([0n, 126n, 65_535n, 65_536n]));
    return Buffer.concat([Buffer.from([frame[0] ?? 0, short ? 0xfe : 0xff]), length, frame.subarray(payloadStart - 4)]);
  }),
  inOne(function announcesMuch(frame, dice) {
    const { payloadStart } = header(frame);
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt.asUintN(64, 1n << BigInt(dice.pick([0, 7, 15, 16, 20, 31, 32, 52, 53, 62, 63]))));
    return Buffer.concat([Buffer.from([frame[0] ?? 0, 0xff]), length, frame.subarray(payloadStart - 4)]);
  }),
  inOne(function dropsMask(frame) {
    const { lengthEnd, payloadStart } = header(frame);
    frame[1] = (frame[1] as number) & 0x7f;
    return Buffer.concat([frame.subarray(0, lengthEnd), frame.subarray(payloadStart)]);
  }),
  inOne(function flipsFin(frame) {
    frame[0] = (frame[0] as number) ^ 0x80;
    return frame;
  }),
  inOne((frame) => Buffer.concat([frame, frame])),
  inOne(() => Buffer.alloc(0)),
  inOne((_frame, dice) => dice.bytes(dice.whole(1, 200))),
  function swapsFrames(frames, dice) {
    const [a, b] = [dice.whole(0, frames.length - 1), dice.whole(0, frames.length - 1)];
    return frames.map((frame, i) => (i === a ? frames[b] : i === b ? frames[a] : frame) as Buffer);
  },
];

/** Frames that have gone wrong in one to three ways; at times still right. */
export function mutate(frames: Buffer[], dice: Dice): Buffer[] {
  let mutated = frames;
  for (let count = dice.whole(1, 3); count > 0; count--) {
    mutated = dice
      .pick(mutations)(mutated, dice)
      .filter(({ length }) => length > 1);
    if (mutated.length === 0) mutated = [dice.bytes(20)];
  }
  return mutated;
}
