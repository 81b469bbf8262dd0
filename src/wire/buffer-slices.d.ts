// Node's own decoders, without the choice of an encoding by name; in Node since 0.x, in its types since 22.
interface Buffer {
  latin1Slice(start?: number, end?: number): string;
  utf8Slice(start?: number, end?: number): string;
}
