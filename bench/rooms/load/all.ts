/** Handshakes at a time. */
const AT_ONCE = 32;

/** Does something so many times, some of them at a time; the results are in the order of their numbers. */
export async function inParallel<T>(count: number, work: (number: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const number = next++;
      results[number] = await work(number);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}
