import 'bootstrap/dist/css/bootstrap.css';
import './page.css';
import './lab.css';
import './status.css';
import { shortly } from './amounts.ts';
import { byId } from './elements.ts';
import { addTexts, setWords, switchLanguage, useBrowserLanguage } from './language.ts';
import { authorization, takeTokenOfAddress } from './page-token.ts';
import { RatePlot } from './rate-plot.ts';
import { type Point, Processes, type Reading, sumOf } from './readings.ts';
import { type ConnectionRow, connectionTable, nameOf, processTable, roomList } from './status-tables.ts';
import { statusTexts } from './status-texts.ts';
import { followColorScheme } from './theme.ts';
import { TokenForm } from './token-form.ts';

/** What `GET /status/connections` answers. */
interface Connections {
  readonly host: string;
  readonly pid: number;
  readonly total: number;
  readonly connections: readonly ConnectionRow[];
}

/** Milliseconds from an answer to the next question. */
const INTERVAL = 2000;
const TIMEOUT = 10_000;
const HEIGHT = 140;

const { texts, setText } = addTexts(statusTexts);

followColorScheme();
useBrowserLanguage();
takeTokenOfAddress();

const state = byId('state', HTMLElement);
const notice = byId('notice', HTMLElement);
const both = [{ color: '--plot-sent', width: 5 }, { color: '--plot-received' }];
const plots = {
  connections: new RatePlot(byId('connections-plot', HTMLElement), [{ color: '--plot-received' }], HEIGHT),
  messages: new RatePlot(byId('messages-plot', HTMLElement), both, HEIGHT),
  bytes: new RatePlot(byId('bytes-plot', HTMLElement), both, HEIGHT),
  latency: new RatePlot(
    byId('latency-plot', HTMLElement),
    [
      { color: '--plot-round-trip', width: 3, points: true },
      { color: '--plot-received', points: true },
    ],
    HEIGHT,
  ),
};
const processes = new Processes();
const showRooms = roomList(byId('rooms', HTMLElement));
const showProcesses = processTable(byId('processes', HTMLElement), (id) => {
  processes.choose(id);
  show();
});
const showConnections = connectionTable(byId('connections', HTMLElement), close);

let connections: Connections | undefined;

byId('language', HTMLButtonElement).onclick = () => {
  switchLanguage();
  show();
};

let timer: ReturnType<typeof setTimeout> | undefined;

const tokenForm = new TokenForm(() => {
  clearTimeout(timer);
  void poll();
});

setText(state, 'reading');
void poll();

async function poll(): Promise<void> {
  try {
    const [reading, rows] = await Promise.all([read<Reading>('./status'), read<Connections>('./status/connections')]);
    processes.add(reading, Date.now() / 1000);
    connections = rows;
    notice.hidden = true;
    tokenForm.ask(undefined);
    state.dataset.state = 'open';
    setText(state, 'live');
    show();
  } catch (error) {
    fail(error);
  }
  clearTimeout(timer);
  timer = setTimeout(poll, INTERVAL);
}

/** @throws Error, whose message is a status where there is an answer */
async function read<T>(address: string): Promise<T> {
  const signal = AbortSignal.timeout(TIMEOUT);
  const response = await fetch(address, { headers: authorization(), cache: 'no-store', signal });
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

function fail(error: unknown): void {
  const why = error instanceof Error ? error.message : String(error);
  state.dataset.state = 'closed';
  const refused = ['401', '403', '404'].includes(why);
  setText(state, refused ? 'refusedHere' : 'stale');
  // Where there are no tokens, or a proxy wants one at first, nothing is there.
  if (refused) tokenForm.ask(why === '403' ? 403 : 401);
  if (refused) setText(notice, 'notAllowed');
  else setWords(notice, () => texts().unreachable(why));
  notice.hidden = false;
}

async function close(id: string): Promise<boolean> {
  try {
    // The header keeps pages of other origins from doing the same.
    const headers = { 'X-Requested-With': 'status.html', ...authorization() };
    const response = await fetch(`./status/connections/${encodeURIComponent(id)}/close`, { method: 'POST', headers });
    if (response.ok) return true;
    const { detail } = (await response.json()) as { detail?: unknown };
    throw new Error(String(detail));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    setWords(byId('close-words', HTMLElement), () => texts().closeFailed(id, why));
    return false;
  }
}

function show(): void {
  const process = processes.shown;
  if (!process) return;
  const { latest, points } = process;
  byId('overview', HTMLElement).hidden = false;
  setWords(byId('shown', HTMLElement), () => texts().shownProcess(latest.host, nameOf(latest), latest.version));
  showPoints(points, latest);
  showRooms(latest.rooms);
  byId('no-rooms', HTMLElement).hidden = latest.rooms.length > 0;
  showProcesses(processes);
  showSum(processes.newest ?? latest);
  if (!connections) return;
  const { host, pid, total, connections: rows } = connections;
  setWords(byId('some', HTMLElement), () => texts().someConnections(shortly(rows.length), shortly(total), host, pid));
  byId('no-connections', HTMLElement).hidden = rows.length > 0;
  showConnections(rows);
}

function showSum({ processes: all, othersUnknown }: Reading): void {
  const { machines, open, messagesIn, messagesOut } = sumOf(all);
  const numbers = [open, messagesIn, messagesOut].map(shortly) as [string, string, string];
  setWords(byId('processes-sum', HTMLElement), () => texts().allOfThem(all.length, machines, ...numbers));
  const words = byId('others-unknown', HTMLElement);
  words.hidden = othersUnknown === undefined;
  setWords(words, () => (othersUnknown === undefined ? '' : texts().othersUnknown(othersUnknown)));
}

function showPoints(points: readonly Point[], latest: Reading): void {
  const times = points.map(({ time }) => time);
  const of = <K extends keyof Point>(name: K) => points.map((point) => point[name]);
  plots.connections.show(times, of('connections'));
  plots.messages.show(times, of('messagesOut'), of('messagesIn'));
  plots.bytes.show(times, of('bytesOut'), of('bytesIn'));
  plots.latency.show(times, of('slow'), of('median'));
  const last = points.at(-1);
  showNumber('connections-now', latest.open);
  for (const name of ['messagesIn', 'messagesOut', 'bytesIn', 'bytesOut', 'median', 'slow'] as const) {
    showNumber(name, last?.[name] ?? undefined);
  }
}

function showNumber(id: string, value: number | undefined): void {
  byId(id, HTMLElement).textContent = value === undefined ? '–' : shortly(value);
}
