import type { Ack, EventMessage, ServerMessage } from '../rooms/protocol.ts';
import { type Finding, wrong } from './findings.ts';
import type { Place } from './place.ts';

/** What was said in a room to one connection. */
export interface Visit {
  readonly messages: readonly ServerMessage[];
  /** How it ended, in words; undefined where all that was waited for had come. */
  readonly trouble: string | undefined;
}

/** A line that was published and acknowledged. */
export interface Line {
  readonly key: string;
  readonly text: string;
  readonly position: string;
}

const setting = (name: string): Place => ({ file: '.env', line: name });

/** What speaks against entering and publishing; undefined where nothing does. @param hasToken one was sent */
export function publishingProblem(visit: Visit, key: string, hasToken: boolean): Finding | undefined {
  const { trouble } = visit;
  if (trouble && /\b401\b/.test(trouble) && !hasToken) {
    return wrong('rooms ask for a token here: --token, or TEXT_EVENT_TOKEN');
  }
  if (trouble && /\b40[13]\b/.test(trouble) && hasToken) {
    return wrong(`${trouble}: the token needs the rights read and publish in this room, and a time that is not over`);
  }
  const refused = refusal(visit, hasToken);
  if (refused) return refused;
  const ack = ackOf(visit, key);
  if (!ack) return wrong(`no acknowledgement of a line: ${trouble}; the log and /readyz say more`);
  if (lineAt(visit, ack.position)) return undefined;
  return wrong(`a line was acknowledged and never came: ${trouble}`, setting('REDIS_URL'));
}

/** What speaks against coming back to where a connection was before a line; undefined where nothing does. */
export function resumingProblem(visit: Visit, line: Line): Finding | undefined {
  const event = lineAt(visit, line.position);
  if (event?.text === line.text) return undefined;
  if (event) return wrong(`another line stands at the position of ours: ${notShared}`, setting('REDIS_URL'));
  return lost(visit) ?? wrong(`the line did not come again after its predecessor's position: ${visit.trouble}`);
}

/** What speaks against publishing a line again, on a connection that has it; undefined where nothing does. */
export function repeatingProblem(visit: Visit, line: Line): Finding | undefined {
  const problem = lost(visit);
  if (problem) return problem;
  const ack = ackOf(visit, line.key);
  if (!ack) return wrong(`no acknowledgement of the same line: ${visit.trouble}; the log and /readyz say more`);
  if (!ack.duplicate || ack.position !== line.position) {
    return wrong(
      `a line that was published again under its key stands there twice: ${notShared}`,
      setting('REDIS_URL'),
    );
  }
  return lineAt(visit, line.position) && wrong('a line came again after its own position');
}

/** The acknowledgement of a key. */
export function ackOf({ messages }: Visit, key: string): Ack | undefined {
  return messages.find((message): message is Ack => message.type === 'ack' && message.key === key);
}

export function lineAt({ messages }: Visit, position: string): EventMessage | undefined {
  return messages.find((message): message is EventMessage => message.type === 'event' && message.position === position);
}

const notShared =
  'not all processes behind this address have the same DATA_DIR or REDIS_URL, or Redis lost what it acknowledged';

/** What the server says of a position that it should have. */
function lost(visit: Visit): Finding | undefined {
  const { messages } = visit;
  if (messages.some(({ type }) => type === 'reset')) {
    return wrong(`coming back, the log was another one: ${notShared}`, setting('REDIS_URL'));
  }
  if (messages.some(({ type }) => type === 'gap')) {
    return wrong('coming back, the line was no longer kept: the room keeps too little', setting('HISTORY_MAX_EVENTS'));
  }
  return refusal(visit, true);
}

function refusal({ messages }: Visit, hasToken: boolean): Finding | undefined {
  const error = messages.find((message) => message.type === 'error');
  if (!error) return undefined;
  const said = `${error.code}: ${error.message}`;
  if (error.code === 'too_many_rooms') return wrong(said, setting('MAX_ROOMS'));
  if (error.code === 'unavailable') return wrong(`${said}; /readyz and the log say why`);
  if (error.code === 'bad_position') return wrong(`${said}; ${notShared}`, setting('REDIS_URL'));
  return wrong(error.code === 'forbidden' && !hasToken ? `${said}; with the right publish: --token` : said);
}
