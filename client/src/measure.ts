import { labTexts } from './lab-texts.ts';
import { addTexts } from './language.ts';
import { median } from './round-trips.ts';

const PROBES = 20;

/** Milliseconds that a probe may take. */
const TIMEOUT = 5_000;

const { texts } = addTexts(labTexts);

/**
 * Sends a line, waits until it has come back, whole or inside a longer one, sends the next, and shows what it took.
 * @param heard dispatches a `text` event for each text received
 */
export async function measureRoundTrips(
  send: (line: string) => boolean,
  heard: EventTarget,
  show: (words: () => string) => void,
): Promise<void> {
  const times: number[] = [];
  while (times.length < PROBES) {
    show(() => texts().measuring(times.length, PROBES));
    const time = await roundTrip(`ping ${crypto.getRandomValues(new Uint32Array(1))[0]}`, send, heard);
    if (time === undefined) return show(() => texts().notAnswered);
    times.push(time);
  }
  const inWords = (value: number | undefined) => (value ?? 0).toFixed(1);
  show(() => texts().measured(inWords(Math.min(...times)), inWords(median(times)), inWords(Math.max(...times))));
}

/** In milliseconds; undefined where it did not come back. */
function roundTrip(line: string, send: (line: string) => boolean, heard: EventTarget): Promise<number | undefined> {
  return new Promise((resolve) => {
    const start = performance.now();
    const end = (time?: number) => {
      clearTimeout(timer);
      heard.removeEventListener('text', listener);
      resolve(time);
    };
    const listener = (event: Event) => {
      if ((event as CustomEvent<string>).detail.includes(line)) end(performance.now() - start);
    };
    const timer = setTimeout(end, TIMEOUT);
    heard.addEventListener('text', listener);
    if (!send(line)) end();
  });
}
