// Traces on a real edge under load, by the command that operators use: on and off live in all
// shards, each trace to its bounds also over a restart, calls untouched. Both kinds of packet I/O.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { appendFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { startSwitch, type SwitchProcess } from '../../../bench/calls/switch-process.ts';
import { until } from '../../../bench/calls/until.ts';
import { repositoryPath } from '../../../engine/base/paths.ts';
import { TraceReader } from '../../../engine/trace/trace-reader.ts';
import { EXPECTED, EdgeLoad, type Made, provisionFor } from '../../workers/edge-load.ts';

const run = promisify(execFile);
const COMMAND = repositoryPath('dist', 'engine', 'commands', 'trace.js');

class Traced {
  edge: SwitchProcess;
  readonly load: EdgeLoad;

  constructor(edge: SwitchProcess, load: EdgeLoad) {
    this.edge = edge;
    this.load = load;
  }

  static async start(
    t: TestContext,
    options: { shards: number; io: string; parameters?: Record<string, unknown> },
  ): Promise<Traced> {
    const load = await EdgeLoad.open(0);
    t.after(() => load.close());
    const { parameters, ...rest } = options;
    const base = provisionFor(load.vendorPorts);
    const all = { ...(base['parameters'] as object), ...parameters };
    const edge = await startSwitch({ ...rest, provision: { ...base, parameters: all } });
    const traced = new Traced(edge, load);
    t.after(() => traced.edge.stop());
    await load.openCallers(8, edge.sipPort);
    return traced;
  }

  get folder(): string {
    return join(dirname(this.edge.configFile), 'data', 'trace');
  }

  get reader(): TraceReader {
    return new TraceReader(this.folder);
  }

  /** `npm run trace -- ...`, as an operator calls it. */
  async command(...args: string[]): Promise<string> {
    const all = ['--enable-source-maps', COMMAND, ...args, '--config', this.edge.configFile];
    return (await run(process.execPath, all)).stdout;
  }

  /** Starts a trace and waits until the shards have it. @returns its number */
  async traceOf(...args: string[]): Promise<number> {
    const before = (await this.edge.metric('tandem_traces'))!;
    const said = await this.command('start', ...args);
    const id = Number(/^trace (\d+) is on/.exec(said)?.[1]);
    await this.inForce(before + 1);
    return id;
  }

  /** Waits until every shard works by so many traces. */
  async inForce(traces: number): Promise<void> {
    await this.reaches('tandem_traces', traces);
    await this.reaches('tandem_snapshot_mounted_version', await this.version());
  }

  async version(): Promise<number> {
    return (await this.edge.metric('tandem_snapshot_version'))!;
  }

  async reaches(metric: string, value: number): Promise<void> {
    const reached = await until(async () => {
      return (await this.edge.metric(metric)) === value ? true : undefined;
    }, 10_000);
    assert.equal(reached, true, `${metric} is ${value}\n${this.edge.log().slice(-2000)}`);
  }

  /** Waits until so many messages of a trace are in the files. */
  async kept(trace: number, messages: number): Promise<void> {
    let last = 0;
    const there = await until(() => {
      last = this.reader.totals().get(trace)?.messages ?? 0;
      return last >= messages ? true : undefined;
    }, 10_000);
    assert.equal(there, true, `${last} of ${messages} messages`);
  }
}

/** The calls of the load end as they are meant to. */
function assertEnds(made: readonly Made[]): void {
  for (const { kind, outcome } of made) {
    assert.equal(outcome.code, EXPECTED[kind].code, `${kind}: ${JSON.stringify(outcome)}`);
  }
}

describe('live under load', { timeout: 120_000 }, () => {
  for (const io of ['native', 'portable']) {
    test(`2 shards, ${io}: on and off while calls run`, async (t) => {
      const traced = await Traced.start(t, { shards: 2, io });
      const { load, edge } = traced;
      const running = load.run(600, 60);
      const trace = await traced.traceOf('--number', '4400*');
      await traced.kept(trace, 300);
      await traced.command('stop', String(trace));
      await traced.inForce(0);
      const { messages } = traced.reader.totals().get(trace)!;
      assertEnds(await running);
      const after = traced.reader.totals().get(trace)!.messages;
      // What was on its way from the shards when the trace was stopped.
      assert.ok(after - messages <= 40, `${after - messages} more after the stop`);
      assert.equal(await edge.metric('tandem_exceptions_total'), 0);
      const shards = new Set(traced.reader.ofTrace(trace).map(({ callId }) => shardOf(callId)));
      assert.deepEqual([...shards].filter((s) => s !== '').sort(), ['tdm00', 'tdm01']);
    });
  }
});

/** What a Call-ID of ours begins with. */
function shardOf(callId: string): string {
  return /^tdm\d\d/.exec(callId)?.[0] ?? '';
}

describe('what the command shows', { timeout: 120_000 }, () => {
  test('a call: ladder by each of its names, fields, capture; lists', async (t) => {
    const traced = await Traced.start(t, { shards: 2, io: 'native' });
    const trace = await traced.traceOf('--gateway', 'acme-1');
    const made = await traced.load.call('caller-hangs-up', 7);
    assertEnds([made]);
    await traced.kept(trace, 14);
    const records = traced.reader.ofTrace(trace);
    const names = new Set(records.flatMap(({ call, callId }) => [call, callId]));
    assert.equal(names.size, 3);
    const [ladder, ...same] = await Promise.all([...names].map((n) => traced.command('--call', n)));
    assert.deepEqual(same, [ladder, ladder]);
    assert.match(ladder!, /customer +tandem +vendor\n +acme-1 +alpha-\d\n/);
    assert.match(ladder!, /\|-+ INVITE \(1\) SDP -+>\|/);
    assert.match(ladder!, /\|<-+ 200 OK \(2 BYE\) -+\|/);
    const [call] = names;
    const fields = await traced.command('--call', call!, '--headers');
    assert.match(fields, / {4}INVITE sip:44.*\n {4}From: .*\n {4}To: .*\n {4}Contact: /);
    const file = join(traced.folder, 'call.pcap');
    assert.equal(
      await traced.command('pcap', '--call', call!, '--out', file),
      `14 messages in ${file}\n`,
    );
    const packets = execFileSync('tshark', ['-r', file, '-Y', 'sip'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    assert.equal(packets.trim().split('\n').length, 14);
    assert.match(
      await traced.command('calls'),
      new RegExp(`${call!} .* acme-1 > alpha-\\d +14 +200\n`),
    );
    assert.match(await traced.command('list'), /gateway +acme-1 .* until .* 14 of 10000/);
  });

  test('--follow goes on with what comes', async (t) => {
    const traced = await Traced.start(t, { shards: 1, io: 'native' });
    const trace = await traced.traceOf('--number', '44*');
    const args = ['--trace', String(trace), '--follow', '--config', traced.edge.configFile];
    const child = spawn(process.execPath, [COMMAND, ...args]);
    t.after(() => child.kill());
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (more: string) => (text += more));
    await traced.load.call('busy', 1);
    const seen = (what: RegExp): Promise<true | undefined> =>
      until(() => (what.test(text) ? true : undefined), 10_000);
    assert.equal(await seen(/486 /), true, text);
    await traced.load.call('caller-hangs-up', 2);
    assert.equal(await seen(/\(2 BYE\)/), true, text);
  });
});

describe('bounds', { timeout: 120_000 }, () => {
  test('messages: as many over both shards, then it ends by itself', async (t) => {
    const traced = await Traced.start(t, { shards: 2, io: 'native' });
    const trace = await traced.traceOf('--number', '44*', '--max-messages', '50');
    assertEnds(await traced.load.run(40, 80));
    await traced.inForce(0);
    assert.equal(traced.reader.totals().get(trace)!.messages, 50);
    assert.match(await traced.command('list'), /ended .* messages +50 of 50/);
  });

  test('time: it ends by itself, also when the edge was away meanwhile', async (t) => {
    const traced = await Traced.start(t, { shards: 2, io: 'native' });
    const long = await traced.traceOf('--number', '44*', '--for', '1h', '--max-messages', '40');
    await traced.traceOf('--number', '44*', '--for', '8s');
    assertEnds(await traced.load.run(2, 50));
    await traced.kept(long, 20);
    traced.edge.signal('SIGKILL');
    await traced.edge.exited;
    traced.edge = await traced.edge.again();
    await traced.reaches('tandem_traces', 1);
    assertEnds(await traced.load.run(20, 50));
    await traced.inForce(0);
    // What was kept before the crash counts.
    assert.equal(traced.reader.totals().get(long)!.messages, 40);
  });
});

test('SERVER_TRACE_FILE_LENGTH: a file is closed at it', { timeout: 120_000 }, async (t) => {
  const parameters = { SERVER_TRACE_FILE_LENGTH: 1024 };
  const traced = await Traced.start(t, { shards: 1, io: 'native', parameters });
  const trace = await traced.traceOf('--number', '44*', '--max-messages', '3000');
  assertEnds(await traced.load.run(280, 100));
  await traced.kept(trace, 2500);
  const sizes = readdirSync(traced.folder)
    .filter((name) => name.endsWith('.trace'))
    .sort()
    .map((name) => statSync(join(traced.folder, name)).size);
  assert.ok(sizes.length >= 2, sizes.join());
  for (const size of sizes.slice(0, -1)) {
    assert.ok(size >= 1 << 20 && size < (1 << 20) + 2000, `${size} bytes`);
  }
});

test(
  'a folder that cannot be written: calls go on, the alarm is up',
  { timeout: 60_000 },
  async (t) => {
    const traced = await Traced.start(t, { shards: 1, io: 'native' });
    appendFileSync(traced.folder, 'a file in its place');
    await traced.traceOf('--number', '44*');
    assertEnds(await traced.load.run(8, 50));
    await traced.reaches('tandem_trace_failed', 1);
    assert.ok((await traced.edge.metric('tandem_trace_lost_total'))! > 0);
  },
);
