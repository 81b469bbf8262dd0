import { closeCodes } from '../close-codes.ts';
import type { Connection } from '../wire/connection.ts';
import { type BenchOptions, Load, messagesOf } from './bench-load.ts';
import { describeReport, type Report, reportOf } from './bench-report.ts';
import { CommandError, type ExitCode, exitCodes } from './exit-codes.ts';
import { type Ending, interruption, open, type Session } from './session.ts';
import { addressOf, closeWords } from './words.ts';

/** Handshakes under way at a time. */
const OPENING_AT_ONCE = 50;
/** Above it this side, not the server, is what is measured. */
const MAX_TOTAL_RATE = 100_000;
/** Each is remembered until the end. */
const MAX_MESSAGES = 5_000_000;
const PROGRESS_INTERVAL_MS = 100;

/** Loads a path that answers, or sends to all, and measures how long its answers take. */
export async function bench(url: URL, options: BenchOptions): Promise<ExitCode> {
  checkBounds(options);
  const signal = interruption();
  const load = new Load(options);
  const lost: Ending[] = [];
  let finished = false;
  const sessions = await openAll(url, options, load, signal);
  if (signal.aborted) return exitCodes.INTERRUPTED;
  const ends = sessions.map(async ({ end }) => {
    const how = await end;
    if (!finished) lost.push(how);
  });
  const connections = sessions.map(({ connection }) => connection);

  const bar = process.stderr.isTTY ? await showProgress(load, options.seconds) : undefined;
  await load.run(connections, signal);
  bar?.();
  finished = true;
  for (const connection of connections) connection.close(closeCodes.NORMAL.code);
  await Promise.all(ends);

  const report = reportOf(url, options, load, lost.length);
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : describeReport(report));
  return verdict(url, report, lost, signal.aborted);
}

function checkBounds(options: BenchOptions): void {
  const { connections, rate } = options;
  const refuse = (line: string) => new CommandError(exitCodes.MISTAKE, line);
  if (connections * rate > MAX_TOTAL_RATE) {
    const got = `--connections ${connections} × --rate ${rate}: got ${connections * rate} messages per second`;
    throw refuse(`${got}, expected ${MAX_TOTAL_RATE} or fewer`);
  }
  const total = messagesOf(options);
  if (total > MAX_MESSAGES)
    throw refuse(`got ${total} messages in all, expected ${MAX_MESSAGES} or fewer; see --seconds`);
}

async function openAll(url: URL, options: BenchOptions, load: Load, signal: AbortSignal): Promise<Session[]> {
  const sessions: Session[] = [];
  const openSome = async (count: number): Promise<void> => {
    const opening = Array.from({ length: count }, (_, i) => {
      const index = sessions.length + i;
      const prepare = (connection: Connection) => {
        connection.on('text', (text) => load.take(index, text));
      };
      return open(url, options, prepare, signal);
    });
    const settled = await Promise.allSettled(opening);
    for (const one of settled) if (one.status === 'fulfilled') sessions.push(one.value);
    const failed = settled.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
  };
  try {
    while (sessions.length < options.connections && !signal.aborted) {
      await openSome(Math.min(OPENING_AT_ONCE, options.connections - sessions.length));
    }
    return sessions;
  } catch (error) {
    for (const { connection } of sessions) connection.terminate();
    if (signal.aborted) return [];
    const count = `connection ${sessions.length + 1} of ${options.connections}`;
    throw error instanceof CommandError ? new CommandError(error.exit, `${count}: ${error.message}`) : error;
  }
}

/** A bar on the terminal, beside the output; the function that is returned takes it away. */
async function showProgress(load: Load, seconds: number): Promise<() => void> {
  const { default: progress } = await import('cli-progress');
  const format = '{bar} {percentage}% | {now} of {total} s | sent {sent}, received {received}';
  const preset = progress.Presets.shades_classic;
  const bar = new progress.SingleBar(
    { format, stream: process.stderr, clearOnComplete: true, gracefulExit: false },
    preset,
  );
  const now = () => Math.min(seconds, load.elapsed / 1000);
  const figures = () => ({ now: Math.floor(now()), sent: load.sent, received: load.received });
  bar.start(seconds, 0, figures());
  const timer = setInterval(() => {
    bar.update(now(), figures());
  }, PROGRESS_INTERVAL_MS);
  return () => {
    clearInterval(timer);
    bar.stop();
  };
}

function verdict(url: URL, report: Report, lost: Ending[], interrupted: boolean): ExitCode {
  const [first] = lost;
  if (first) {
    const how = `${lost.length} of ${report.connections} connections ended early`;
    throw new CommandError(
      exitCodes.LOST,
      `${addressOf(url)}: ${how}, the first: ${closeWords(first.code, first.reason)}`,
    );
  }
  if (interrupted) return exitCodes.INTERRUPTED;
  if (report.lost === 0) return exitCodes.DONE;
  const answered = `${report.sent - report.lost} of ${report.sent} messages came back to who sent them`;
  throw new CommandError(exitCodes.INCOMPLETE, `${addressOf(url)}: ${answered}, expected all; does this path answer?`);
}
