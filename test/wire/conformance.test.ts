import test, { type ExecutionContext } from 'ava';
import { assertCases, binaries, type Case, pongs, talk, texts } from '../helpers/autobahn-like.ts';
import { binary, close, continuation, ping, pong, rawFrame, text } from '../helpers/bytes.ts';
import { startProgram } from '../helpers/program.ts';
import { RawClient } from '../helpers/server.ts';

/** The program's echo without limits that these cases would meet. */
async function startEcho(t: ExecutionContext): Promise<number> {
  const { port } = await startProgram(t, {
    LOG_LEVEL: 'silent',
    MAX_MESSAGE_BYTES: '64MiB',
    MAX_FRAMES_PER_MESSAGE: 'off',
    MESSAGES_PER_SECOND: 'off',
    BYTES_PER_SECOND: 'off',
    MAX_BUFFERED_BYTES: 'off',
  });
  return port;
}

const bytes = (...values: number[]) => Buffer.from(values);
const long = (length: number, filling = '*') => Buffer.alloc(length, filling);
const part = { fin: false };
const BEGINNING = 'begun, ';
const REST = 'done';

const SIZES = [0, 1, 125, 126, 127, 128, 65_535, 65_536];

test('1: echoes texts and binary messages of every length form, whole and in chops', async (t) => {
  await assertCases(t, await startEcho(t), [
    ...SIZES.flatMap((size): Case[] => [
      { name: `text ${size}`, send: [text(long(size))], answers: texts(long(size)) },
      { name: `binary ${size}`, send: [binary(long(size, '\xfe'))], answers: binaries(long(size, '\xfe')) },
    ]),
    ...[65_535, 65_536].flatMap((size): Case[] => [
      { name: `text ${size} in chops`, send: [text(long(size))], chop: 997, answers: texts(long(size)) },
      { name: `binary ${size} in chops`, send: [binary(long(size))], chop: 997, answers: binaries(long(size)) },
    ]),
  ]);
});

test('2: answers pings byte for byte, in order, and ignores pongs', async (t) => {
  const payloads = Array.from({ length: 10 }, (_, i) => `payload ${i}`);
  await assertCases(t, await startEcho(t), [
    { name: 'empty', send: [ping('')], answers: pongs('') },
    { name: 'text', send: [ping('Hello')], answers: pongs('Hello') },
    {
      name: 'no UTF-8',
      send: [ping(bytes(0, 255, 254, 253, 0, 255))],
      answers: pongs(bytes(0, 255, 254, 253, 0, 255)),
    },
    { name: '125 bytes', send: [ping(long(125, '\xfe'))], answers: pongs(long(125, '\xfe')) },
    { name: '126 bytes', send: [ping(long(126, '\xfe'))], closes: 1002 },
    { name: '125 bytes one by one', send: [ping(long(125, '\xfe'))], chop: 1, answers: pongs(long(125, '\xfe')) },
    { name: 'a pong', send: [pong('')] },
    { name: 'a pong with a payload', send: [pong('unasked')] },
    { name: 'a pong and a ping', send: [pong('unasked'), ping('asked')], answers: pongs('asked') },
    { name: 'ten', send: payloads.map((payload) => ping(payload)), answers: pongs(...payloads) },
    { name: 'ten, byte by byte', send: payloads.map((payload) => ping(payload)), chop: 1, answers: pongs(...payloads) },
  ]);
});

test('3: refuses every reserved bit with 1002, after answering what came before', async (t) => {
  const frames = [text('a', { rsv: 1 }), ping('a', { rsv: 3 }), close(1000, '', { rsv: 7 }), binary('a', { rsv: 6 })];
  await assertCases(t, await startEcho(t), [
    ...[1, 2, 3, 4, 5, 6, 7].map((rsv) => ({ name: `rsv ${rsv}`, send: [text(REST, { rsv })], closes: 1002 })),
    ...frames.map((frame, i) => ({ name: `frame ${i}`, send: [frame], closes: 1002 })),
    ...[undefined, 1].map((chop) => ({
      name: `between good ones, chopped by ${chop}`,
      send: [text('good'), text('bad', { rsv: 4 }), ping('late')],
      answers: texts('good'),
      closes: 1002,
      ...(chop ? { chop } : {}),
    })),
  ]);
});

test('4: refuses every reserved opcode with 1002', async (t) => {
  const opcodes = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15];
  await assertCases(t, await startEcho(t), [
    ...opcodes.map((opcode) => ({ name: `opcode ${opcode}`, send: [rawFrame({ opcode })], closes: 1002 })),
    ...opcodes.map((opcode) => ({
      name: `opcode ${opcode} with a payload, after a text, byte by byte`,
      send: [text('good'), rawFrame({ opcode, payload: REST }), ping('late')],
      chop: 1,
      answers: texts('good'),
      closes: 1002,
    })),
  ]);
});

test('5: joins fragments, answers control frames between them, and refuses what is out of order', async (t) => {
  const two = [text(BEGINNING, part), continuation(REST)];
  const interrupted = [text(BEGINNING, part), ping('p'), continuation(REST)];
  const five = [
    text('1', part),
    continuation('2', part),
    ping('first'),
    continuation('3', part),
    continuation('4', part),
    ping('second'),
    continuation('5'),
  ];
  await assertCases(t, await startEcho(t), [
    { name: 'a ping in fragments', send: [ping(BEGINNING, part), continuation(REST)], closes: 1002 },
    { name: 'a pong in fragments', send: [pong(BEGINNING, part), continuation(REST)], closes: 1002 },
    ...[undefined, 1].flatMap((chop): Case[] => {
      const how = chop ? { chop } : {};
      return [
        { name: 'two', send: two, answers: texts(BEGINNING + REST), ...how },
        { name: 'a ping between', send: interrupted, answers: [...pongs('p'), ...texts(BEGINNING + REST)], ...how },
        { name: 'two pings', send: five, answers: [...pongs('first', 'second'), ...texts('12345')], ...how },
        { name: 'a continuation first', send: [continuation('a'), text('b')], closes: 1002, ...how },
        { name: 'an open continuation first', send: [continuation('a', part), text('b')], closes: 1002, ...how },
        {
          name: 'a continuation after the end',
          send: [...two, continuation('a')],
          answers: texts(BEGINNING + REST),
          closes: 1002,
          ...how,
        },
        { name: 'a text in a text', send: [text(BEGINNING, part), text(REST)], closes: 1002, ...how },
        { name: 'a binary in a text', send: [text(BEGINNING, part), binary(REST)], closes: 1002, ...how },
      ];
    }),
    { name: 'one chunk', send: [Buffer.concat(two)], answers: texts(BEGINNING + REST) },
    {
      name: 'binary',
      send: [binary('a', part), ping('p'), continuation('b')],
      answers: [...pongs('p'), ...binaries('ab')],
    },
    { name: 'empty ones', send: [text('', part), continuation('', part), continuation('')], answers: texts('') },
    { name: 'one empty', send: [text('', part), continuation('a', part), continuation('')], answers: texts('a') },
  ]);
});

const GOOD_TEXTS = ['κόσμε', '\0', '\x7f', '\x80߿', 'ࠀ\ufffd￿', '𐀀\u{10ffff}', '\ufeffa', '퟿', '\u{1fffe}'];
/** Each wrong at the byte whose place stands first, whatever follows. */
const BAD_TEXTS: [at: number, bytes: Buffer][] = [
  [0, bytes(0x80)],
  [0, bytes(0xbf, 0x41)],
  [0, bytes(0xc0, 0xaf)],
  [0, bytes(0xfe)],
  [1, bytes(0x41, 0xff)],
  [1, bytes(0xe0, 0x80, 0xaf)],
  [1, bytes(0xe0, 0x9f, 0xbf)],
  [1, bytes(0xed, 0xa0, 0x80)],
  [1, bytes(0xed, 0xbf, 0xbf)],
  [1, bytes(0xf0, 0x80, 0x80, 0xaf)],
  [1, bytes(0xf4, 0x90, 0x80, 0x80)],
  [0, bytes(0xf8, 0x88, 0x80, 0x80, 0x80)],
  [2, bytes(0xe6, 0x9d, 0x41)],
  [3, bytes(0xf0, 0x9f, 0x98, 0x20)],
];

test('6: takes every valid text, however it is cut, and refuses what is not UTF-8 with 1007', async (t) => {
  const inTwo = (payload: Buffer, at: number) => [
    text(payload.subarray(0, at), part),
    continuation(payload.subarray(at)),
  ];
  const perByte = (payload: Buffer) => [
    text('', part),
    ...Array.from(payload, (byte) => continuation(bytes(byte), part)),
    continuation(''),
  ];
  await assertCases(t, await startEcho(t), [
    ...GOOD_TEXTS.flatMap((good): Case[] => [
      { name: `${JSON.stringify(good)} whole`, send: [text(good)], answers: texts(good) },
      { name: `${JSON.stringify(good)} byte by byte`, send: [text(good)], chop: 1, answers: texts(good) },
      {
        name: `${JSON.stringify(good)} in fragments of a byte`,
        send: perByte(Buffer.from(good)),
        answers: texts(good),
      },
      { name: `${JSON.stringify(good)} in two`, send: inTwo(Buffer.from(good), 1), answers: texts(good) },
    ]),
    ...BAD_TEXTS.flatMap(([at, bad]): Case[] => [
      { name: `${bad.toString('hex')} whole`, send: [text('ok'), text(bad)], answers: texts('ok'), closes: 1007 },
      { name: `${bad.toString('hex')} in fragments of a byte`, send: perByte(bad), closes: 1007 },
      { name: `${bad.toString('hex')} in two`, send: inTwo(Buffer.concat([bad, bytes(0x41)]), at + 1), closes: 1007 },
    ]),
    { name: 'a text that ends inside a character', send: [text(bytes(0x41, 0xe6, 0x9d))], closes: 1007 },
  ]);
});

test('6.4: refuses a wrong byte before the rest of its frame or message is sent', async (t) => {
  const port = await startEcho(t);
  const cases: Case[] = BAD_TEXTS.flatMap(([at, bad]) => {
    // Valid so far and with much announced: only the wrong byte itself has come, never what follows it.
    const frame = text(Buffer.concat([Buffer.from(GOOD_TEXTS[0] as string), bad, long(70_000)]));
    const header = 14;
    const upToWrong = header + Buffer.byteLength(GOOD_TEXTS[0] as string) + at + 1;
    const fragment = text(bad.subarray(0, at + 1), part);
    return [
      { name: `${bad.toString('hex')} in a frame`, send: [frame.subarray(0, upToWrong)], closes: 1007 },
      {
        name: `${bad.toString('hex')} in a fragment`,
        send: [text('κόσμε', part), continuation(bad.subarray(0, at + 1), part)],
        closes: 1007,
      },
      { name: `${bad.toString('hex')} in the first fragment`, send: [fragment], closes: 1007 },
    ];
  });
  await assertCases(t, port, cases);
});

const GOOD_CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
const BAD_CODES = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65_535];

test('7: answers a Close with its code, drops what follows, and ends TCP', async (t) => {
  await assertCases(t, await startEcho(t), [
    { name: 'after a text', send: [text('a')], answers: texts('a') },
    { name: 'two Closes', send: [close(1000), close(1000)], closes: 1000 },
    { name: 'a ping after it', send: [close(1000), ping('late')], closes: 1000 },
    { name: 'a text after it', send: [close(1000), text('late')], closes: 1000 },
    { name: 'in a message', send: [text('a', part), close(1000), continuation('b')], closes: 1000 },
    {
      name: 'after 256 KiB',
      send: [text(long(262_144)), close(1000), ping('late')],
      answers: texts(long(262_144)),
      closes: 1000,
    },
    { name: 'without a code', send: [close()], closes: 1005 },
    { name: 'of one byte', send: [rawFrame({ opcode: 8, payload: 'a' })], closes: 1002 },
    { name: 'with a reason', send: [close(1000, 'Hello')], closes: 1000 },
    { name: 'with the longest reason', send: [close(1000, long(123))], closes: 1000 },
    { name: 'with a reason too long', send: [close(1000, long(124))], closes: 1002 },
    { name: 'with a reason that is not UTF-8', send: [close(1000, bytes(0xce, 0xba, 0xe1, 0xbd))], closes: 1007 },
    ...GOOD_CODES.flatMap((code): Case[] => [
      { name: `code ${code}`, send: [close(code)], closes: code },
      { name: `code ${code}, byte by byte`, send: [close(code, 'because')], chop: 1, closes: code },
    ]),
    ...BAD_CODES.map((code) => ({ name: `code ${code}`, send: [close(code)], closes: 1002 })),
  ]);
});

test('9: echoes up to 16 MiB, in frames, fragments and chops of any size', async (t) => {
  const port = await startEcho(t);
  const echoes = async (kind: 'text' | 'binary', payload: Buffer, piece: number, chop?: number) => {
    const send = inFragments(kind === 'text' ? 1 : 2, payload, piece);
    const answers = (kind === 'text' ? texts : binaries)(payload);
    const one = { name: '', send: [Buffer.concat(send)], answers, ...(chop ? { chop } : {}) };
    const got = await talk(t, port, '/echo', one);
    const how = `${kind}, ${payload.length} bytes in fragments of ${piece}, chopped by ${chop}`;
    t.deepEqual(got.answers, [...answers, ['close', 1000]], how);
    t.true(got.payloads[0]?.equals(payload), how);
  };
  const MiB = 1024 ** 2;
  for (const kind of ['text', 'binary'] as const) {
    const filling = kind === 'text' ? Buffer.from('BAsd7&jh23李') : bytes(0xfe, 0, 0x80, 1, 0xff);
    // Whole characters only, and dots up to the size.
    const payload = (size: number) => Buffer.alloc(size, '.').fill(filling, 0, size - (size % filling.length));
    for (const size of [64, 256, 1024, 4096, 16_384].map((kib) => kib * 1024)) await echoes(kind, payload(size), size);
    for (const piece of [64, 256, 1024, 4096, 16_384, 65_536, 262_144, MiB])
      await echoes(kind, payload(4 * MiB), piece);
    for (const chop of [64, 256, 1024]) await echoes(kind, payload(MiB / 8), MiB, chop);
    for (const chop of [8192, 65_536]) await echoes(kind, payload(MiB), MiB, chop);
  }
});

test('10: echoes a text of 64 KiB that a client cuts by itself into frames of 1,300 bytes', async (t) => {
  const payload = long(65_536);
  await assertCases(t, await startEcho(t), [
    { name: '', send: inFragments(1, payload, 1300), answers: texts(payload) },
  ]);
});

test('the server ends TCP after its Close also when the client does not', async (t) => {
  const port = await startEcho(t);
  for (const bytes of [close(1000), text('a', { rsv: 1 })]) {
    const client = await new RawClient(t, port).open('/echo');
    client.write(bytes);
    await client.ended;
    t.true(client.socket.writable, 'the client ended first');
  }
});

/** A message in frames of so many bytes. */
function inFragments(opcode: number, payload: Buffer, size: number): Buffer[] {
  const count = Math.max(1, Math.ceil(payload.length / size));
  return Array.from({ length: count }, (_, i) =>
    rawFrame({
      opcode: i === 0 ? opcode : 0,
      payload: payload.subarray(i * size, (i + 1) * size),
      fin: i === count - 1,
    }),
  );
}
