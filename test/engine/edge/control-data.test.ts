// What is configured, seen on the wire of a real edge: a change counts within half a second in all
// shards, a spoiled store changes nothing, a second edge on the directory is refused (PAR-06).
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { UUID } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { startSwitch } from '../../../bench/calls/switch-process.ts';
import type { SwitchProcess } from '../../../bench/calls/switch-process.ts';
import { until } from '../../../bench/calls/until.ts';
import { repositoryPath } from '../../../engine/base/paths.ts';
import { changeParameters } from '../../../engine/config/change-parameters.ts';
import { ControlStore, storePath } from '../../../engine/store/control-store.ts';
import { readEntries } from '../../../engine/store/entries.ts';
import { provisionFor } from '../../workers/edge-load.ts';

const SHARDS = 2;
/** Enough that each shard gets some, by the hash of their Call-IDs. */
const PROBES = 16;
/** Nothing heard for that long is silence: an answer takes a millisecond. */
const SILENCE_MS = 150;
const OPTIONS = { timeout: 120_000 };

interface Edge {
  readonly edge: SwitchProcess;
  readonly store: ControlStore;
  /** How many of 16 requests from an address that nobody knows are answered in time. */
  readonly answered: (withinMs?: number) => Promise<number>;
  readonly set: (raw: string, name?: string) => Promise<unknown>;
}

async function start(t: TestContext, more: Readonly<Record<string, unknown>> = {}): Promise<Edge> {
  const edge = await startSwitch({
    shards: SHARDS,
    drainSeconds: 0,
    provision: { ...provisionFor([9]), ...more },
    config: { ingest: false },
  });
  t.after(() => edge.stop());
  const store = await ControlStore.open(storePath(join(dirname(edge.configFile), 'data')));
  t.after(() => store.close());
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => {
    socket.bind(0, '127.0.0.2', resolve);
  });
  t.after(() => socket.close());
  return {
    edge,
    store,
    answered: (withinMs = 1000) => probe(socket, edge.sipPort, withinMs),
    set: (raw, name = 'SS_REPLY_UNAUTHORIZED') =>
      changeParameters(store, { user: 'ann' }, [{ name, raw }]),
  };
}

async function probe(socket: Socket, port: number, withinMs: number): Promise<number> {
  const heard = new Set<string>();
  const hear = (message: Buffer): void => {
    const callId = /^Call-ID: (.*)\r$/im.exec(message.toString('latin1'))?.[1];
    if (callId !== undefined && asked.has(callId as UUID)) heard.add(callId);
  };
  const asked = new Set(Array.from({ length: PROBES }, () => randomUUID()));
  socket.on('message', hear);
  const address = `127.0.0.2:${socket.address().port}`;
  for (const callId of asked) {
    const request = [
      `INVITE sip:442071838750@127.0.0.1:${port} SIP/2.0`,
      `Via: SIP/2.0/UDP ${address};branch=z9hG4bK${callId}`,
      'Max-Forwards: 70',
      `From: <sip:scanner@${address}>;tag=${callId}`,
      `To: <sip:442071838750@127.0.0.1:${port}>`,
      `Call-ID: ${callId}`,
      'CSeq: 1 INVITE',
      'Content-Length: 0',
      '\r\n',
    ].join('\r\n');
    socket.send(request, port, '127.0.0.1');
  }
  await until(() => (heard.size === PROBES ? true : undefined), withinMs, 5);
  socket.off('message', hear);
  return heard.size;
}

test('PAR-06, PAR-07: a change counts in all shards within half a second', OPTIONS, async (t) => {
  const { edge, answered, set } = await start(t);
  assert.equal(await answered(), PROBES, 'refused with 403 by default');
  const tookMs: number[] = [];
  for (const [raw, wanted] of [
    ['Off', 0],
    ['On', PROBES],
    ['Off', 0],
  ] as const) {
    await set(raw);
    const sinceMs = performance.now();
    const seen = await until(
      async () => ((await answered(SILENCE_MS)) === wanted ? performance.now() : undefined),
      5000,
      1,
    );
    assert.ok(seen !== undefined, `${raw} has not come through: ${edge.log()}`);
    tookMs.push(seen - sinceMs - (wanted === 0 ? SILENCE_MS : 0));
  }
  const fastest = Math.min(...tookMs);
  assert.ok(fastest < 500, `took ${tookMs.join(', ')} ms`);
});

test(
  'a value that no check lets through changes nothing; the next good one does',
  OPTIONS,
  async (t) => {
    const { edge, store, answered, set } = await start(t);
    await store.change({ user: 'somebody' }, async (edit) => {
      await edit.set('parameter', 'SS_REPLY_UNAUTHORIZED', 'perhaps');
    });
    const told = await until(
      () => (edge.log().includes('What is in force stays') ? true : undefined),
      5000,
    );
    assert.equal(told, true, edge.log());
    assert.match(edge.log(), /SS_REPLY_UNAUTHORIZED: is \\"perhaps\\"/);
    assert.equal(await answered(), PROBES);
    await set('Off');
    const off = await until(async () => ((await answered()) === 0 ? true : undefined), 5000, 10);
    assert.equal(off, true);
  },
);

test(
  'a store that was spoiled while nobody looked does not keep the edge from starting',
  OPTIONS,
  async (t) => {
    const { edge, store, answered } = await start(t);
    edge.signal('SIGKILL');
    await edge.exited;
    await store.change({ user: 'somebody' }, async (edit) => {
      await edit.set('parameter', 'SS_SIP_TIMEOUT_INVITE', 'soon');
      await edit.set('parameter', 'SS_REPLY_UNAUTHORIZED', false);
    });
    const again = await edge.again();
    t.after(() => again.stop());
    assert.match(again.log(), /left out: parameters\.SS_SIP_TIMEOUT_INVITE: is \\"soon\\"/);
    assert.equal(await answered(), 0, 'the rest of the store counts');
  },
);

test('kill -9 while parameters are changed loses nothing that was told', OPTIONS, async (t) => {
  const { edge, store, set } = await start(t);
  for (let i = 0; i < 5; i++) await set(i % 2 === 0 ? 'Off' : 'On');
  const last = set('Off');
  edge.signal('SIGKILL');
  await Promise.all([last, edge.exited]);
  const again = await edge.again();
  t.after(() => again.stop());
  const entries = await readEntries(store.db, 'parameter');
  const value = entries.find(({ name }) => name === 'SS_REPLY_UNAUTHORIZED')?.value;
  assert.equal(value, false);
});

test(
  'a second edge on the same data directory is refused, and the first goes on',
  OPTIONS,
  async (t) => {
    const { edge, answered } = await start(t);
    const main = repositoryPath('dist', 'engine', 'main.js');
    const second = spawnSync(process.execPath, [main, '--config', edge.configFile], {
      encoding: 'utf8',
    });
    assert.equal(second.status, 2);
    assert.match(second.stderr, /TDM_DATA_BUSY: another edge runs on .*data/);
    assert.match(second.stderr, /what to do: Stop the other edge/);
    assert.equal(await answered(), PROBES);
  },
);

test(
  'NAT-06, NAT-07: heartbeats that cannot fit are in the log, at start and after a change',
  OPTIONS,
  async (t) => {
    const period = 'SS_SIP_NAT_KEEP_ALIVE_PERIOD';
    const slow = {
      SS_SIP_NAT_KEEP_ALIVE_SEND_ONE_TIME: 10,
      SS_SIP_NAT_KEEP_ALIVE_SEND_INTERVAL: 3000,
    };
    const phones = Array.from({ length: 150 }, (_, i) => ({
      e164: `88017${i}`,
      account: 'acme',
      password: 'secret',
    }));
    const { edge, set } = await start(t, { phones, parameters: slow });
    const told = (text: string): number => edge.log().split(text).length - 1;
    const said = async (text: string): Promise<void> => {
      assert.ok(
        await until(() => (told(text) > 0 ? true : undefined), 5000),
        `${text}\n${edge.log()}`,
      );
      assert.equal(told(text), 1, 'told once');
    };
    await said('a cycle of 30 s reaches 100 devices, but 150 phones may register');
    await set('44', period);
    await said('a cycle of 44 s reaches 140 devices, but 150 phones may register');
    assert.equal(told('a fifth of SS_ENDPOINT_NAT_EXPIRE'), 0);
    await set('150', 'SS_ENDPOINT_NAT_EXPIRE');
    await said(`${period} should be at most a fifth of SS_ENDPOINT_NAT_EXPIRE (${period} is 44, `);
    await set('300', period);
    await said(`${period} should be below SS_ENDPOINT_NAT_EXPIRE, or registrations end`);
  },
);
