import type { CheckOptions } from './arguments.ts';
import { examine } from './check.ts';
import { checks } from './checks.ts';
import { doctorChecks } from './doctor-checks.ts';
import type { ExitCode } from './exit-codes.ts';
import { localChecks } from './local-checks.ts';
import { roomCheck } from './room-check.ts';

export interface DoctorOptions extends CheckOptions {
  /** The site runs on this machine, from the folder that this is called in. */
  readonly local?: boolean;
  /** Where a line may be published. */
  readonly room?: string;
}

/** Everything that `check` tests, and more: what a site's users meet, with `room` whether a line is kept, and with `local` what its machine is set up for. */
export function doctor(addresses: readonly string[], { local, room, ...options }: DoctorOptions): Promise<ExitCode> {
  const { idle: idleCheck, ...quick } = checks;
  const all = {
    ...quick,
    ...doctorChecks,
    ...(room !== undefined && { room: roomCheck(room) }),
    ...(local && localChecks),
    ...(idleCheck && { idle: idleCheck }),
  };
  // Holding a connection takes minutes: only where a time is given.
  return examine(addresses, { ...options, quick: options.idle === undefined }, all);
}
