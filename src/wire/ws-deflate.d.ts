// The part of `ws` that its own types leave out; see lib/permessage-deflate.js and lib/extension.js there.
declare module 'ws/permessage-deflate' {
  type Params = Record<string, (string | true)[]>;
  type Done = (error: (Error & { code?: string }) | null, data?: Buffer) => void;

  export class PerMessageDeflate {
    constructor(options: object);
    accept(offers: Params[]): Record<string, unknown>;
    compress(data: Uint8Array, fin: boolean, done: Done): void;
    decompress(data: Uint8Array, fin: boolean, done: Done): void;
    cleanup(): void;
  }
  export const extension: {
    parse(header: string): { 'permessage-deflate'?: Params[] };
    format(extensions: object): string;
  };
}
