// Parameters that main hands to its sockets and to its lookups of names, changed while a real edge
// runs: the TOS byte as a vendor receives it, and when a name is asked for again (MON-12).
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { SipPort } from '../../../bench/agents/sip-port.ts';
import { requestText, sdpText } from '../../../bench/agents/lines.ts';
import { freeUdpPort } from '../../../infra/free-port.ts';
import { startSwitch, type SwitchProcess } from '../../../bench/calls/switch-process.ts';
import { until } from '../../../bench/calls/until.ts';
import { changeParameters } from '../../../engine/config/change-parameters.ts';
import { ControlStore, storePath } from '../../../engine/store/control-store.ts';
import { provisionFor } from '../../workers/edge-load.ts';
import { DnsServer } from './names/dns-server.ts';
import { TosReceiver } from './tos-receiver.ts';

const OPTIONS = { timeout: 180_000 };
const FIRST = '127.0.0.8';
const SECOND = '127.0.0.9';
const NAME = 'vendor.example.net';
const PATIENCE_MS = 10_000;
/** Enough that each shard gets some, by the hash of their Call-IDs. */
const CALLS = 12;

/** A customer that calls without end. */
class Caller {
  readonly #port: SipPort;
  readonly #server: { host: string; port: number };

  constructor(port: SipPort, sipPort: number) {
    this.#port = port;
    this.#server = { host: '127.0.0.1', port: sipPort };
  }

  call(): void {
    const { sentBy, host } = this.#port;
    const id = randomUUID();
    const uri = `sip:442071838750@127.0.0.1:${this.#server.port}`;
    const lines = { method: 'INVITE', uri, sentBy, branch: `z9hG4bK${id}`, callId: id, cseq: 1 };
    const parties = { from: `<sip:442070000001@${host}>;tag=${id}`, to: `<${uri}>` };
    this.#port.send(
      requestText({ ...lines, ...parties, body: sdpText(host, 30_000) }),
      this.#server,
    );
  }
}

interface Running {
  readonly edge: SwitchProcess;
  readonly set: (name: string, raw: string) => Promise<unknown>;
  readonly caller: Caller;
}

async function start(
  t: TestContext,
  vendor: Readonly<Record<string, unknown>>,
  config: Readonly<Record<string, unknown>>,
): Promise<Running> {
  const plain = provisionFor([9]);
  const [gateway] = plain['routingGateways'] as Record<string, unknown>[];
  const provision = { ...plain, routingGateways: [{ ...gateway, ...vendor }] };
  const options = { provision, shards: 2, drainSeconds: 0 };
  const edge = await startSwitch({ ...options, config: { ingest: false, ...config } });
  t.after(() => edge.stop());
  const store = await ControlStore.open(storePath(join(dirname(edge.configFile), 'data')));
  t.after(() => store.close());
  const port = await SipPort.open('127.0.0.1', 0);
  t.after(() => port.close());
  const set = (name: string, raw: string): Promise<unknown> =>
    changeParameters(store, { user: 'ann' }, [{ name, raw }]);
  return { edge, set, caller: new Caller(port, edge.sipPort) };
}

function vendorAt(t: TestContext, ip: string, port: number): TosReceiver {
  const receiver = new TosReceiver(ip, port);
  t.after(() => {
    receiver.close();
  });
  return receiver;
}

for (const io of ['native', 'portable']) {
  test(
    `SS_QOS_SIGNAL: packets carry it, changed live; ${io} sockets of all shards`,
    OPTIONS,
    async (t) => {
      const signalPort = await freeUdpPort();
      const vendor = vendorAt(t, FIRST, signalPort);
      const { set, caller } = await start(t, { remoteIp: FIRST, signalPort }, { io });
      /** The bytes that calls made from now on go out with. */
      const seen = async (): Promise<Set<number>> => {
        const marks = new Map<string, number>();
        vendor.take();
        for (let i = 0; i < CALLS; i++) caller.call();
        await until(
          () => {
            for (const { text, tos } of vendor.take()) {
              marks.set(/^Call-ID: (.*)\r$/im.exec(text)![1]!, tos);
            }
            return marks.size >= CALLS ? true : undefined;
          },
          PATIENCE_MS,
          5,
        );
        return new Set(marks.values());
      };
      assert.deepEqual([...(await seen())], [160], 'the default');
      for (const [raw, tos] of [
        ['0xb8', 184],
        ['0', 0],
        ['255', 255],
      ] as const) {
        await set('SS_QOS_SIGNAL', raw);
        const all = await until(async () => {
          const marks = await seen();
          return marks.size === 1 && marks.has(tos) ? true : undefined;
        }, PATIENCE_MS);
        assert.equal(all, true, `${raw}: ${[...(await seen())].join(', ')}`);
      }
    },
  );
}

test('SERVER_DNS_UPDATE_INTERVAL: changed live, the next lookup comes then', OPTIONS, async (t) => {
  const dns = await DnsServer.open({ [`A ${NAME}`]: [FIRST] });
  t.after(() => {
    dns.close();
  });
  const signalPort = await freeUdpPort();
  const first = vendorAt(t, FIRST, signalPort);
  const second = vendorAt(t, SECOND, signalPort);
  const vendor = { remoteIp: NAME, signalPort };
  const { edge, set, caller } = await start(t, vendor, { dns: [dns.address] });
  const heard = async (receiver: TosReceiver, withinMs: number): Promise<boolean> => {
    const came = (): true | undefined => (receiver.take().length > 0 ? true : undefined);
    return (await until(came, withinMs, 5)) === true;
  };
  caller.call();
  assert.ok(await heard(first, PATIENCE_MS), edge.log());
  const asked = dns.asked.length;
  dns.zone = { [`A ${NAME}`]: [SECOND] };
  const changedAtMs = performance.now();
  await set('SERVER_DNS_UPDATE_INTERVAL', '30');
  // With the 600 s that it had nothing would be asked for ten minutes.
  const again = await until(() => (dns.asked.length > asked ? true : undefined), 60_000);
  assert.equal(again, true, 'the name is asked for again');
  const tookMs = performance.now() - changedAtMs;
  assert.ok(tookMs > 29_000, `after ${tookMs} ms`);
  const moved = await until(async () => {
    caller.call();
    return (await heard(second, 500)) ? true : undefined;
  }, PATIENCE_MS);
  assert.equal(moved, true, 'calls follow the name to its new address');
});
