/** Shorter names have too many neighbours: `HOSTS`, `PORTS`. */
const SHORTEST = 7;
/** Up to so many characters a name may differ in one place, and above in two. */
const ONE_MISTAKE = 10;

/** A name that is none of ours, and the one that was probably meant. */
export interface Misspelling {
  readonly name: string;
  readonly meant: string;
}

/**
 * Finds names that are nearly those of variables. Others share the environment: what is short, not written in capitals, empty, or
 * stands beside the variable that it is like, is theirs.
 * @param values by name, as in an environment
 * @param known names of variables
 */
export function findMisspelt(
  values: Readonly<Record<string, string | undefined>>,
  known: readonly string[],
): Misspelling[] {
  const isSet = (name: string) => Boolean(values[name]?.trim());
  const isStrange = (name: string) =>
    name.length >= SHORTEST && /^[A-Z][A-Z0-9_]*$/.test(name) && isSet(name) && !known.includes(name);
  return Object.keys(values)
    .filter(isStrange)
    .flatMap((name) => {
      const meant = nearest(name, known);
      return meant === undefined || isSet(meant) ? [] : [{ name, meant }];
    });
}

/** The one that a name is a slip away from; undefined where there is none. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const most = name.length <= ONE_MISTAKE ? 1 : 2;
  const near = known
    .filter(({ length }) => length >= SHORTEST)
    .map((meant) => ({ meant, distance: editDistance(name, meant) }))
    .filter(({ distance }) => distance <= most);
  return near.sort((a, b) => a.distance - b.distance)[0]?.meant;
}

/**
 * The fewest characters to insert, delete or replace, or neighbours to swap, that make one text the other; none of them twice
 * (optimal string alignment). Written here because the small packages know no swap, the commonest slip of hands: for them
 * `REDIS_ULR` is two mistakes away from `REDIS_URL`, and names that are two away from one so short are mostly others' own.
 */
function editDistance(a: string, b: string): number {
  // Rows of the table for the last two prefixes of a, by the length of a prefix of b.
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? (before[j - 2] as number) + 1 : Infinity;
      row.push(Math.min(replaced, swapped, (last[j] as number) + 1, (row[j - 1] as number) + 1));
    }
    [before, last] = [last, row];
  }
  return last[b.length] as number;
}
