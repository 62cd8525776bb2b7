// The rooms of the repository and who may import whom (the table of ARCHITECTURE.md as data).
// Imports point one way; a room that is not in the table may not exist.
import { importsOf, type SourceFile } from './source-tree.ts';

/** Room → rooms it may import. Its own files are always allowed; `*` is everything. */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  'engine/base': [],
  'engine/sip': ['engine/base'],
  'engine/routing': ['engine/base', 'engine/numbers', 'engine/parameters'],
  'engine/numbers': ['engine/base'],
  'engine/rating': ['engine/base'],
  'engine/parameters': ['engine/base'],
  'engine/cdr': ['engine/base'],
  'engine/shm': ['engine/base'],
  'engine/store': ['engine/base'],
  // engine/sip: streams are framed by Content-Length, answers find their way by Via.
  'engine/net': ['engine/base', 'engine/shm', 'engine/sip'],
  // engine/net: the sockaddr words of who registered, which the pacer sends to.
  'engine/registry': ['engine/base', 'engine/net', 'engine/routing', 'engine/sip', 'engine/trace'],
  'engine/config': [
    'engine/base',
    'engine/numbers',
    'engine/parameters',
    'engine/registry',
    'engine/routing',
    'engine/store',
  ],
  'engine/http': ['engine/base', 'engine/sip'], // names of methods and parse results
  'engine/call': [
    'engine/base',
    'engine/sip',
    'engine/registry',
    'engine/routing',
    'engine/rating',
    'engine/numbers',
    'engine/cdr',
    'engine/parameters',
    'engine/trace',
  ],
  // Traced messages: taken in a shard, written on main, read by the command.
  'engine/trace': ['engine/base', 'engine/sip', 'engine/routing', 'engine/cdr'],
  // Programs of the operator beside a running edge.
  'engine/commands': [
    'engine/base',
    'engine/config',
    'engine/http', // what the API of the edge answers
    'engine/parameters',
    'engine/routing',
    'engine/store',
    'engine/trace',
    'engine/registry',
  ],
  // What runs in a shard's thread around call control: loop, sinks, counters.
  'engine/shard': [
    'engine/base',
    'engine/call',
    'engine/cdr',
    'engine/net',
    'engine/parameters',
    'engine/routing',
    'engine/shm',
    'engine/sip',
  ],
  // What runs on main: sockets, threads, ingest process, metrics; engine/main.ts only starts it.
  'engine/edge': ['*'],
  engine: ['*'],
  workers: [
    'engine/base',
    'engine/shard',
    'engine/call',
    'engine/cdr',
    'engine/config', // the provision file is read in a thread
    'engine/net',
    'engine/numbers',
    'engine/parameters',
    'engine/rating',
    'engine/registry',
    'engine/routing',
    'engine/shm',
    'engine/sip',
    'engine/trace',
    'engine/store',
  ],
  // engine/http: ingest alone serves its own /healthz and /metrics.
  ingest: ['engine/base', 'engine/cdr', 'engine/config', 'engine/http', 'engine/store'],
  // Programs around the product: a Kafka for tests.
  infra: ['engine/base'],
  bench: ['*'],
  test: ['*'],
};

/** Rooms that nothing outside of them imports: programs, measurements and tests. */
const LEAVES = ['engine', 'engine/edge', 'engine/commands', 'workers', 'ingest', 'bench', 'test'];

/** Packages that only some rooms may load: each is a decision about threads, processes or size. */
export const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  koffi: ['engine/net'],
  kysely: ['engine/store'],
  libsql: ['engine/store'],
  piscina: ['engine/edge'],
  pino: ['engine', 'engine/edge', 'ingest'],
  fastify: ['engine/http'],
  'prom-client': ['engine/http', 'ingest'],
  msgpackr: ['engine/cdr', 'ingest'],
  yaml: ['engine/config'],
  ajv: ['engine/config'],
  typebox: ['engine/config', 'engine/parameters'],
  chdb: ['ingest'],
  '@clickhouse/client': ['ingest'],
  'node-rdkafka': ['ingest'],
  mitata: ['bench'],
};

/** Room of a path from the root: `engine/sip/message/via.ts` → `engine/sip`. */
export function roomOf(path: string): string {
  const parts = path.split('/');
  return parts[0] === 'engine' && parts.length > 2 ? `engine/${parts[1]}` : parts[0]!;
}

/** What a file imports against the table, as sentences; empty when all is well. */
export function importProblems(file: SourceFile): string[] {
  const room = roomOf(file.path);
  const allowed = ROOMS[room];
  if (allowed === undefined) return [`${file.path}: ${room} is no room of the table`];
  const free = room === 'bench' || room === 'test';
  return importsOf(file).flatMap(({ specifier, path, typeOnly }) => {
    if (path === undefined) return free ? [] : packageProblem(file.path, room, specifier);
    if (!specifier.endsWith('.ts'))
      return [`${file.path}: '${specifier}' does not name a .ts file`];
    const target = roomOf(path);
    if (target === room || allowed.includes(target)) return [];
    if (room === 'engine' && target === 'engine/edge') return [];
    // Main starts threads by path; it needs the type of what it hands them.
    if (room === 'engine/edge' && target === 'workers' && typeOnly) return [];
    if (allowed.includes('*') && (free || !LEAVES.includes(target))) return [];
    return [`${file.path}: ${room} may not import ${target} ('${specifier}')`];
  });
}

function packageProblem(path: string, room: string, specifier: string): string[] {
  if (specifier.startsWith('node:')) return [];
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const rooms = PACKAGES[name];
  if (rooms?.includes(room) === true) return [];
  return [`${path}: ${room} may not load the package ${name}`];
}
