import { type CheckOptions, readWish, type Wish } from './arguments.ts';
import { type Check, checks } from './checks.ts';
import { CommandError, checkCodes, type ExitCode } from './exit-codes.ts';
import type { Finding } from './findings.ts';
import { describePlace, type Place } from './place.ts';
import { reach, type Site } from './site.ts';

/** A finding under the name of its check. */
type Result = Finding & { readonly name: string };

/** Tests a running site from outside, also for `deploy/check`. */
export function check(addresses: readonly string[], options: CheckOptions): Promise<ExitCode> {
  return examine(addresses, options, checks);
}

/** @param all the checks that there are, by name, in the order in which they run */
export async function examine(
  addresses: readonly string[],
  options: CheckOptions,
  all: Readonly<Record<string, Check>>,
): Promise<ExitCode> {
  try {
    const wish = readWish(addresses, options, Object.keys(all));
    await reach(wish.site);
    const results = await runChecks(wish, all);
    const well = results.every(({ status }) => status !== 'wrong');
    if (wish.json)
      process.stdout.write(`${JSON.stringify({ site: wish.site.url, ok: well, checks: results }, null, 2)}\n`);
    return well ? checkCodes.ALL_WELL : checkCodes.SOMETHING_WRONG;
  } catch (error) {
    throw new CommandError(checkCodes.NOT_CHECKED, (error as Error).message);
  }
}

/** One after the other, so that none is counted against another's limit; each is told as it ends. */
async function runChecks({ site, names, json }: Wish, all: Readonly<Record<string, Check>>): Promise<Result[]> {
  const results: Result[] = [];
  for (const name of names) {
    const finding = await all[name]?.(site).catch(failed);
    const result = { name, ...(finding as Finding) };
    results.push(result);
    if (!json) process.stdout.write(describe(result, site));
  }
  return results;
}

function failed(error: NodeJS.ErrnoException): Finding {
  return { status: 'wrong', detail: error.message || (error.code ?? String(error)) };
}

function describe({ name, status, detail, change }: Result, site: Site): string {
  const word = { ok: 'ok', wrong: 'WRONG', skipped: 'skipped' }[status];
  const line = `${word.padEnd(8)}${name.padEnd(12)}${detail}\n`;
  return change && concerns(change, site) ? `${line}${' '.repeat(20)}change ${describePlace(change)}\n` : line;
}

/** Over plain http it is the program itself that answers: Nginx's files have no part in it. */
function concerns({ file }: Place, { url }: Site): boolean {
  return url.protocol === 'https:' || !file.includes('nginx');
}
