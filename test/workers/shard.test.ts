// The edge as a process under load: one, two and four shards behind one port, native and portable.
// No call lands in the wrong shard, every record arrives, TERM drains, HUP applies what is right.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { startSwitch, type SwitchProcess } from '../../bench/calls/switch-process.ts';
import { until } from '../../bench/calls/until.ts';
import { systemClock } from '../../engine/base/clock.ts';
import { STATE_VERSION } from '../../engine/cdr/call-state.ts';
import { KIND_START } from '../../engine/cdr/schema.ts';
import { SpoolWriter } from '../../engine/cdr/spool-writer.ts';
import { callIdPrefix, shardOfCallId } from '../../engine/net/shard-of.ts';
import { appendState, sampleState } from '../engine/cdr/call-states.ts';
import { EdgeLoad, EXPECTED, KINDS, provisionFor, type Made } from './edge-load.ts';

const CALLS = 320;
const PER_SECOND = 160;

interface Counted {
  readonly code: number;
  readonly side: string;
  readonly calls: number;
}

async function start(
  t: TestContext,
  options: { shards: number; io?: string; lossEvery?: number; drainSeconds?: number },
): Promise<{ edge: SwitchProcess; load: EdgeLoad }> {
  const { lossEvery = 0, ...rest } = options;
  const load = await EdgeLoad.open(lossEvery);
  t.after(() => load.close());
  const edge = await startSwitch({ ...rest, provision: provisionFor(load.vendorPorts) });
  t.after(() => edge.stop());
  await load.openCallers(12, edge.sipPort);
  return { edge, load };
}

function assertEnds(made: readonly Made[]): void {
  for (const { kind, outcome } of made) {
    assert.equal(outcome.code, EXPECTED[kind].code, `${kind}: ${JSON.stringify(outcome)}`);
    if (kind.endsWith('hangs-up')) assert.equal(outcome.endedBy, kind.split('-')[0]);
  }
}

/** One record for each call, with the code and side of its kind, and one attempt for each. */
async function assertRecords(edge: SwitchProcess, calls: number): Promise<void> {
  const sql =
    'SELECT end_code AS code, end_side AS side, count() AS calls FROM tandem.cdr ' +
    'GROUP BY code, side ORDER BY code, side';
  let rows: Counted[] = [];
  await until(async () => {
    rows = await edge.query<Counted>(sql);
    return rows.reduce((sum, row) => sum + row.calls, 0) >= calls ? true : undefined;
  }, 15_000);
  const expected = KINDS.map((kind) => {
    const { code, endSide } = EXPECTED[kind];
    return `${code} ${endSide} ${calls / KINDS.length}`;
  });
  const found = rows.map(({ code, side, calls: count }) => `${code} ${side} ${count}`);
  assert.deepEqual(found.toSorted(), expected.toSorted());
  const counts =
    'SELECT uniqExact(id) AS ids, ' +
    '(SELECT count() FROM tandem.cdr_attempt) AS attempts FROM tandem.cdr';
  let stored: { ids: number; attempts: number } | undefined;
  // The attempts of a batch are inserted behind its CDRs.
  await until(async () => {
    [stored] = await edge.query<{ ids: number; attempts: number }>(counts);
    return stored!.attempts >= calls ? true : undefined;
  }, 15_000);
  assert.deepEqual(stored, { ids: calls, attempts: calls });
}

/** Each record says which shard had the call: its own Call-ID names it, the caller's decides it. */
async function assertSharded(edge: SwitchProcess, shards: number): Promise<void> {
  const rows = await edge.query<{ inside: string; outside: string }>(
    'SELECT call_id_in AS inside, call_id_out AS outside FROM tandem.cdr',
  );
  const calls = Array.from({ length: shards }, () => 0);
  for (const { inside, outside } of rows) {
    const bytes = Buffer.from(inside, 'latin1');
    const shard = shardOfCallId(bytes, 0, bytes.length, shards);
    assert.ok(outside.startsWith(callIdPrefix(shard)), `${inside} in ${outside}`);
    calls[shard]!++;
  }
  for (const n of calls) assert.ok(n > rows.length / shards / 2, `calls: ${calls.join()}`);
}

async function assertQuiet(edge: SwitchProcess): Promise<void> {
  const idle = await until(async () => {
    return (await edge.metric('tandem_calls_active')) === 0 ? true : undefined;
  }, 5000);
  assert.equal(idle, true, 'no call is left');
  assert.equal(await edge.metric('tandem_wrong_shard_total'), 0);
  assert.equal(await edge.metric('tandem_exceptions_total'), 0, edge.log().slice(-3000));
}

describe('load', { timeout: 120_000 }, () => {
  for (const [shards, io, lossEvery] of [
    [1, 'native', 0],
    [2, 'native', 25],
    [4, 'native', 0],
    [2, 'portable', 25],
  ] as const) {
    const loss = lossEvery === 0 ? 'nothing lost' : `one message in ${lossEvery} lost`;
    test(`${shards} shards, ${io}, ${loss}`, async (t) => {
      const { edge, load } = await start(t, { shards, io, lossEvery });
      const made = await load.run(CALLS, PER_SECOND);
      assertEnds(made);
      await assertQuiet(edge);
      const resent = (await edge.metric('tandem_sip_retransmissions_total'))!;
      if (lossEvery > 0) assert.ok(resent > 5, `${resent} retransmissions`);
      assert.ok(
        load.heard.every((n) => n > CALLS / 4),
        `vendors share: ${load.heard.join()}`,
      );
      await assertRecords(edge, CALLS);
      await assertSharded(edge, shards);
      assert.equal(await edge.stop(), 0, 'exit code after SIGTERM');
    });
  }
});

test(
  'TERM: new calls get 503, running ones end by themselves, all is recorded',
  { timeout: 60_000 },
  async (t) => {
    const { edge, load } = await start(t, { shards: 2, drainSeconds: 20 });
    const running = Array.from({ length: 40 }, (_, n) => load.call('caller-hangs-up', n, 3000));
    const up = await until(async () => {
      return (await edge.metric('tandem_calls_answered_total')) === 40 ? true : undefined;
    }, 5000);
    assert.equal(up, true, 'the calls are up');
    edge.signal('SIGTERM');
    const refused = await until(async () => {
      const { outcome } = await load.call('busy', 1000);
      return outcome.code === 503 ? true : undefined;
    }, 2000);
    assert.equal(refused, true, 'a new call gets 503');
    assertEnds(await Promise.all(running));
    const talked = (await Promise.all(running)).map(({ outcome }) => outcome.talkedMs);
    assert.ok(Math.min(...talked) >= 2900, 'nobody was cut off');
    assert.equal(await edge.exited, 0);
    const stopIngest = await edge.startIngest();
    t.after(stopIngest);
    const [row] = await edge.query<{ calls: number; shortest: number }>(
      'SELECT count() AS calls, min(duration_ms) AS shortest FROM tandem.cdr ' +
        "WHERE end_side = 'caller' AND end_code = 200",
    );
    assert.equal(row!.calls, 40);
    assert.ok(row!.shortest >= 2900, `${row!.shortest} ms`);
    await stopIngest();
  },
);

test(
  'TERM: calls that outlast drainSeconds are ended on both sides and recorded',
  { timeout: 60_000 },
  async (t) => {
    const { edge, load } = await start(t, { shards: 2, drainSeconds: 1 });
    const running = Array.from({ length: 20 }, (_, n) => load.call('caller-hangs-up', n, 30_000));
    const up = await until(async () => {
      return (await edge.metric('tandem_calls_answered_total')) === 20 ? true : undefined;
    }, 5000);
    assert.equal(up, true, 'the calls are up');
    edge.signal('SIGTERM');
    const ends = await Promise.all(running);
    // BYE came from the switch: for the caller that is its callee.
    assert.ok(ends.every(({ outcome }) => outcome.code === 200 && outcome.endedBy === 'callee'));
    assert.equal(await edge.exited, 0);
    const stopIngest = await edge.startIngest();
    t.after(stopIngest);
    const [row] = await edge.query<{ calls: number }>(
      "SELECT count() AS calls FROM tandem.cdr WHERE end_side = 'server'",
    );
    assert.equal(row!.calls, 20);
    await stopIngest();
  },
);

test(
  'HUP: a changed provision counts for the next call, a broken one changes nothing',
  { timeout: 60_000 },
  async (t) => {
    const { edge, load } = await start(t, { shards: 2 });
    const file = join(dirname(edge.configFile), 'provision.yaml');
    const [first, second] = load.vendorPorts as [number, number];
    const logged = async (text: string): Promise<void> => {
      const seen = await until(() => (edge.log().includes(text) ? true : undefined), 5000, 20);
      assert.equal(seen, true, `the log says "${text}"`);
    };

    writeFileSync(file, JSON.stringify(provisionFor([first])));
    edge.signal('SIGHUP');
    await logged('"version":2');
    // Both shards mount it within their next turn.
    await until(async () => {
      const before = load.heard[1];
      await Promise.all(Array.from({ length: 8 }, (_, n) => load.call('busy', n)));
      return load.heard[1] === before ? true : undefined;
    }, 3000);
    const [, quiet] = load.heard;
    assertEnds(await Promise.all(Array.from({ length: 20 }, (_, n) => load.call('busy', n))));
    assert.equal(load.heard[1], quiet, 'the vendor that was taken out gets no call');

    writeFileSync(file, JSON.stringify({ ...provisionFor([second]), routingGatewayz: [] }));
    edge.signal('SIGHUP');
    await logged('The provisioning in force stays');
    assert.match(edge.log(), /routingGatewayz/);
    const [busy] = load.heard;
    assertEnds(await Promise.all(Array.from({ length: 20 }, (_, n) => load.call('busy', n))));
    assert.deepEqual(load.heard, [busy! + 20, quiet]);

    writeFileSync(file, JSON.stringify(provisionFor([second])));
    edge.signal('SIGHUP');
    await logged('"version":3');
    const moved = await until(async () => {
      const before = load.heard[0];
      await Promise.all(Array.from({ length: 8 }, (_, n) => load.call('busy', n)));
      return load.heard[0] === before ? true : undefined;
    }, 3000);
    assert.equal(moved, true, 'the calls go to the other vendor');
    assert.equal(await edge.stop(), 0);
  },
);

/** All calls are up and on record: nothing of them would be lost now. */
async function onRecord(edge: SwitchProcess, calls: number): Promise<void> {
  const up = await until(async () => {
    const answered = await edge.metric('tandem_calls_answered_total');
    const durable = await edge.metric('tandem_spool_records_total');
    return answered === calls && durable === calls ? true : undefined;
  }, 10_000);
  assert.equal(up, true, 'the calls are up and on record');
}

test(
  'KILL, then a start with other shards: all calls go on; after TERM none is restored',
  { timeout: 90_000 },
  async (t) => {
    const { edge: killed, load } = await start(t, { shards: 2, drainSeconds: 1 });
    const short = Array.from({ length: 20 }, (_, n) => load.call('caller-hangs-up', n, 8000));
    const long = Array.from({ length: 20 }, (_, n) => load.call('caller-hangs-up', n, 60_000));
    await onRecord(killed, 40);
    killed.signal('SIGKILL');
    await killed.exited;
    const file = killed.configFile;
    writeFileSync(file, readFileSync(file, 'utf8').replace('"shards": 2', '"shards": 3'));
    const edge = await killed.again();
    t.after(() => edge.stop());
    assert.equal(await edge.metric('tandem_calls_restored_total'), 40);
    assert.equal(await edge.metric('tandem_calls_answered_active'), 40);
    const outcomes = await Promise.all(short);
    assert.ok(outcomes.every(({ outcome }) => outcome.endedBy === 'caller'));

    edge.signal('SIGTERM');
    assert.equal(await edge.exited, 0);
    const cut = await Promise.all(long);
    assert.ok(
      cut.every(({ outcome }) => outcome.endedBy === 'callee'),
      'BYE of the switch',
    );
    const last = await edge.again();
    t.after(() => last.stop());
    assert.equal(await last.metric('tandem_calls_restored_total'), 0);
    const rows = await until(async () => {
      const found = await last.query<{ evidence: string; side: string; calls: number }>(
        'SELECT end_evidence AS evidence, end_side AS side, count() AS calls FROM tandem.cdr ' +
          'GROUP BY evidence, side ORDER BY toString(evidence)',
      );
      return found.reduce((sum, { calls }) => sum + calls, 0) >= 40 ? found : undefined;
    }, 15_000);
    assert.deepEqual(rows, [
      { evidence: 'assumed', side: 'server', calls: 20 },
      { evidence: 'recovered', side: 'caller', calls: 20 },
    ]);
    await assertQuiet(last);
  },
);

test(
  'a call up in a layout of the future: the start stops and says what to do',
  { timeout: 90_000 },
  async (t) => {
    const { edge: killed } = await start(t, { shards: 1 });
    killed.signal('SIGKILL');
    await killed.exited;
    const directory = join(dirname(killed.configFile), 'data', 'spool');
    const files = { directory, node: 'edge-test', sequence: 1000, clock: systemClock };
    const writer = new SpoolWriter(files);
    appendState(writer, sampleState(1), KIND_START, STATE_VERSION + 1);
    assert.ok(writer.commit() && writer.close());
    await assert.rejects(
      killed.again(),
      /TDM_SPOOL_FUTURE.*version \d+.*what to do: Run the version/s,
    );
  },
);
