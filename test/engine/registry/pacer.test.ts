// The pacer's turns: settings that change between batches, off and on again, figures that a
// successor goes on with. Time is virtual.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parameterValues } from '../../../engine/parameters/parse-value.ts';
import {
  keepAliveSettings,
  Pacer,
  type KeepAliveSettings,
} from '../../../engine/registry/pacer.ts';
import { createPacerState, PacerState } from '../../../engine/registry/pacer-state.ts';

class Fixture {
  readonly state = new PacerState(createPacerState());
  /** `time payload place` of each heartbeat. */
  readonly sent: string[] = [];
  nowMs = 0;
  settings: KeepAliveSettings | null = null;
  devices: number;
  pacer: Pacer;
  readonly #first: KeepAliveSettings;

  constructor(devices: number, settings: KeepAliveSettings) {
    this.devices = devices;
    this.#first = settings;
    this.pacer = this.start();
  }

  start(): Pacer {
    let payload = '';
    const sender = {
      sent: 0,
      failed: 0,
      setPayload: (text: string) => {
        payload = text;
      },
      mountTraces: () => undefined,
      payloadFrom: () => payload,
      push: () => true,
      flush: () => undefined,
    };
    this.pacer = new Pacer(
      {
        clock: { monoMs: () => this.nowMs, wallMs: () => 0 },
        state: this.state,
        devices: {
          size: 1000,
          total: this.devices,
          count: (from, to) => Math.max(0, Math.min(to, this.devices) - from),
          ping: (place) => {
            if (place >= this.devices) return false;
            sender.sent++;
            this.sent.push(`${this.nowMs} ${payload} ${place}`);
            return true;
          },
        },
        sender,
        newSettings: () => {
          const { settings } = this;
          this.settings = null;
          return settings;
        },
        cpuMs: () => this.nowMs / 100,
      },
      this.#first,
    );
    return this.pacer;
  }

  /** One turn at the given time. */
  at(ms: number): number {
    this.nowMs = ms;
    return this.pacer.turn();
  }
}

const DEFAULTS = keepAliveSettings(parameterValues());

test('the parameters as the pacer has them: defaults, and escapes of the message', () => {
  assert.deepEqual(DEFAULTS, {
    payload: 'HELLO',
    periodMs: 30_000,
    intervalMs: 500,
    oneTime: 3000,
    traces: [],
  });
  const ping = parameterValues({
    SS_SIP_NAT_KEEP_ALIVE_MESSAGE: '\\r\\n\\r\\n',
    SS_SIP_NAT_KEEP_ALIVE_PERIOD: 15,
    SS_SIP_NAT_KEEP_ALIVE_SEND_INTERVAL: 200,
    SS_SIP_NAT_KEEP_ALIVE_SEND_ONE_TIME: 7,
  });
  assert.deepEqual(keepAliveSettings(ping), {
    payload: '\r\n\r\n',
    periodMs: 15_000,
    intervalMs: 200,
    oneTime: 7,
    traces: [],
  });
});

test('each of the four parameters acts with the next batch', () => {
  const fixture = new Fixture(120, { ...DEFAULTS, oneTime: 2 });
  assert.equal(fixture.at(0), 500);
  fixture.settings = { ...DEFAULTS, oneTime: 2, payload: 'PING' };
  assert.equal(fixture.at(500), 1000);
  assert.deepEqual(fixture.sent, ['0 HELLO 0', '0 HELLO 1', '500 PING 2', '500 PING 3']);
  // Another interval counts from the last batch on.
  fixture.settings = { ...DEFAULTS, payload: 'PING', intervalMs: 2000, oneTime: 8 };
  assert.equal(fixture.at(600), 2500);
  fixture.at(2500);
  assert.equal(fixture.sent.length, 12);
  assert.equal(fixture.sent[4], '2500 PING 4');
  // A shorter period makes the batches larger.
  fixture.settings = {
    ...DEFAULTS,
    payload: 'PING',
    periodMs: 10_000,
    intervalMs: 2000,
    oneTime: 40,
  };
  fixture.at(2600);
  fixture.at(4500);
  assert.equal(fixture.sent.length, 12 + 24);
});

test('an empty message sends nothing, and a text begins again', () => {
  const fixture = new Fixture(3, { ...DEFAULTS, payload: '' });
  assert.equal(fixture.at(0), Infinity);
  assert.equal(fixture.at(60_000), Infinity);
  assert.deepEqual(fixture.sent, []);
  assert.equal(fixture.state.get('cycles'), 0);
  fixture.settings = DEFAULTS;
  fixture.at(60_100);
  assert.deepEqual(fixture.sent, ['60100 HELLO 0']);
  fixture.settings = { ...DEFAULTS, payload: '' };
  assert.equal(fixture.at(70_000), Infinity);
  assert.equal(fixture.sent.length, 1);
});

test('figures: sent, cycles, shortfall; off is no shortfall; a successor goes on counting', () => {
  const fixture = new Fixture(50, { ...DEFAULTS, periodMs: 10_000, intervalMs: 5000, oneTime: 10 });
  fixture.at(0);
  fixture.at(5000);
  fixture.at(10_000);
  const figure = (): number[] =>
    (['sent', 'cycles', 'cycleMs', 'reached', 'missed', 'cpuMs'] as const).map((name) =>
      fixture.state.get(name),
    );
  assert.deepEqual(figure(), [30, 1, 10_000, 20, 30, 100]);
  const beats = fixture.state.heartbeat();
  fixture.nowMs = 0;
  fixture.start();
  fixture.at(0);
  assert.deepEqual(figure(), [40, 1, 10_000, 20, 30, 100]);
  assert.equal(fixture.state.heartbeat(), beats + 1);
  fixture.settings = { ...DEFAULTS, payload: '' };
  fixture.at(1);
  assert.equal(fixture.state.get('missed'), 0);
});

test('run ends when a stop is requested, also out of its sleep', () => {
  const fixture = new Fixture(0, DEFAULTS);
  fixture.state.requestStop();
  fixture.pacer.run();
  assert.equal(fixture.state.stopRequested(), true);
});
