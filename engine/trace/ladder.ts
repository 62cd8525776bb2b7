// A traced call as a ladder: time runs down, the parties stand side by side, the switch between its
// customer and its vendors. Plain text of 7-bit characters, for a terminal or a ticket.
import { hostPort } from '../base/endpoint.ts';
import { fieldsOf, labelOf, linesOf } from './traced-message.ts';
import { CALLER_LEG, Direction, NO_LEG, type StoredRecord } from './trace-record.ts';

/** What stands under each arrow. */
export type LadderDetail = 'none' | 'headers' | 'messages';

/** Time of day, then the gap to the message before. */
const MARGIN = 26;
const MIN_GAP = 24;
const SWITCH = 'tandem';

interface Party {
  readonly role: string;
  readonly name: string;
  readonly address: string;
}

interface Column extends Party {
  readonly x: number;
}

/** One arrow. */
interface Rung {
  readonly record: StoredRecord;
  readonly label: string;
  readonly party: string;
}

/** @param records of one call or trace, in the order of their times */
export function ladder(records: readonly StoredRecord[], detail: LadderDetail): string {
  if (records.length === 0) return '';
  const legs = legsByCallId(records);
  const seen = new Set<string>();
  const rungs = records.map((record) => rungOf(record, legs, seen));
  const columns = columnsOf(rungs, legs);
  const lines = [...heading(columns, records[0]!)];
  let beforeUs = records[0]!.timeUs;
  for (const rung of rungs) {
    lines.push(rungLine(rung, columns, rung.record.timeUs - beforeUs));
    beforeUs = rung.record.timeUs;
    lines.push(...details(rung.record, detail));
  }
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** Which leg each Call-ID is: what was traced by address alone does not say so itself. */
function legsByCallId(records: readonly StoredRecord[]): Map<string, StoredRecord> {
  const legs = new Map<string, StoredRecord>();
  for (const record of records) {
    if (record.leg !== NO_LEG && record.callId !== '') legs.set(record.callId, record);
  }
  return legs;
}

function rungOf(
  record: StoredRecord,
  legs: ReadonlyMap<string, StoredRecord>,
  seen: Set<string>,
): Rung {
  const key = `${record.direction} ${hostPort(record.remote)} ${record.message.toString('latin1')}`;
  const again = seen.has(key) ? ' again' : '';
  seen.add(key);
  return { record, label: labelOf(record) + again, party: partyKey(record, legs) };
}

/** Customers stand left of the switch, vendors right; whoever is neither by what it said first. */
function partyKey(record: StoredRecord, legs: ReadonlyMap<string, StoredRecord>): string {
  const { leg } = record.leg === NO_LEG ? (legs.get(record.callId) ?? record) : record;
  const side = leg === CALLER_LEG ? 'customer' : leg === NO_LEG ? 'peer' : 'vendor';
  return `${side} ${record.transport} ${hostPort(record.remote)}`;
}

function columnsOf(
  rungs: readonly Rung[],
  legs: ReadonlyMap<string, StoredRecord>,
): ReadonlyMap<string, Column> {
  const left = new Map<string, Party>();
  const right = new Map<string, Party>();
  for (const { record, party } of rungs) {
    if (left.has(party) || right.has(party)) continue;
    const [role, transport] = party.split(' ');
    const name = record.gateway === '' ? (legs.get(record.callId)?.gateway ?? '') : record.gateway;
    const over = transport === 'udp' ? '' : `${transport}:`;
    const isLeft = role === 'customer' || (role === 'peer' && record.direction === Direction.In);
    const side = isLeft ? left : right;
    side.set(party, { role: role!, name, address: over + hostPort(record.remote) });
  }
  const local = rungs[0]!.record.local;
  const parties: [string, Party][] = [
    ...left,
    [SWITCH, { role: SWITCH, name: '', address: hostPort(local) }],
    ...right,
  ];
  const longest = Math.max(
    ...rungs.map(({ label }) => label.length + 8),
    ...parties.map(([, { name, address }]) => Math.max(name.length, address.length) + 2),
  );
  const gap = Math.max(MIN_GAP, longest);
  return new Map(parties.map(([key, party], i) => [key, { ...party, x: MARGIN + i * gap }]));
}

function heading(columns: ReadonlyMap<string, Column>, first: StoredRecord): string[] {
  const day = new Date(first.timeUs / 1000).toISOString().slice(0, 10);
  const rows = (['role', 'name', 'address'] as const).map((field) => {
    let line = field === 'role' ? `${day} UTC`.padEnd(MARGIN - 4) + 'ms' : '';
    for (const column of columns.values()) line = line.padEnd(column.x) + column[field];
    return line;
  });
  return rows.filter((row) => row.trim() !== '');
}

function rungLine(
  { record, label, party }: Rung,
  columns: ReadonlyMap<string, Column>,
  gapUs: number,
): string {
  const middle = columns.get(SWITCH)!.x;
  const end = columns.get(party)!.x;
  const xs = [...columns.values()].map(({ x }) => x);
  const cells = Array.from({ length: xs.at(-1)! + 1 }, () => ' ');
  for (const x of xs) cells[x] = '|';
  const [low, high] = end < middle ? [end, middle] : [middle, end];
  for (let x = low + 1; x < high; x++) cells[x] = '-';
  const towardsRight = (record.direction === Direction.Out) === end > middle;
  if (towardsRight) cells[high - 1] = '>';
  else cells[low + 1] = '<';
  // Next to the switch, where every arrow passes.
  const gap = xs[1]! - xs[0]!;
  const from = end < middle ? middle - gap : middle;
  const text = ` ${label} `;
  const at = from + 1 + Math.floor((gap - 1 - text.length) / 2);
  for (let i = 0; i < text.length; i++) cells[at + i] = text[i]!;
  const time = new Date(Math.floor(record.timeUs / 1000)).toISOString().slice(11, 23);
  const gapText = `+${(gapUs / 1000).toFixed(1)}`;
  return `${time}${gapText.padStart(MARGIN - 14)}  ${cells.join('').slice(MARGIN)}`;
}

function details(record: StoredRecord, detail: LadderDetail): string[] {
  if (detail === 'none') return [];
  const lines = detail === 'headers' ? fieldsOf(record) : linesOf(record);
  return [...lines.map((line) => ' '.repeat(4) + line), ''];
}
