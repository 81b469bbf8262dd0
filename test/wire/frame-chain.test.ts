import test from 'ava';
import { FrameChain } from '../../src/wire/frame-chain.ts';

const [a, b, c] = ['a', 'bb', 'ccc'].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];

test('joins its frames in order, one frame without a copy', (t) => {
  const one = new FrameChain(a);
  t.is(one.joined, a);
  const three = one.and(b).and(c);
  t.is(three.bytes, 6);
  t.is(three.joined.toString(), 'abbccc');
});

test('the same frames are one chain and one join, other frames are not', (t) => {
  const one = new FrameChain(a);
  const joined = one.and(b).joined;
  t.is(one.and(b).joined, joined);
  t.is(one.and(c).joined.toString(), 'accc');
  t.is(joined.toString(), 'abb');
  t.is(one.and(Buffer.from('bb')).joined.toString(), 'abb');
  t.true(one.is(a));
  t.false(one.is(b));
  t.false(one.and(b).is(a));
});
