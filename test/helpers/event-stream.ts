import { once } from 'node:events';
import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { ExecutionContext } from 'ava';

/** A block of an event stream by its fields; `data` as one text. */
interface Block {
  id?: string;
  event?: string;
  data?: string;
  retry?: string;
}

export interface Stream {
  headers: IncomingHttpHeaders;
  /** The next block that has a field. */
  next(): Promise<Block>;
  /** All that has come. */
  raw(): string;
  close(): void;
  ended: Promise<void>;
}

/** Reads server-sent events; it ends with the test. */
export async function startStream(t: ExecutionContext, url: string, headers = {}): Promise<Stream> {
  const request = http.get(url, { headers: { Accept: 'text/event-stream', ...headers }, agent: false });
  t.teardown(() => request.destroy());
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  t.is(response.statusCode, 200);
  request.on('error', () => {});
  response.on('error', () => {});
  let text = '';
  let taken = 0;
  let wake = () => {};
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    wake();
  });
  const next = async (): Promise<Block> => {
    for (;;) {
      const end = text.indexOf('\n\n', taken);
      if (end >= 0) {
        const block = parse(text.slice(taken, end));
        taken = end + 2;
        if (Object.keys(block).length > 0) return block;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  };
  const ended = new Promise<void>((resolve) => response.once('close', resolve));
  return { headers: response.headers, next, raw: () => text, close: () => request.destroy(), ended };
}

/** By WHATWG HTML section 9.2.6, of what a server of ours sends. */
function parse(text: string): Block {
  const block: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const [, field = '', value = ''] = /^([^:]*): ?(.*)$/.exec(line) ?? [];
    if (field !== '') block[field] = field in block ? `${block[field]}\n${value}` : value;
  }
  return block;
}
