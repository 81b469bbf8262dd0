// crypto.randomUUID is only for pages that came over TLS; getRandomValues is for all.

/** 32 hexadecimal digits. */
export function randomHex(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

let lines = 0;

/** Unique, and greater than any before it of this page, as text is compared: the time, a number that counts, and a random part. */
export function lineKey(): string {
  lines += 1;
  return `${Date.now()}-${String(lines).padStart(9, '0')}-${randomHex()}`;
}
