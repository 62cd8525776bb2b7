// The trace command: `npm run trace -- start|list|stop|calls|pcap|--call`. Traces are started and
// stopped in the control store, which a running edge follows; what was kept is read from its files.
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { explain, TandemError } from '../base/errors.ts';
import { loadConfig } from '../config/load.ts';
import { ControlStore, storePath } from '../store/control-store.ts';
import { endTrace, MAX_TRACES_IN_FORCE, readTraces, startTrace } from '../store/traces.ts';
import { ladder } from '../trace/ladder.ts';
import { pcapHeader, pcapPacket } from '../trace/pcap.ts';
import { tracedCalls } from '../trace/traced-calls.ts';
import { TraceReader } from '../trace/trace-reader.ts';
import type { StoredRecord } from '../trace/trace-record.ts';
import {
  parseTraceArguments,
  TRACE_USAGE,
  type Subject,
  type TraceCommand,
} from './trace-arguments.ts';
import { callList, traceList } from './trace-list.ts';

const STDOUT = 1;
const FOLLOW_MS = 250;

type Start = Extract<TraceCommand, { command: 'start' }>;

const print = (text: string): void => {
  writeFileSync(STDOUT, text);
};

async function withStore<T>(
  dataDir: string,
  work: (store: ControlStore) => Promise<T>,
): Promise<T> {
  const store = await ControlStore.open(storePath(dataDir));
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function start(dataDir: string, command: Start): Promise<void> {
  const { kind, value, secrets, forMs, maxMessages, maxBytes } = command;
  const startedAtMs = systemClock.wallMs();
  const untilMs = startedAtMs + forMs;
  const trace = { kind, value, secrets, startedAtMs, untilMs, maxMessages, maxBytes };
  const id = await withStore(dataDir, (store) => startTrace(store, trace));
  if (id === undefined) {
    throw new TandemError('TDM_TRACE_REFUSED', `${MAX_TRACES_IN_FORCE} traces are in force.`);
  }
  print(`trace ${id} is on until ${new Date(untilMs).toISOString()}\n`);
}

async function stop(dataDir: string, id: number): Promise<void> {
  const stopped = await withStore(dataDir, (store) =>
    endTrace(store, id, 'stopped', systemClock.wallMs()),
  );
  if (!stopped) throw new TandemError('TDM_TRACE_REFUSED', `no trace ${id} is in force.`);
  print(`trace ${id} is off\n`);
}

function recordsOf(reader: TraceReader, { of, name }: Subject): StoredRecord[] {
  return of === 'call' ? reader.ofCall(name) : reader.ofTrace(Number(name));
}

function found(reader: TraceReader, subject: Subject): StoredRecord[] {
  const records = recordsOf(reader, subject);
  if (records.length > 0) return records;
  throw new TandemError(
    'TDM_TRACE_REFUSED',
    `nothing was traced of ${subject.of} ${subject.name}.`,
  );
}

async function show(
  reader: TraceReader,
  { subject, detail, follow }: Extract<TraceCommand, { command: 'show' }>,
): Promise<void> {
  if (!follow) {
    print(ladder(found(reader, subject), detail));
    return;
  }
  let shown = '';
  for (;;) {
    const text = ladder(recordsOf(reader, subject), detail);
    // Another vendor makes another head: then all of it again.
    if (text !== shown) print(text.startsWith(shown) ? text.slice(shown.length) : `\n${text}`);
    shown = text;
    await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS));
  }
}

function exportPcap(reader: TraceReader, subject: Subject, out: string): void {
  const records = found(reader, subject);
  const fd = openSync(out, 'w', 0o640);
  try {
    writeSync(fd, pcapHeader());
    records.forEach((record, i) => writeSync(fd, pcapPacket(record, i + 1)));
  } finally {
    closeSync(fd);
  }
  print(`${records.length} messages in ${out}\n`);
}

async function main(args: readonly string[]): Promise<void> {
  const command = parseTraceArguments(args);
  if (command.command === 'help') {
    print(`${TRACE_USAGE}\n`);
    return;
  }
  const { dataDir } = loadConfig(command.config);
  const reader = new TraceReader(join(dataDir, 'trace'));
  switch (command.command) {
    case 'start':
      return start(dataDir, command);
    case 'stop':
      return stop(dataDir, command.id);
    case 'list': {
      const now = systemClock.wallMs();
      const traces = await withStore(dataDir, (store) => readTraces(store.db, now));
      print(traceList(traces, reader.totals()));
      return;
    }
    case 'calls':
      print(callList(tracedCalls(reader.ofTrace(command.trace))));
      return;
    case 'pcap':
      exportPcap(reader, command.subject, command.out);
      return;
    case 'show':
      return show(reader, command);
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  // `| head` has seen enough.
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(0);
  process.stderr.write(`${error instanceof TandemError ? explain(error) : String(error)}\n`);
  const badArguments = error instanceof TandemError && error.code === 'TDM_TRACE_ARGUMENTS';
  process.exitCode = badArguments ? 2 : 1;
}
