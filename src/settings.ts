import { readFileSync } from 'node:fs';
import { parseArgs, parseEnv } from 'node:util';
import { type Config, describeVariables, flagOf, loadConfig, variableNames } from './config.ts';
import { TextEventError } from './errors.ts';
import { findMisspelt } from './misspelt.ts';
import { version } from './package-info.ts';

const USAGE = `Usage: text-event-server serve [flags], or in a clone: npm start -- [flags]

A text-event WebSocket server with its pages on one port.
Every setting is an environment variable, a line in the file .env of the working folder, or a flag. A flag comes before
the environment, and the environment before the file.

${describeVariables()}

  --help, --version
`;

/**
 * The configuration from flags, environment and the file `.env`, in this order; undefined where help or the version
 * was asked for, and was printed.
 * @throws TextEventError ERR_CONFIG with one line per mistake
 */
export function readSettings(args: string[]): Config | undefined {
  const flags = readFlags(args);
  if (flags.help) process.stdout.write(USAGE);
  else if (flags.version) process.stdout.write(`${version}\n`);
  if (flags.help || flags.version) return undefined;

  const file = readEnvFile();
  const values: Record<string, string | undefined> = { ...file, ...process.env };
  for (const name of variableNames) values[name] = (flags[flagOf(name)] as string | undefined) ?? values[name];
  warnOfUnread(file, values);
  const { config, problems } = loadConfig(values);
  if (problems) throw new TextEventError('ERR_CONFIG', problems.join('\n'));
  return config;
}

function readFlags(args: string[]): Record<string, string | boolean | undefined> {
  const options = Object.fromEntries(variableNames.map((name) => [flagOf(name), { type: 'string' as const }]));
  try {
    return parseArgs({ args, options: { ...options, help: { type: 'boolean' }, version: { type: 'boolean' } } }).values;
  } catch (error) {
    // npx sets it too, to its own name.
    const hint =
      process.env.npm_lifecycle_event === 'start' ? 'npm start -- --help, with the flags after the --' : '--help';
    throw new TextEventError('ERR_CONFIG', `${(error as Error).message}. See ${hint}`);
  }
}

/** What nobody reads is said at once: the start may end for the lack of it. */
function warnOfUnread(file: Record<string, string | undefined>, values: Record<string, string | undefined>): void {
  const misspelt = findMisspelt(values, variableNames);
  for (const { name, meant } of misspelt) {
    process.stderr.write(`${name in file ? '.env: ' : ''}${name} is no variable of this program; ${meant} is\n`);
  }
  const known = [...variableNames, ...misspelt.map(({ name }) => name)];
  const unknown = Object.keys(file).filter((name) => !known.includes(name));
  if (unknown.length > 0) process.stderr.write(`.env: ${unknown.join(', ')}: not a setting of this program\n`);
}

function readEnvFile(): Record<string, string | undefined> {
  try {
    // Editors on Windows begin a file with a byte order mark, which would become part of the first name.
    return parseEnv(readFileSync('.env', 'utf8').replace(/^\ufeff/, ''));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new TextEventError('ERR_CONFIG', `Cannot read .env: ${(error as Error).message}`);
  }
}
