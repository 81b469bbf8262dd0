import test from 'ava';
import { describeVariables, flagOf, loadConfig, variableNames } from '../src/config.ts';

test('has a default for every variable', (t) => {
  const { config } = loadConfig({});
  t.like(config, {
    host: '',
    port: 8088,
    rootHandler: 'greet',
    nodeEnv: 'development',
    logLevel: 'info',
    allowedOrigins: undefined,
    trustProxy: [],
    maxMessageBytes: 1_048_576,
    handshakeTimeout: 10_000,
    closeTimeout: 3_000,
    pingInterval: 25_000,
    pingTimeout: 10_000,
    drainTime: 10_000,
  });
  t.true(Object.isFrozen(config));
});

test('takes an empty variable as one that is not set', (t) => {
  t.is(loadConfig({ PORT: '', HOST: ' ' }).config?.port, 8088);
});

const good: [name: string, value: string, key: string, expected: unknown][] = [
  ['PORT', '0', 'port', 0],
  ['PORT', '65535', 'port', 65535],
  ['MAX_MESSAGE_BYTES', '64KiB', 'maxMessageBytes', 65_536],
  ['MAX_MESSAGE_BYTES', 'off', 'maxMessageBytes', Number.POSITIVE_INFINITY],
  ['PING_INTERVAL', 'off', 'pingInterval', 0],
  ['PING_INTERVAL', '1.5s', 'pingInterval', 1500],
  ['DRAIN_TIME', '2m', 'drainTime', 120_000],
  ['SOCKET_MODE', '0666', 'socketMode', 0o666],
  ['SOCKET_MODE', '660', 'socketMode', 0o660],
  [
    'ALLOWED_ORIGINS',
    'https://a.example, http://b.example:8080',
    'allowedOrigins',
    ['https://a.example', 'http://b.example:8080'],
  ],
  ['TRUST_PROXY', 'loopback,10.0.0.0/8,::1', 'trustProxy', ['loopback', '10.0.0.0/8', '::1']],
];

for (const [name, value, key, expected] of good) {
  test(`reads ${name}=${value}`, (t) => {
    const { config, problems } = loadConfig({ [name]: value });
    t.is(problems, undefined);
    t.deepEqual((config as unknown as Record<string, unknown>)[key], expected);
  });
}

const bad: [name: string, value: string, says: string][] = [
  ['PORT', '70000', 'a whole number from 0 to 65535'],
  ['PORT', '-1', 'a whole number from 0 to 65535'],
  ['PORT', '80a', 'a whole number from 0 to 65535'],
  ['PORT', '8e1', 'a whole number from 0 to 65535'],
  ['ROOT_HANDLER', 'grett', 'one of greet'],
  ['LOG_LEVEL', 'loud', 'one of silent, fatal, error, warn, info, debug, trace'],
  ['NODE_ENV', 'prod', 'one of development, production, test'],
  ['ALLOWED_ORIGINS', 'example.com', '*, same-origin or origins such as https://example.com'],
  ['ALLOWED_ORIGINS', 'https://example.com/', '*, same-origin or origins'],
  ['ALLOWED_ORIGINS', 'null', '*, same-origin or origins'],
  ['TRUST_PROXY', '10.0.0.0/99', 'addresses, CIDR blocks'],
  ['TRUST_PROXY', 'yes', 'addresses, CIDR blocks'],
  ['MAX_MESSAGE_BYTES', '1048576', 'a number with a unit (B, KiB, MiB, GiB)'],
  ['MAX_MESSAGE_BYTES', '2GiB', 'from 1B to 1GiB'],
  ['HANDSHAKE_TIMEOUT', '10', 'a number with a unit (ms, s, m, h, d)'],
  ['PING_TIMEOUT', '0s', 'from 100ms to 1h'],
  ['SOCKET_MODE', '0999', 'permissions in octal'],
];

for (const [name, value, says] of bad) {
  test(`refuses ${name}=${value} with what it got and what is allowed`, (t) => {
    const { config, problems } = loadConfig({ [name]: value });
    t.is(config, undefined);
    t.is(problems?.length, 1);
    t.true(problems?.[0]?.startsWith(`${name}: got "${value}", expected `));
    t.true(problems?.[0]?.includes(says), problems?.[0]);
  });
}

test('names every mistake at once', (t) => {
  t.is(loadConfig({ PORT: 'x', LOG_LEVEL: 'y', DRAIN_TIME: 'z' }).problems?.length, 3);
});

test('describes every variable with its flag', (t) => {
  const help = describeVariables();
  for (const name of variableNames) t.true(help.includes(`${name} (--${flagOf(name)})`), name);
});
