import { randomHex } from './random.ts';

/** What is used of a browser's globals. */
interface Page {
  readonly document?: object;
  readonly sessionStorage: Record<string, string>;
}

const STORAGE_KEY = 'text-event:client';

/** Rooms that this tab is in: a second one of the same room is somebody else, or it would take the first one's name. */
const inUse = new Set<string>();

/**
 * The secret by which the server knows this tab again after a reload; a new one where there is no tab, or it is in the room already.
 * @returns the secret, and what gives it back
 */
export function takeTabSecret(room: string): [secret: string, giveBack: () => void] {
  // Node has a sessionStorage too, from 25 on: one for all.
  if (inUse.has(room) || !(globalThis as unknown as Page).document) return [randomHex(), () => {}];
  inUse.add(room);
  return [storedSecret(), () => inUse.delete(room)];
}

function storedSecret(): string {
  const secret = randomHex();
  try {
    // Throws where the browser blocks the data of sites.
    const { sessionStorage } = globalThis as unknown as Page;
    sessionStorage[STORAGE_KEY] ??= secret;
    return sessionStorage[STORAGE_KEY];
  } catch {
    return secret;
  }
}
