import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import { Metrics } from '../../src/metrics/metrics.ts';
import { createServer } from '../../src/server.ts';
import { root } from '../helpers/program.ts';

interface Rule {
  alert: string;
  expr: string;
  annotations: { summary: string; description: string };
}

const fileOf = (name: string) => readFileSync(join(root, 'deploy/monitoring', name), 'utf8');
const rules = (parse(fileOf('alerts.yml')) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(fileOf('dashboard.json')) as {
  panels: { title: string; targets?: { expr: string }[] }[];
};
const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

const metrics = new Metrics({ version: '', maxConnections: 1, isReady: () => true, streams: () => 0 });
metrics.watch(createServer(), []);

/** The metrics that an expression asks for. */
function namesIn(expression: string): string[] {
  const names = expression.match(/\b(?:text_event|process|nodejs)_\w+/g) ?? [];
  return names.map((name) => name.replace(/_seconds_(?:bucket|sum|count)$/, '_seconds'));
}

test('every metric that the dashboard and the alert rules ask for is one that there is', (t) => {
  t.true(rules.length > 5 && queries.length > 20);
  for (const expression of [...queries, ...rules.map(({ expr }) => expr)]) {
    for (const name of namesIn(expression)) t.true(metrics.labels.has(name), `${name} in ${expression}`);
    t.true(namesIn(expression).length > 0 || /^up\{/.test(expression), expression);
    t.regex(expression, /job="text-event-server"/);
  }
});

test('every metric of ours is on the dashboard', (t) => {
  const shown = new Set(queries.flatMap(namesIn));
  // It names what runs, and has the list of instances.
  const missing = [...metrics.labels.keys()].filter((name) => name.startsWith('text_event_') && !shown.has(name));
  t.deepEqual(missing, ['text_event_info']);
});

test('labels that are asked for are labels that there are', (t) => {
  const labels = new Set([...[...metrics.labels.values()].flat(), 'job', 'instance', 'le']);
  for (const expression of [...queries, ...rules.map(({ expr }) => expr)]) {
    const inBraces = [...expression.matchAll(/[{,](\w+)=~?"/g)].map(([, label]) => label ?? '');
    const grouped = [...expression.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/, */));
    for (const label of [...inBraces, ...grouped]) t.true(labels.has(label), `${label} in ${expression}`);
  }
});

test('each alert says what is wrong and what to look at', (t) => {
  t.is(new Set(rules.map(({ alert }) => alert)).size, rules.length);
  for (const { alert, annotations } of rules) {
    t.true(annotations.summary.length > 10 && annotations.description.length > 10, alert);
  }
});
