import { Command, type CommandOptions, Option } from 'commander';
import { version } from '../package-info.ts';
import { checkCodes, type ExitCode, exitCodes } from './exit-codes.ts';
import { lifetime, operatorRights, roomRights, subject } from './token-values.ts';
import { header, period, roomName, socketAddress, whole } from './values.ts';

/*
 * What `--only` takes, in words: the checks themselves are imported when they run.
 */
const CHECKS = 'page, assets, headers, redirect, certificate, unknown, metrics, status, upgrade, greeting, idle';
const DOCTOR_CHECKS =
  'page, assets, headers, redirect, certificate, unknown, metrics, status, upgrade, greeting, subprotocol, stream, address, clock, idle; with --room: room; with --local: files, drain, heartbeat, timesync, persistence, eviction, replicas';

const ADDRESS = 'such as ws://localhost:8088/echo or wss://your.host/; http and https stand for them';

/**
 * The command line: what there is to call, with options and help. What a command does is imported when it is called, so
 * that `send` does not wait for the parts of a server.
 * @param ended is told how a command ended
 */
export function commandLine(ended: (exit: ExitCode) => void): Command {
  const program = new Command('text-event-server')
    .description('A text-event WebSocket server, and tools to speak with one.')
    .version(version, '-v, --version')
    .enablePositionalOptions()
    .addHelpText('after', `\n${describeExits(exitCodes)}\n\nSee text-event-server <command> --help, and docs/cli.md.`);
  const add = (name: string, options?: CommandOptions): Command => oneLine(program.command(name, options));
  oneLine(program);

  add('serve').description('run the server; --help shows its settings').argument('[flags...]');

  talking(add('send'))
    .description('send texts, each a message, and wait until the server has read them')
    .argument('<url>', ADDRESS, socketAddress)
    .argument(
      '[texts...]',
      'without any, or with a single -, the lines of standard input; after -- they may begin with -',
    )
    .option('--wait <time>', 'print what is answered, until this long after the last text', period)
    .option('--count <n>', 'end the wait when n answers came; fewer is exit code 4', whole(1, 1_000_000_000))
    .option('--json', 'print an answer as {"time","size","text"}')
    .addHelpText(
      'after',
      example(
        'text-event-server send ws://localhost:8088/ 李旺 --wait 5s --count 1',
        'seq 3 | text-event-server send ws://localhost:8088/broadcast',
      ),
    )
    .action(async (url, texts, options, command: Command) => {
      if (options.count && !options.wait) command.error('error: --count needs --wait');
      const { send } = await import('./send.ts');
      ended(await send(url, texts, options));
    });

  talking(add('listen'))
    .description('print each text that comes as a line')
    .argument('<url>', ADDRESS, socketAddress)
    .option('--count <n>', 'end when n messages came', whole(1, 1_000_000_000))
    .option('--json', 'print a message as {"time","size","text"}, a binary one with "base64"')
    .option('--reconnect', 'come back when the connection ends, where its close code allows that')
    .addOption(pingOption('how often to ask whether the server is there'))
    .addHelpText('after', example('text-event-server listen ws://localhost:8088/broadcast --json | jq -r .text'))
    .action(async (url, options) => {
      const { listen } = await import('./listen.ts');
      ended(await listen(url, options));
    });

  talking(add('chat'))
    .description('chat in a terminal; Ctrl-D leaves')
    .argument('<url>', 'such as wss://your.host/chat or ws://localhost:8088/rooms/lobby', socketAddress)
    .option('--name <name>', 'the name to ask for; the server gives one without it')
    .option('--no-reconnect', 'leave when the connection ends')
    .addOption(pingOption('how often to ask whether the server is there; on /chat by its heartbeat'))
    .addHelpText('after', example('text-event-server chat ws://localhost:8088/chat --name 小李'))
    .action(async (url, options) => {
      const { chat } = await import('./chat.ts');
      ended(await chat(url, options));
    });

  talking(add('bench'))
    .description('load a path that answers, or sends to all, and measure how long its answers take')
    .argument('<url>', ADDRESS, socketAddress)
    .option('--connections <n>', 'how many', whole(1, 10_000), 10)
    .option('--rate <n>', 'messages per second of each connection', whole(1, 10_000), 10)
    .option('--seconds <n>', 'how long', whole(1, 3_600), 5)
    // The mark that tells a message from others takes up to 32 bytes.
    .option('--size <bytes>', 'of a message', whole(32, 1_048_576), 64)
    .option('--json', 'print the result as one JSON object')
    .addHelpText(
      'after',
      example('text-event-server bench ws://localhost:8088/echo --connections 100 --rate 50 --seconds 10'),
    )
    .action(async (url, options) => {
      const { bench } = await import('./bench.ts');
      ended(await bench(url, options));
    });

  add('token')
    .description('print a token that a server with the same secret takes')
    .option('--secret-file <file>', 'with the secret of AUTH_SECRET_FILE; by default the file that this variable names')
    .requiredOption('--sub <name>', 'the name in rooms', subject)
    .option('--room <pattern=rights>', "such as 'team-*=read,publish,presence'; repeatable", roomRights)
    .addOption(
      new Option('--operator [rights]', 'for /status and /metrics: see, close; both where none are named')
        .argParser(operatorRights)
        .preset('see,close'),
    )
    .option('--expires <time>', 'for how long it holds, such as 30m, 12h or 90d; by default 1h', lifetime)
    .option('--issuer <text>', 'where the server has AUTH_ISSUER')
    .option('--audience <text>', 'where the server has AUTH_AUDIENCE')
    .addHelpText(
      'after',
      example("text-event-server token --secret-file auth.secret --sub 小李 --room 'team-*=read,publish' --expires 1h"),
    )
    .action(async (options) => {
      const { token } = await import('./token.ts');
      ended(await token(options));
    });

  add('secret')
    .description('make a secret for tokens, in a new file that only you can read')
    .argument('<file>', 'such as auth.secret; AUTH_SECRET_FILE names it')
    .addHelpText('after', example('text-event-server secret auth.secret'))
    .action(async (file) => {
      const { secret } = await import('./token.ts');
      ended(secret(file));
    });

  examining(add('check'), '--quick https://your.host/', CHECKS)
    .description('test a running site from outside; for what is wrong it names the line to change')
    .option('--quick', 'leave out the check that holds a connection idle')
    .option('--idle <time>', "how long to hold it, by default 65s; longer than Nginx's default of 60s")
    .action(async (addresses, options) => {
      const { check } = await import('./check.ts');
      ended(await check(addresses, options));
    });

  examining(add('doctor'), 'https://your.host/', DOCTOR_CHECKS)
    .description('test all that check does, what clients meet, and with --local what the machine is set up for')
    .option('--local', 'the site runs on this machine, with the settings of this folder: test these too')
    .option(
      '--room <name>',
      'publish one line in this room, which everybody there reads, and come back for it',
      roomName,
    )
    .option('--idle <time>', 'hold a connection without a word for so long, such as 130s; by default not')
    .action(async (addresses, options) => {
      const { doctor } = await import('./doctor.ts');
      ended(await doctor(addresses, options));
    });
  return program;
}

/** What every command that tests a site takes beside its own. */
function examining(command: Command, usage: string, names: string): Command {
  return command
    .argument('[address...]', 'of its page, such as https://your.host/')
    .option('--only <names>', `only these, separated by commas: ${names}`)
    .option('--skip <names>', 'all but these')
    .option('--insecure', 'take any certificate')
    .option('--origin <origin>', "the page that a handshake names, by default the site's own; off for none")
    .addOption(tokenOption('to come in as its users do, where rooms ask for one; not sent to what everybody sees'))
    .option('--http-port <n>', 'where plain http is, by default 80 if the address has no port')
    .option('--json', 'one JSON document in place of lines')
    .addHelpText('after', `${example(`text-event-server ${command.name()} ${usage}`)}\n\n${describeExits(checkCodes)}`);
}

/** What every command that talks takes beside its own. */
function talking(command: Command): Command {
  return command
    .option('--insecure', 'take any certificate')
    .option(
      '--header <field>',
      "a header field of the handshake, such as 'Origin: https://your.host'; repeatable",
      header,
    )
    .option('--subprotocol <name>', 'the subprotocol to ask for')
    .addOption(tokenOption('for servers that ask for one; better as the variable, which other users cannot read'))
    .addOption(
      new Option('--timeout <time>', 'until the connection must be open').argParser(period).default(10_000, '10s'),
    );
}

/** The command line can be read by every user of the machine, and variables not. */
function tokenOption(meaning: string): Option {
  return new Option('--token <token>', meaning).env('TEXT_EVENT_TOKEN');
}

function pingOption(meaning: string): Option {
  return new Option('--ping <time>', meaning).argParser(period).default(25_000, '25s');
}

/** Errors are thrown instead of ending the process, and said in one line under the command's name. */
function oneLine(command: Command): Command {
  return command.exitOverride().configureOutput({
    outputError: (text, write) => {
      const line = text
        .trim()
        .replace(/^error: /, '')
        .replaceAll('\n', ' ');
      write(`${command.name()}: ${line}${/[.?)]$/.test(line) ? '' : '.'} See --help\n`);
    },
  });
}

function example(...calls: string[]): string {
  return `\nExample${calls.length > 1 ? 's' : ''}:\n${calls.map((call) => `  ${call}`).join('\n')}`;
}

function describeExits(codes: Readonly<Record<string, ExitCode>>): string {
  const rows = Object.values(codes).map(({ code, meaning }) => `  ${String(code).padEnd(5)}${meaning}`);
  return `Exit codes:\n${rows.join('\n')}`;
}
