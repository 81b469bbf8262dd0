import type { CheckOptions } from './arguments.ts';
import { examine } from './check.ts';
import { checks } from './checks.ts';
import { doctorChecks } from './doctor-checks.ts';
import type { ExitCode } from './exit-codes.ts';
import { localChecks } from './local-checks.ts';

export interface DoctorOptions extends CheckOptions {
  /** The site runs on this machine, from the folder that this is called in. */
  readonly local?: boolean;
}

/** Everything that `check` tests, and more: what a site's users meet, and with `local` what its machine is set up for. */
export function doctor(addresses: readonly string[], { local, ...options }: DoctorOptions): Promise<ExitCode> {
  const { idle: idleCheck, ...quick } = checks;
  const all = { ...quick, ...doctorChecks, ...(local ? localChecks : {}), ...(idleCheck && { idle: idleCheck }) };
  // Holding a connection takes minutes: only where a time is given.
  return examine(addresses, { ...options, quick: options.idle === undefined }, all);
}
