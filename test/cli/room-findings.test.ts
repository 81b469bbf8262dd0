import test from 'ava';
import { publishingProblem, repeatingProblem, resumingProblem, type Visit } from '../../src/cli/room-findings.ts';
import type { ServerMessage } from '../../src/rooms/protocol.ts';

const line = { key: 'k', text: 'x', position: 'p1' };
const event: ServerMessage = { type: 'event', position: 'p1', from: 'a', text: 'x', at: '2026-01-01T00:00:00.000Z' };
const ack: ServerMessage = { type: 'ack', key: 'k', position: 'p1', duplicate: false };
const again: ServerMessage = { ...ack, duplicate: true };
const error = (code: 'unavailable' | 'too_many_rooms' | 'forbidden' | 'bad_position'): ServerMessage => ({
  type: 'error',
  code,
  message: 'why',
  retryable: false,
});
const heard = (...messages: ServerMessage[]): Visit => ({ messages, trouble: undefined });
const cut = (trouble: string, ...messages: ServerMessage[]): Visit => ({ messages, trouble });

test('publishing needs the acknowledgement and the line, in any order', (t) => {
  const problem = (visit: Visit, hasToken = false) => publishingProblem(visit, 'k', hasToken);
  t.is(problem(heard(ack, event)), undefined);
  t.is(problem(heard(event, ack)), undefined);
  t.regex(String(problem(cut('nothing within 10 s', event))?.detail), /no acknowledgement of a line: nothing within/);
  t.like(problem(cut('nothing within 10 s', ack)), { change: { file: '.env', line: 'REDIS_URL' } });
  t.like(problem(heard(error('too_many_rooms'))), { change: { file: '.env', line: 'MAX_ROOMS' } });
  t.regex(String(problem(heard(error('unavailable')))?.detail), /unavailable: why; \/readyz and the log say why/);
  t.regex(String(problem(heard(error('forbidden')))?.detail), /with the right publish: --token/);
  t.notRegex(String(problem(heard(error('forbidden')), true)?.detail), /--token/);
  t.regex(String(problem(cut('got status 401'))?.detail), /--token, or TEXT_EVENT_TOKEN/);
  t.regex(String(problem(cut('got status 403'), true)?.detail), /needs the rights read and publish/);
});

test('coming back must give the same line, and nothing else at its position', (t) => {
  t.is(resumingProblem(heard(event), line), undefined);
  t.regex(String(resumingProblem(heard({ ...event, text: 'y' }), line)?.detail), /another line stands/);
  t.like(resumingProblem(heard({ type: 'reset', position: 'p0' }), line), { change: { line: 'REDIS_URL' } });
  t.like(resumingProblem(heard(error('bad_position')), line), { change: { line: 'REDIS_URL' } });
  const gap: ServerMessage = { type: 'gap', from: 'p0', to: 'p1', lost: 1 };
  t.like(resumingProblem(heard(gap), line), { change: { line: 'HISTORY_MAX_EVENTS' } });
  t.regex(String(resumingProblem(cut('closed with 1006'), line)?.detail), /did not come again.*closed with 1006/);
});

test('publishing again under the same key must find the line, and not send it again', (t) => {
  t.is(repeatingProblem(heard(again), line), undefined);
  for (const visit of [heard(ack), heard({ ...again, position: 'p2' })]) {
    t.regex(String(repeatingProblem(visit, line)?.detail), /stands there twice/);
  }
  t.is(repeatingProblem(heard(event, again), line)?.detail, 'a line came again after its own position');
  t.regex(String(repeatingProblem(cut('nothing within 10 s'), line)?.detail), /no acknowledgement of the same line/);
});
