import { crc32, deflateSync, inflateSync } from 'node:zlib';

/** Pixels as bytes: red, green, blue and, with four, alpha. */
interface Picture {
  width: number;
  height: number;
  bytesPerPixel: number;
  pixels: Buffer;
}

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');

/** A screenshot in its 256 most frequent colours, which is a third as large; the others are but of the edges of letters. */
export function shrinkPng(png: Buffer): Buffer {
  const picture = decode(png);
  const colours = coloursOf(picture);
  const count = new Map<number, number>();
  for (const colour of colours) count.set(colour, (count.get(colour) ?? 0) + 1);
  const palette = [...count.keys()].sort((a, b) => (count.get(b) ?? 0) - (count.get(a) ?? 0)).slice(0, 256);
  const nearest = new Map(Array.from(count.keys(), (colour) => [colour, indexOfNearest(colour, palette)]));
  return encode(picture, Buffer.from(colours.map((colour) => nearest.get(colour) ?? 0)), palette.flatMap(channels));
}

/** Of each pixel, as one number. */
function coloursOf({ pixels, bytesPerPixel }: Picture): number[] {
  return Array.from({ length: pixels.length / bytesPerPixel }, (_, index) =>
    pixels.readUIntBE(index * bytesPerPixel, 3),
  );
}

function indexOfNearest(colour: number, palette: readonly number[]): number {
  const wanted = channels(colour);
  const distances = palette.map((other) =>
    channels(other).reduce((sum, value, channel) => sum + (value - (wanted[channel] ?? 0)) ** 2, 0),
  );
  return distances.indexOf(Math.min(...distances));
}

function channels(colour: number): [red: number, green: number, blue: number] {
  return [colour >> 16, (colour >> 8) & 255, colour & 255];
}

/** For 8 bits a channel and no interlacing, which is what browsers write. */
function decode(png: Buffer): Picture {
  const data: Buffer[] = [];
  let header: Buffer = Buffer.alloc(0);
  for (let at = SIGNATURE.length; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    const body = png.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') header = body;
    if (type === 'IDAT') data.push(body);
    at += length + 12;
  }
  const width = header.readUInt32BE(0);
  const height = header.readUInt32BE(4);
  const bytesPerPixel = header[9] === 6 ? 4 : 3;
  return {
    width,
    height,
    bytesPerPixel,
    pixels: unfilter(inflateSync(Buffer.concat(data)), width * bytesPerPixel, bytesPerPixel),
  };
}

/** Undoes the filter of each row (PNG specification, section 9). */
function unfilter(rows: Buffer, stride: number, bytesPerPixel: number): Buffer {
  const pixels = Buffer.alloc((rows.length / (stride + 1)) * stride);
  for (let at = 0; at < pixels.length; at++) {
    const row = Math.floor(at / stride);
    const column = at % stride;
    const left = column < bytesPerPixel ? 0 : (pixels[at - bytesPerPixel] ?? 0);
    const up = row === 0 ? 0 : (pixels[at - stride] ?? 0);
    const corner = row === 0 || column < bytesPerPixel ? 0 : (pixels[at - stride - bytesPerPixel] ?? 0);
    const predicted = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][rows[row * (stride + 1)] ?? 0] ?? 0;
    pixels[at] = (rows[row * (stride + 1) + 1 + column] ?? 0) + predicted;
  }
  return pixels;
}

function paeth(left: number, up: number, corner: number): number {
  const estimate = left + up - corner;
  const [a, b, c] = [Math.abs(estimate - left), Math.abs(estimate - up), Math.abs(estimate - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

function encode({ width, height }: Picture, indices: Buffer, palette: number[]): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const rows = Array.from({ length: height }, (_, row) => [
    Buffer.of(0),
    indices.subarray(row * width, (row + 1) * width),
  ]);
  const data = deflateSync(Buffer.concat(rows.flat()), { level: 9 });
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette)),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length);
  checksum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, checksum]);
}
