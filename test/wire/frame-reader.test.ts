import test from 'ava';
import type { ProtocolError } from '../../src/errors.ts';
import { FrameReader, type FrameSink } from '../../src/wire/frame-reader.ts';
import { decodeText } from '../../src/wire/message-reader.ts';
import { binary, close, continuation, ping, pong, randomCuts, rawFrame, seededRandom, text } from '../helpers/bytes.ts';

const LIMIT = 200_000;
const MAX_FRAGMENTS = 4;

type Event = [kind: string, ...details: unknown[]];

/** What a reader makes of some chunks; the pieces of a binary message are joined. */
function read(chunks: Buffer[], maxMessageBytes = LIMIT, masked = true): Event[] {
  const events: Event[] = [];
  let pieces: Buffer[] = [];
  const sink: FrameSink = {
    onText: (...text) => events.push(['text', decodeText(...text)]),
    onBinary: (piece, first, last) => {
      if (first) pieces = [];
      pieces.push(Buffer.from(piece));
      if (last) events.push(['binary', Buffer.concat(pieces).toString('hex')]);
    },
    onCompressed: (payload, opcode) => events.push(['compressed', opcode, payload.toString('hex')]),
    onPing: (payload) => events.push(['ping', payload.toString('hex')]),
    onPong: (payload) => events.push(['pong', payload.toString('hex')]),
    onClose: (code, reason) => events.push(['close', code, reason]),
    onViolation: (error: ProtocolError) => events.push(['violation', error.close.code]),
  };
  const reader = new FrameReader(sink, { masked, maxMessageBytes, maxFragments: MAX_FRAGMENTS });
  // The reader overwrites what it is given.
  for (const chunk of chunks) reader.read(Buffer.from(chunk));
  return events;
}

interface Vector {
  name: string;
  bytes: Buffer[];
  events: Event[];
  limit?: number;
  masked?: boolean;
}

const violation = (code: number): Event[] => [['violation', code]];
const hex = (message: string) => Buffer.from(message, 'latin1').toString('hex');
const long = (bytes: number) => 'a'.repeat(bytes);
const bytes = (...values: number[]) => Uint8Array.from(values);

const vectors: Vector[] = [
  // 5.7: the example of the RFC, and lengths around every border of 5.2.
  {
    name: 'the masked Hello of section 5.7',
    bytes: [Buffer.from('818537fa213d7f9f4d5158', 'hex')],
    events: [['text', 'Hello']],
  },
  ...[0, 1, 125, 126, 127, 65_535, 65_536, 131_072].map((length) => ({
    name: `a text of ${length} bytes`,
    bytes: [text(long(length)), text('next')],
    events: [
      ['text', long(length)],
      ['text', 'next'],
    ] as Event[],
  })),
  {
    name: 'a binary message',
    bytes: [binary(bytes(0, 255, 128))],
    events: [['binary', '00ff80']],
  },
  {
    name: 'an empty binary message',
    bytes: [binary('')],
    events: [['binary', '']],
  },
  // 5.2: reserved bits and opcodes.
  ...[1, 2, 3, 4, 5, 6, 7].map((rsv) => ({
    name: `reserved bits ${rsv}`,
    bytes: [text('a', { rsv }), text('b')],
    events: violation(1002),
  })),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => ({
    name: `the reserved opcode ${opcode}`,
    bytes: [rawFrame({ opcode }), text('b')],
    events: violation(1002),
  })),
  // 5.1: masks.
  { name: 'a frame without a mask at a server', bytes: [text('a', { masked: false })], events: violation(1002) },
  { name: 'a masked frame at a client', bytes: [text('a')], events: violation(1002), masked: false },
  {
    name: 'a frame without a mask at a client',
    bytes: [text('é', { masked: false })],
    events: [['text', 'é']],
    masked: false,
  },
  // 5.2: the fewest bytes for a length, and no highest bit.
  { name: '125 in 16 bits', bytes: [text(long(125), { lengthBits: 16 })], events: violation(1002) },
  { name: '65,535 in 64 bits', bytes: [text(long(65_535), { lengthBits: 64 })], events: violation(1002) },
  { name: '2 to the 63 bytes', bytes: [Buffer.from('81ff8000000000000000', 'hex')], events: violation(1002) },
  // The bound holds from the header on, for one frame and for all frames of a message.
  { name: '2 GB announced', bytes: [Buffer.from('81ff0000000080000000', 'hex')], events: violation(1009) },
  { name: 'a message at the limit', bytes: [text(long(10))], limit: 10, events: [['text', long(10)]] },
  { name: 'a message over the limit', bytes: [text(long(11))], limit: 10, events: violation(1009) },
  {
    name: 'fragments over the limit',
    bytes: [text(long(6), { fin: false }), continuation(long(5))],
    limit: 10,
    events: violation(1009),
  },
  {
    name: 'two messages that are over the limit only together',
    bytes: [text(long(6), { fin: false }), continuation(long(4)), text(long(10))],
    limit: 10,
    events: [
      ['text', long(10)],
      ['text', long(10)],
    ],
  },
  {
    name: 'a message of as many frames as are allowed',
    bytes: [text('a', { fin: false }), ...Array(2).fill(continuation('', { fin: false })), continuation('b')],
    events: [['text', 'ab']],
  },
  {
    name: 'a message of one frame too many',
    bytes: [text('a', { fin: false }), ...Array(3).fill(continuation('', { fin: false })), continuation('b')],
    events: violation(1009),
  },
  // 5.4: fragmentation.
  {
    name: 'a text in three fragments with control frames between',
    bytes: [text('Hel', { fin: false }), ping('p'), continuation('', { fin: false }), pong('q'), continuation('lo')],
    events: [
      ['ping', hex('p')],
      ['pong', hex('q')],
      ['text', 'Hello'],
    ],
  },
  {
    name: 'a binary message in fragments',
    bytes: [binary('a', { fin: false }), continuation('b', { fin: false }), continuation('c'), text('d')],
    events: [
      ['binary', hex('abc')],
      ['text', 'd'],
    ],
  },
  {
    name: 'a text of empty fragments',
    bytes: [text('', { fin: false }), continuation('', { fin: false }), continuation('')],
    events: [['text', '']],
  },
  { name: 'a continuation without a beginning', bytes: [continuation('a')], events: violation(1002) },
  {
    name: 'a continuation after a finished message',
    bytes: [text('a', { fin: false }), continuation('b'), continuation('c')],
    events: [['text', 'ab'], ...violation(1002)],
  },
  {
    name: 'a new message inside a fragmented one',
    bytes: [text('a', { fin: false }), text('b')],
    events: violation(1002),
  },
  // 5.5: control frames.
  { name: 'a ping of 125 bytes', bytes: [ping(long(125))], events: [['ping', hex(long(125))]] },
  { name: 'a ping of bytes that are no text', bytes: [ping(bytes(0, 255, 254))], events: [['ping', '00fffe']] },
  { name: 'a ping of 126 bytes', bytes: [ping(long(126))], events: violation(1002) },
  { name: 'a fragmented ping', bytes: [ping('a', { fin: false })], events: violation(1002) },
  { name: 'a fragmented close', bytes: [close(1000, '', { fin: false })], events: violation(1002) },
  // 5.5.1 and 7.4: close.
  { name: 'a close without a code', bytes: [close(), text('late')], events: [['close', 1005, '']] },
  { name: 'a close with a reason', bytes: [close(1000, 'güte')], events: [['close', 1000, 'güte']] },
  { name: 'a close of 125 bytes', bytes: [close(1000, long(123))], events: [['close', 1000, long(123)]] },
  { name: 'a close of 126 bytes', bytes: [close(1000, long(124))], events: violation(1002) },
  { name: 'a close of one byte', bytes: [rawFrame({ opcode: 8, payload: 'a' })], events: violation(1002) },
  { name: 'a close reason that is not UTF-8', bytes: [close(1000, bytes(0xff))], events: violation(1007) },
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].map((code) => ({
    name: `the close code ${code}`,
    bytes: [close(code)],
    events: [['close', code, '']] as Event[],
  })),
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535].map((code) => ({
    name: `the close code ${code}, which may not be sent`,
    bytes: [close(code)],
    events: violation(1002),
  })),
  // 8.1: UTF-8, also across frames; table 3-7 of the Unicode Standard.
  {
    name: 'every border of UTF-8',
    bytes: [text('\0\x7f\x80߿ࠀ퟿￿𐀀\u{10ffff}')],
    events: [['text', '\0\x7f\x80߿ࠀ퟿￿𐀀\u{10ffff}']],
  },
  {
    name: 'a character cut by a fragment',
    bytes: [text(bytes(0xe6, 0x9d), { fin: false }), continuation(bytes(0x8e))],
    events: [['text', '李']],
  },
  ...[
    [0x80],
    [0xbf, 0x41],
    [0xc0, 0x80],
    [0xc1, 0xbf],
    [0xc2, 0x41],
    [0xe0, 0x9f, 0xbf],
    [0xe1, 0x80],
    [0xed, 0xa0, 0x80],
    [0xed, 0xbf, 0xbf],
    [0xf0, 0x8f, 0xbf, 0xbf],
    [0xf4, 0x90, 0x80, 0x80],
    [0xf5, 0x80, 0x80, 0x80],
    [0xf8, 0x88, 0x80, 0x80, 0x80],
    [0xfe],
    [0xff],
  ].map((wrong) => ({
    name: `the bytes ${Buffer.from(wrong).toString('hex')}, which are no UTF-8`,
    bytes: [text('good'), text(bytes(...wrong)), text('late')],
    events: [['text', 'good'], ...violation(1007)] as Event[],
  })),
  {
    name: 'a text that ends inside a character',
    bytes: [text('a', { fin: false }), continuation(bytes(0xe6, 0x9d))],
    events: violation(1007),
  },
];

for (const { name, bytes: frames, events, limit, masked } of vectors) {
  const whole = Buffer.concat(frames);
  test(`reads ${name}, however it is cut`, (t) => {
    t.deepEqual(read([whole], limit, masked), events, 'as one chunk');
    t.deepEqual(
      read(
        Array.from(whole, (byte) => Buffer.from([byte])),
        limit,
        masked,
      ),
      events,
      'byte by byte',
    );
    for (let seed = 1; seed <= 5; seed++) {
      t.deepEqual(read(randomCuts(whole, seededRandom(seed)), limit, masked), events, `cut at random, seed ${seed}`);
    }
  });
}

test('refuses a wrong byte of a text before the rest of its frame has come', (t) => {
  const begun = text(bytes(0xf4, 0x90, 0x80, 0x80, 0x41, 0x41)).subarray(0, 6 + 2);
  t.deepEqual(read([begun]), violation(1007));
});

test('refuses a reserved opcode before the rest of its header has come', (t) => {
  t.deepEqual(read([Buffer.from([0x83])]), violation(1002));
});

test('takes what stays of a chunk without keeping it alive to be overwritten', (t) => {
  const whole = text(long(300), { fin: false });
  const end = continuation('!');
  const events: string[] = [];
  const ignore = () => {};
  const sink: FrameSink = {
    onText: (...message) => events.push(decodeText(...message)),
    onBinary: ignore,
    onCompressed: ignore,
    onPing: ignore,
    onPong: ignore,
    onClose: ignore,
    onViolation: ignore,
  };
  const reader = new FrameReader(sink, { masked: true, maxMessageBytes: LIMIT, maxFragments: MAX_FRAGMENTS });
  const chunk = Buffer.from(whole);
  reader.read(chunk);
  chunk.fill(0);
  reader.read(end);
  t.deepEqual(events, [`${long(300)}!`]);
});

test('hands out a compressed message as it came and waits to be resumed', (t) => {
  const events: string[] = [];
  const ignore = () => {};
  const sink: FrameSink = {
    onText: (...message) => events.push(decodeText(...message)),
    onBinary: ignore,
    onCompressed: (payload, opcode) => events.push(`${opcode}:${payload}`),
    onPing: (payload) => events.push(`ping ${payload}`),
    onPong: ignore,
    onClose: ignore,
    onViolation: (error) => events.push(error.message),
  };
  const reader = new FrameReader(sink, { masked: true, maxMessageBytes: LIMIT, maxFragments: MAX_FRAGMENTS });
  reader.allowCompression();
  const frames = [
    text('one', { rsv: 4, fin: false }),
    ping('p'),
    continuation('two'),
    text('three'),
    binary('four', { rsv: 4 }),
  ];
  for (const byte of Buffer.concat(frames)) reader.read(Buffer.from([byte]));
  t.deepEqual(events, ['ping p', '1:onetwo']);
  t.false(reader.holding);
  reader.inflated();
  reader.resume();
  t.deepEqual(events, ['ping p', '1:onetwo', 'three', '2:four']);
  reader.inflated();
  reader.resume();
  reader.read(text('a', { fin: false }));
  reader.read(continuation('b', { rsv: 4 }));
  t.regex(events.at(-1) ?? '', /^1002 protocol error: a reserved bit is set/);
});
