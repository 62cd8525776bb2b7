// kill -9 of the edge with hundreds of calls up, twice: started again, it answers every BYE, passes
// it on, and bills every call once and to the second.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freeUdpPort } from '../../infra/free-port.ts';
import { udpPortIsBound } from '../../bench/calls/process-stat.ts';
import { startSipp, type SippProcess } from '../../bench/calls/sipp-process.ts';
import { startSwitch, type SwitchProcess } from '../../bench/calls/switch-process.ts';
import { until } from '../../bench/calls/until.ts';
import { repositoryPath } from '../../engine/base/paths.ts';
import { provisionFor } from '../workers/edge-load.ts';
import { sippSuite } from './switch.ts';

const CALLS = process.env['CI'] === undefined ? 500 : 200;
const PER_SECOND = 250;
/** Long enough for a slow machine to start the edge again. */
const TALK_MS = 15_000;

interface Ended {
  readonly evidence: string;
  readonly side: string;
  readonly calls: number;
  readonly ids: number;
  readonly shortest: number;
  readonly longest: number;
}

function scenario(name: string): string {
  return repositoryPath('test/sipp/scenarios', `${name}.xml`);
}

async function startVendor(port: number): Promise<SippProcess> {
  const vendor = startSipp({
    scenario: scenario('vendor-answers'),
    port,
    calls: CALLS,
    timeoutSeconds: 60,
  });
  const bound = await until(() => (udpPortIsBound(port) ? true : undefined), 5000, 10);
  assert.equal(bound, true, 'the vendor listens');
  return vendor;
}

async function startCaller(target: number): Promise<SippProcess> {
  return startSipp({
    scenario: scenario('caller-hangs-up'),
    port: await freeUdpPort(),
    target: `127.0.0.1:${target}`,
    calls: CALLS,
    rate: PER_SECOND,
    pauseMs: TALK_MS,
    timeoutSeconds: 60,
    more: ['-key', 'callee', '44100', '-cid_str', 'callerid-%u-%p@%s'],
  });
}

/** Waits until every CDR is in ClickHouse, and says how the calls ended. */
async function endings(edge: SwitchProcess): Promise<Ended[]> {
  const sql = `select end_evidence as evidence, end_side as side, count() as calls,
    uniqExact(id) as ids, min(duration_ms) as shortest, max(duration_ms) as longest
    from tandem.cdr group by evidence, side`;
  let rows: Ended[] = [];
  await until(async () => {
    rows = await edge.query<Ended>(sql);
    return rows.reduce((sum, { calls }) => sum + calls, 0) >= CALLS ? true : undefined;
  }, 20_000);
  return rows;
}

test(`kill -9 with ${CALLS} calls up`, sippSuite(), async (t) => {
  const vendorPort = await freeUdpPort();
  const killed = await startSwitch({ provision: provisionFor([vendorPort]), shards: 2 });
  t.after(() => killed.stop());
  const vendor = await startVendor(vendorPort);
  t.after(() => vendor.stop(true));
  const caller = await startCaller(killed.sipPort);
  t.after(() => caller.stop(true));
  const up = await until(async () => {
    return (await killed.metric('tandem_calls_answered_total')) === CALLS ? true : undefined;
  }, 10_000);
  assert.equal(up, true, 'the calls are up');
  // What is younger than a turn of the recorder would be lost, as documented: one START each.
  const durable = await until(async () => {
    return (await killed.metric('tandem_spool_records_total')) === CALLS ? true : undefined;
  }, 2000);
  assert.equal(durable, true, 'the calls are on record');
  killed.signal('SIGKILL');
  await killed.exited;
  const again = await killed.again();
  t.after(() => again.stop());
  assert.equal(await again.metric('tandem_calls_restored_total'), CALLS);
  // And once more, before anybody was heard of.
  again.signal('SIGKILL');
  await again.exited;
  const edge = await again.again();
  t.after(() => edge.stop());
  assert.equal(await edge.metric('tandem_calls_restored_total'), CALLS);
  for (const side of [caller, vendor]) {
    const { exitCode, errors, counts } = await side.done;
    assert.equal(exitCode, 0, `${errors}\n${edge.log().slice(-2000)}`);
    assert.equal(counts.successful, CALLS);
  }
  const [ended, ...others] = await endings(edge);
  assert.deepEqual(others, []);
  const { shortest, longest, ...rest } = ended!;
  assert.deepEqual(rest, { evidence: 'recovered', side: 'caller', calls: CALLS, ids: CALLS });
  // The caller talks for TALK_MS by SIPp's clock; its BYE may have to be sent again.
  assert.ok(shortest >= TALK_MS - 20, `shortest ${shortest} ms`);
  assert.ok(longest < TALK_MS + 1000, `longest ${longest} ms`);
  assert.equal(await edge.metric('tandem_exceptions_total'), 0, edge.log().slice(-2000));
  assert.equal(await edge.metric('tandem_wrong_shard_total'), 0);
  assert.equal(await edge.stop(), 0);
});
