import { closeCodes } from '../close-codes.ts';
import type { Connection } from '../wire/connection.ts';

/** The parameters of a request target such as `/chat?name=a`. */
export function queryOf(target: string): URLSearchParams {
  const at = target.indexOf('?');
  return new URLSearchParams(at === -1 ? '' : target.slice(at + 1));
}

/** What `refuse` says of a request whose query has a problem. */
export function refuseBadQuery(problem: string | undefined): { status: number; reason: string } | undefined {
  return problem === undefined ? undefined : { status: 400, reason: problem };
}

/** For servers that have not asked `refuse`, or `authorize`. */
export function sendAwayBadQuery(connection: Connection, problem: string): void {
  connection.close(closeCodes.POLICY_VIOLATION.code, problem);
}
