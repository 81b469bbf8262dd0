import { InvalidArgumentError } from 'commander';
import { checkOperatorRights, type OperatorRight } from '../auth/operator-rights.ts';
import { checkRoomRights, type RoomRights } from '../auth/room-rights.ts';
import { checkName } from '../rooms/names.ts';

/* What the options of `token` take, as commander's argument parsers. */

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const LONGEST = 3_650 * 86_400_000;

/** For how long a token holds, in milliseconds. */
export function lifetime(text: string): number {
  const [, amount, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const milliseconds = Number(amount) * (UNITS[unit] ?? Number.NaN);
  if (milliseconds > 0 && milliseconds <= LONGEST) return milliseconds;
  throw new InvalidArgumentError('Expected a time such as 30m, 12h or 90d, up to 3650d.');
}

/** The name in rooms. */
export function subject(text: string): string {
  const { name, problem } = checkName(text);
  if (name === undefined) throw new InvalidArgumentError(`${problem}.`);
  return name;
}

/** Rights in the rooms of a pattern, one per use of the option. */
export function roomRights(text: string, before: RoomRights = []): RoomRights {
  const [pattern = '', rights, ...more] = text.split('=');
  if (rights === undefined || more.length > 0) {
    throw new InvalidArgumentError("Expected a pattern and rights, such as 'team-*=read,publish'.");
  }
  if (before.some(([known]) => known === pattern)) throw new InvalidArgumentError('Expected each pattern once.');
  try {
    return [...before, ...checkRoomRights([[pattern, rights.split(',')]])];
  } catch (error) {
    throw new InvalidArgumentError(`${(error as TypeError).message}.`);
  }
}

/** Rights to operate the server. */
export function operatorRights(text: string): readonly OperatorRight[] {
  try {
    return checkOperatorRights(text.split(','));
  } catch (error) {
    throw new InvalidArgumentError(`${(error as TypeError).message}.`);
  }
}
