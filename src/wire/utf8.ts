/**
 * Validates UTF-8 that arrives in pieces, and fails on the first byte that no valid text can have there.
 * The ranges are those of table 3-7 of the Unicode Standard: no overlong forms, no surrogates, nothing above U+10FFFF.
 */
export class Utf8Validator {
  /** Continuation bytes that the character begun still needs. */
  #needed = 0;
  /** Bounds of the next continuation byte. */
  #low = 0x80;
  #high = 0xbf;

  /** True between two characters: a text may end here. */
  get complete(): boolean {
    return this.#needed === 0;
  }

  /** Takes the next piece; false as soon as a byte is wrong. */
  push(bytes: Uint8Array, start: number, end: number): boolean {
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number;
      if (this.#needed > 0) {
        if (byte < this.#low || byte > this.#high) return false;
        this.#expect(this.#needed - 1);
      } else if (byte >= 0x80 && !this.#lead(byte)) {
        return false;
      }
    }
    return true;
  }

  reset(): void {
    this.#expect(0);
  }

  #lead(byte: number): boolean {
    if (byte >= 0xc2 && byte <= 0xdf) this.#expect(1);
    else if (byte === 0xe0) this.#expect(2, 0xa0);
    else if (byte === 0xed) this.#expect(2, 0x80, 0x9f);
    else if (byte >= 0xe1 && byte <= 0xef) this.#expect(2);
    else if (byte === 0xf0) this.#expect(3, 0x90);
    else if (byte >= 0xf1 && byte <= 0xf3) this.#expect(3);
    else if (byte === 0xf4) this.#expect(3, 0x80, 0x8f);
    else return false;
    return true;
  }

  #expect(needed: number, low = 0x80, high = 0xbf): void {
    this.#needed = needed;
    this.#low = low;
    this.#high = high;
  }
}
