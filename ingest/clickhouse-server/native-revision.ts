// The Native format as a client of a given protocol revision reads it (`client_protocol_version`,
// sent by clickhouse-go and with it by Grafana's data source). chDB writes revision 0; newer ones
// put a block info before each block, and a byte "no custom serialisation" behind each type.
// To find the columns, their data is stepped over by type.
// Source: ClickHouse's NativeWriter and ProtocolDefines (revisions), documentation "Native".
import { ServerException } from './server-exception.ts';

const WITH_CUSTOM_SERIALIZATION = 54_454;
/** Field 1 is_overflows = 0, field 2 bucket_num = -1, end. */
const BLOCK_INFO = Buffer.from([1, 0, 2, 0xff, 0xff, 0xff, 0xff, 0]);

/** Bytes of a value, by the type's name without arguments. */
const WIDTHS = new Map<string, number>([
  ...['UInt8', 'Int8', 'Bool', 'Enum8', 'Nothing'].map((name) => [name, 1] as const),
  ...['UInt16', 'Int16', 'Enum16', 'Date', 'BFloat16'].map((name) => [name, 2] as const),
  ...['UInt32', 'Int32', 'Float32', 'Date32', 'DateTime', 'IPv4', 'Time', 'Decimal32'].map(
    (name) => [name, 4] as const,
  ),
  ...['UInt64', 'Int64', 'Float64', 'DateTime64', 'Time64', 'Decimal64'].map(
    (name) => [name, 8] as const,
  ),
  ...['UInt128', 'Int128', 'UUID', 'IPv6', 'Decimal128', 'Point'].map(
    (name) => [name, 16] as const,
  ),
  ...['UInt256', 'Int256', 'Decimal256'].map((name) => [name, 32] as const),
]);

/** Version of the dictionaries' layout, at the head of a column. */
const LOW_CARDINALITY_PREFIX = 8;

class NativeReader {
  readonly #bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get ended(): boolean {
    return this.at >= this.#bytes.length;
  }

  /** LEB128, below 2^53. */
  count(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes[this.at++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  text(): string {
    const length = this.#skipText();
    return this.#bytes.toString('utf8', this.at - length, this.at);
  }

  #skipText(): number {
    const length = this.count();
    this.at += length;
    return length;
  }

  /** Steps over a column: the prefixes of all its parts come before the first of their values. */
  column(type: string, rows: number): void {
    if (rows === 0) return;
    this.at += LOW_CARDINALITY_PREFIX * (type.match(/\bLowCardinality\(/g)?.length ?? 0);
    this.skip(type, rows);
  }

  /** Steps over `rows` values of `type`. */
  skip(type: string, rows: number): void {
    const [name, given] = splitType(type);
    const width = widthOf(name, given);
    if (width !== undefined) this.at += width * rows;
    else if (name === 'String') for (let i = 0; i < rows; i++) this.#skipText();
    else if (name === 'Nullable') {
      this.at += rows;
      this.skip(given, rows);
    } else if (name === 'LowCardinality') this.#skipLowCardinality(given, rows);
    else if (name === 'Array') this.#skipArray(given, rows);
    else if (name === 'Map') this.#skipArray(`Tuple(${given})`, rows);
    else if (name === 'Nested') this.#skipArray(`Tuple(${given})`, rows);
    else if (name === 'Tuple') for (const part of splitList(given)) this.skip(unnamed(part), rows);
    else if (name === 'SimpleAggregateFunction') this.skip(splitList(given)[1]!, rows);
    else throw unsupported(type);
  }

  #word(): number {
    this.at += 8;
    return Number(this.#bytes.readBigUInt64LE(this.at - 8));
  }

  /** A dictionary of the block's values, then the place of each row's value in it. */
  #skipLowCardinality(of: string, rows: number): void {
    if (rows === 0) return;
    const indexWidth = 1 << (this.#word() & 255);
    const [name, given] = splitType(of);
    this.skip(name === 'Nullable' ? given : of, this.#word());
    const count = this.#word();
    this.at += count * indexWidth;
  }

  #skipArray(of: string, rows: number): void {
    if (rows === 0) return;
    this.at += 8 * (rows - 1);
    this.skip(of, this.#word());
  }
}

const unsupported = (type: string): ServerException =>
  new ServerException(
    `Type ${type} in Native format with client_protocol_version is not supported by this server; ` +
      'cast it, to String for example',
    'NOT_IMPLEMENTED',
  );

function widthOf(name: string, given: string): number | undefined {
  if (name === 'FixedString') return Number(given);
  if (name.startsWith('Interval')) return 8;
  if (name !== 'Decimal') return WIDTHS.get(name);
  const precision = Number(given.split(',')[0]);
  return precision <= 9 ? 4 : precision <= 18 ? 8 : precision <= 38 ? 16 : 32;
}

/** `Array(String)` → name and what stands in its brackets. */
function splitType(type: string): [name: string, given: string] {
  const open = type.indexOf('(');
  return open < 0 ? [type, ''] : [type.slice(0, open), type.slice(open + 1, -1)];
}

/** Cut at commas outside brackets and quotes. */
function splitList(list: string): string[] {
  const items: string[] = [];
  let depth = 0;
  let quote = '';
  let from = 0;
  for (let i = 0; i < list.length; i++) {
    const mark = list[i]!;
    if (quote !== '') {
      if (mark === '\\') i++;
      else if (mark === quote) quote = '';
    } else if (mark === "'" || mark === '`') quote = mark;
    else if (mark === '(') depth++;
    else if (mark === ')') depth--;
    else if (mark === ',' && depth === 0) {
      items.push(list.slice(from, i).trim());
      from = i + 1;
    }
  }
  items.push(list.slice(from).trim());
  return items;
}

/** A tuple's element may have a name before its type: `a UInt8`, `` `a b` UInt8 ``. */
function unnamed(part: string): string {
  return /^(?:`(?:[^`\\]|\\.)*`|\w+) (.+)$/s.exec(part)?.[1] ?? part;
}

/**
 * @param native revision 0
 * @param revision of the client
 * @throws ServerException NOT_IMPLEMENTED for types whose data cannot be stepped over
 */
export function nativeForRevision(native: Buffer, revision: number): Buffer {
  if (revision <= 0) return native;
  const parts: Buffer[] = [];
  const reader = new NativeReader(native);
  while (!reader.ended) {
    parts.push(BLOCK_INFO);
    let from = reader.at;
    const columns = reader.count();
    const rows = reader.count();
    for (let i = 0; i < columns; i++) {
      reader.text();
      const type = reader.text();
      if (revision >= WITH_CUSTOM_SERIALIZATION) {
        parts.push(native.subarray(from, reader.at), Buffer.from([0]));
        from = reader.at;
      }
      reader.column(type, rows);
    }
    parts.push(native.subarray(from, reader.at));
  }
  return Buffer.concat(parts);
}
