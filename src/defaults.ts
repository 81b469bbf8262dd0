/** What `setMaxBufferLength` and `setBinaryFragmentation` change, for servers and clients that were given no option. */
export const defaults = {
  maxMessageBytes: 1024 * 1024,
  binaryFragmentation: 512 * 1024,
};

/**
 * Sets the bound of one whole message where no option gives one; for connections that are open, too.
 * @param bytes 1 or more; 1 MiB before it is called
 * @throws RangeError
 */
export function setMaxBufferLength(bytes: number): void {
  defaults.maxMessageBytes = positive('setMaxBufferLength', bytes);
}

/**
 * Sets how many bytes a binary stream collects before it sends a frame.
 * @param bytes 1 or more; 512 KiB before it is called
 * @throws RangeError
 */
export function setBinaryFragmentation(bytes: number): void {
  defaults.binaryFragmentation = positive('setBinaryFragmentation', bytes);
}

function positive(what: string, bytes: number): number {
  if (bytes >= 1) return bytes;
  throw new RangeError(`${what}: got ${bytes} bytes, expected 1 or more`);
}
