// Drives the SIPp scenarios through a real switch process: one switch per test file, its vendors on
// ports of their own, every call followed into ClickHouse. Needs Debian's package sip-tester.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { repositoryPath } from '../../engine/base/paths.ts';
import { freeUdpPort } from '../../infra/free-port.ts';
import { udpPortIsBound } from '../../bench/calls/process-stat.ts';
import { sippMissing, startSipp } from '../../bench/calls/sipp-process.ts';
import type { SippProcess, SippResult } from '../../bench/calls/sipp-process.ts';
import { startSwitch } from '../../bench/calls/switch-process.ts';
import type { SwitchProcess } from '../../bench/calls/switch-process.ts';
import { until } from '../../bench/calls/until.ts';

/** Options of each suite. Throws, naming the apt package, where SIPp is missing: never skipped. */
export function sippSuite(): { timeout: number } {
  const missing = sippMissing();
  if (missing !== undefined) throw new Error(missing);
  return { timeout: 120_000 };
}

/** UDP ports of the vendors on 127.0.0.1; which number goes where is in `provision`. */
export interface VendorPorts {
  readonly first: number;
  readonly second: number;
  readonly digest: number;
  /** Nobody listens: ICMP port unreachable. */
  readonly closed: number;
  /** Somebody listens and says nothing. */
  readonly silent: number;
}

export interface CallPlan {
  /** Scenario of the caller, without `.xml`. */
  readonly caller: string;
  /** Number called: one of its own in each test, its prefix chooses the gateways. */
  readonly callee: string;
  /** Scenario of each vendor that takes part, without `.xml`. */
  readonly vendors?: Partial<Record<'first' | 'second' | 'digest', string>>;
  /** Calls, at 50 a second; the default is 1. */
  readonly calls?: number;
  /** Source address of the caller; the default is 127.0.0.1, which the switch knows. */
  readonly callerIp?: string;
  /** More options for every SIPp of the plan. */
  readonly more?: readonly string[];
  /** In front of the caller's Call-IDs; the vendors look out for it. */
  readonly callIdPrefix?: string;
}

/** Columns of tandem.cdr that the tests look at; times in epoch milliseconds, 0 = never. */
export interface CdrRow {
  readonly id: string;
  readonly ringingAt: number;
  readonly answeredAt: number;
  readonly durationMs: number;
  readonly routingGateway: string;
  readonly callIdIn: string;
  readonly callIdOut: string;
  readonly calleeOut: string;
  readonly codec: string;
  readonly endCode: number;
  readonly endSide: string;
  readonly attempts: number;
}

export interface AttemptRow {
  readonly attempt: number;
  readonly routingGateway: string;
  readonly code: number;
}

export interface TestSwitch {
  readonly ports: VendorPorts;
  /**
   * Runs one plan: vendors first, then the caller. Fails with SIPp's own words when a side fails.
   */
  call(plan: CallPlan): Promise<void>;
  /** The record of the one call to `callee`. */
  cdr(callee: string): Promise<CdrRow>;
  /** The records of all calls to `callee`: waits for `count`, fails when it gets fewer or more. */
  cdrs(callee: string, count: number): Promise<CdrRow[]>;
  /** The attempts of one call in their order. */
  attempts(id: string, count: number): Promise<AttemptRow[]>;
  /**
   * Fails when calls are left, when a shard met an exception, or when the switch does not exit 0.
   */
  finish(): Promise<void>;
}

const RECORDS_TIMEOUT_MS = 15_000;
const RUN_TIMEOUT_SECONDS = 30;
const TALK_MS = 300;

function routingGateway(
  name: string,
  signalPort: number,
  prefixes: readonly string[],
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  const fixed = { clearingAccount: 'alpha', remoteIp: '127.0.0.1', capacity: 1000 };
  return { name, ...fixed, signalPort, prefixes, priority: 1, ...more };
}

/**
 * 441: first. 442: first, then second. 443: closed, then second. 444: silent, then second. 445:
 * digest. 446, 447: first, with 00 in front, SS_SIP_ROUTING_GATEWAY_INVITE_USE_CONTACT on and off.
 * 448: first, requests go to its Contact.
 */
function provision(ports: VendorPorts): Record<string, unknown> {
  return {
    parameters: { SS_MAX_CALL_PER_SECOND: 1000 },
    accounts: [
      { account: 'acme', name: 'Acme', money: '1000', limitMoney: '0', rateGroup: 'retail' },
      { account: 'alpha', name: 'Alpha', money: '0', limitMoney: '-1000', rateGroup: 'retail' },
    ],
    rateGroups: [
      { name: 'retail', rates: [{ prefix: '44', fee: '0.012', period: 60, area: 'UK' }] },
    ],
    mappingGateways: [
      { name: 'acme-1', account: 'acme', remoteIps: ['127.0.0.1'], capacity: 1000 },
    ],
    routingGateways: [
      routingGateway('first', ports.first, ['441', '442']),
      routingGateway('second', ports.second, ['442', '443', '444'], { priority: 2 }),
      routingGateway('closed', ports.closed, ['443']),
      routingGateway('silent', ports.silent, ['444'], { timeoutInvite: 1 }),
      routingGateway('digest', ports.digest, ['445'], { username: 'tandem', password: 'secret' }),
      routingGateway('numbers-apart', ports.first, ['446'], {
        rewriteRulesInCallee: { '*': '00*' },
        inviteUseContact: 'on',
        display: 'caller',
        pAssertedIdentity: 'caller',
      }),
      routingGateway('one-number', ports.first, ['447'], { rewriteRulesInCallee: { '*': '00*' } }),
      routingGateway('contact', ports.first, ['448'], { requestAddress: 'contact' }),
    ],
  };
}

function scenario(name: string): string {
  return repositoryPath('test/sipp/scenarios', `${name}.xml`);
}

async function startVendor(name: string, port: number, plan: CallPlan): Promise<SippProcess> {
  const vendor = startSipp({
    scenario: scenario(name),
    port,
    calls: plan.calls ?? 1,
    pauseMs: TALK_MS,
    timeoutSeconds: RUN_TIMEOUT_SECONDS,
    ...(plan.more === undefined ? {} : { more: plan.more }),
  });
  const bound = await until(() => (udpPortIsBound(port) ? true : undefined), 5000, 10);
  if (bound !== true) throw new Error(`the vendor ${name} does not listen on ${port}`);
  return vendor;
}

async function startCaller(plan: CallPlan, sipPort: number): Promise<SippProcess> {
  const ip = plan.callerIp ?? '127.0.0.1';
  const callId = `${plan.callIdPrefix ?? ''}callerid-%u-%p@%s`;
  return startSipp({
    scenario: scenario(plan.caller),
    ip,
    port: await freeUdpPort(ip),
    target: `127.0.0.1:${sipPort}`,
    calls: plan.calls ?? 1,
    rate: 50,
    pauseMs: TALK_MS,
    timeoutSeconds: RUN_TIMEOUT_SECONDS,
    more: ['-key', 'callee', plan.callee, '-cid_str', callId, ...(plan.more ?? [])],
  });
}

async function runPlan(plan: CallPlan, ports: VendorPorts, edge: SwitchProcess): Promise<void> {
  const sides: { name: string; process: SippProcess }[] = [];
  try {
    for (const [role, name] of Object.entries(plan.vendors ?? {})) {
      const port = ports[role as 'first' | 'second' | 'digest'];
      sides.push({ name, process: await startVendor(name, port, plan) });
    }
    sides.push({ name: plan.caller, process: await startCaller(plan, edge.sipPort) });
    const results: [string, SippResult][] = [];
    for (const side of sides) results.push([side.name, await side.process.done]);
    const failures = results
      .filter(([, result]) => result.exitCode !== 0)
      .map(([name, result]) => `${name} ended with ${result.exitCode}: ${result.errors}`);
    assert.equal(failures.length, 0, `${failures.join('\n')}\n${edge.log().slice(-2000)}`);
    for (const [name, { counts }] of results) {
      assert.equal(counts.successful, plan.calls ?? 1, `successful calls of ${name}`);
    }
  } finally {
    await Promise.all(sides.map((side) => side.process.stop(true)));
  }
}

const CDR_COLUMNS = `toString(id) as id,
  toUnixTimestamp64Milli(assumeNotNull(ringing_at)) as ringingAt,
  toUnixTimestamp64Milli(assumeNotNull(answered_at)) as answeredAt, duration_ms as durationMs,
  routing_gateway as routingGateway, call_id_in as callIdIn, call_id_out as callIdOut,
  callee_out as calleeOut, codec,
  end_code as endCode, end_side as endSide, attempts`;

/** Waits for `count` rows and fails when there are fewer or more. */
async function rowsOf<T>(edge: SwitchProcess, sql: string, count: number): Promise<T[]> {
  let rows: T[] = [];
  await until(
    async () => {
      rows = await edge.query<T>(sql);
      return rows.length >= count ? true : undefined;
    },
    RECORDS_TIMEOUT_MS,
    100,
  );
  assert.equal(rows.length, count, `rows of ${sql}: ${JSON.stringify(rows)}`);
  return rows;
}

async function assertQuiet(edge: SwitchProcess): Promise<void> {
  const idle = await until(async () => {
    return (await edge.metric('tandem_calls_active')) === 0 ? true : undefined;
  }, 5000);
  assert.equal(idle, true, 'tandem_calls_active is 0 when every call has ended');
  assert.equal(await edge.metric('tandem_exceptions_total'), 0, 'exceptions in a shard');
  assert.equal(await edge.metric('tandem_wrong_shard_total'), 0, 'messages in the wrong shard');
}

/** Starts a switch whose vendors are the scenarios' and waits until it is ready. */
export async function startTestSwitch(shards = 1): Promise<TestSwitch> {
  const silent = createSocket('udp4');
  await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve));
  silent.unref();
  const ports: VendorPorts = {
    first: await freeUdpPort(),
    second: await freeUdpPort(),
    digest: await freeUdpPort(),
    closed: await freeUdpPort(),
    silent: silent.address().port,
  };
  const edge = await startSwitch({ provision: provision(ports), shards });
  const cdrs = (callee: string, count: number): Promise<CdrRow[]> =>
    rowsOf(edge, `select ${CDR_COLUMNS} from tandem.cdr where callee_in = '${callee}'`, count);
  return {
    ports,
    call: (plan) => runPlan(plan, ports, edge),
    cdrs,
    cdr: async (callee) => (await cdrs(callee, 1))[0]!,
    attempts: (id, count) =>
      rowsOf(
        edge,
        `select attempt, routing_gateway as routingGateway, code from tandem.cdr_attempt
         where id = '${id}' order by attempt`,
        count,
      ),
    async finish() {
      let problem: unknown;
      await assertQuiet(edge).catch((error: unknown) => (problem = error));
      const code = await edge.stop();
      silent.close();
      if (problem !== undefined) throw problem as Error;
      assert.equal(code, 0, 'exit code of the switch after SIGTERM');
    },
  };
}
