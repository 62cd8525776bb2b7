// The loop of the pacer's thread (workers/pacer.ts): lets the schedule of heartbeats send what is
// due, sleeps until the next batch, takes new settings in between. Its figures outlive it, so that
// a successor goes on counting.
import type { Clock } from '../base/clock.ts';
import { keepAlivePayload, type KeepAlivePace } from '../base/keep-alive-sums.ts';
import type { SipParameterValues } from '../base/parameter-values.ts';
import type { TraceFilter } from '../base/trace-filter.ts';
import type { HeartbeatSink } from './heartbeat-table.ts';
import { KeepAliveSchedule, type PacedDevices } from './keep-alive-schedule.ts';
import type { PacerState } from './pacer-state.ts';

/** Proof of life is due this often, whatever the schedule. */
const MAX_SLEEP_MS = 500;

/** The four SS_SIP_NAT_KEEP_ALIVE_ parameters. */
export interface KeepAliveSettings extends KeepAlivePace {
  /** Bytes as latin1 text; empty: no heartbeats. */
  readonly payload: string;
  /** In force. */
  readonly traces: readonly TraceFilter[];
}

export function keepAliveSettings(
  parameters: SipParameterValues,
  traces: readonly TraceFilter[] = [],
): KeepAliveSettings {
  return {
    traces,
    payload: keepAlivePayload(parameters.SS_SIP_NAT_KEEP_ALIVE_MESSAGE),
    periodMs: parameters.SS_SIP_NAT_KEEP_ALIVE_PERIOD * 1000,
    intervalMs: parameters.SS_SIP_NAT_KEEP_ALIVE_SEND_INTERVAL,
    oneTime: parameters.SS_SIP_NAT_KEEP_ALIVE_SEND_ONE_TIME,
  };
}

/** The SIP sockets as heartbeats use them (engine/net/heartbeat-io.ts). */
export interface HeartbeatSender extends HeartbeatSink {
  /** What is sent from now on. */
  setPayload(payload: string): void;
  /** What goes out from a listen address: over TCP and TLS always a ping. */
  payloadFrom(local: number): string;
  /** Whose heartbeats are traced from now on. */
  mountTraces(traces: readonly TraceFilter[]): void;
  /** Sends what is queued. */
  flush(): void;
  /** Since it was made: taken by the kernel, and refused. */
  readonly sent: number;
  readonly failed: number;
}

export interface PacerServices {
  readonly clock: Clock;
  readonly state: PacerState;
  readonly devices: PacedDevices;
  readonly sender: HeartbeatSender;
  /** The newest settings that have come since the last call; null: none. */
  readonly newSettings: () => KeepAliveSettings | null;
  /** CPU that the thread has used, ms. */
  readonly cpuMs: () => number;
}

export class Pacer {
  readonly #services: PacerServices;
  readonly #schedule: KeepAliveSchedule;
  #settings: KeepAliveSettings;
  /** Counted by the services, and added to the state's figures so far. */
  #counted = { sent: 0, failed: 0, late: 0, cpuMs: 0 };

  constructor(services: PacerServices, settings: KeepAliveSettings) {
    this.#services = services;
    this.#settings = settings;
    services.sender.setPayload(settings.payload);
    services.sender.mountTraces(settings.traces);
    this.#schedule = new KeepAliveSchedule(
      services.devices,
      settings,
      services.clock.monoMs(),
      ({ reached, missed, lengthMs }) => {
        const { state } = services;
        state.add('cycles', 1);
        state.set('cycleMs', lengthMs);
        state.set('reached', reached);
        state.set('missed', missed);
      },
    );
  }

  /** Runs until a stop is requested. */
  run(): void {
    const { clock, state } = this.#services;
    while (!state.stopRequested()) {
      const seen = state.wakeCount();
      const dueMs = this.turn();
      state.sleep(seen, Math.min(MAX_SLEEP_MS, dueMs - clock.monoMs()));
    }
  }

  /** One turn: new settings, the batch that is due. @returns when to come back */
  turn(): number {
    const { clock, sender, newSettings, state } = this.#services;
    const changed = newSettings();
    if (changed !== null) this.#change(changed);
    const off = this.#settings.payload === '';
    const dueMs = off ? Infinity : this.#schedule.turn(clock.monoMs());
    sender.flush();
    this.#publish();
    state.beat();
    return dueMs;
  }

  #change(settings: KeepAliveSettings): void {
    const before = this.#settings;
    this.#settings = settings;
    this.#services.sender.setPayload(settings.payload);
    this.#services.sender.mountTraces(settings.traces);
    if (settings.payload === '') {
      // What is off misses nobody.
      this.#services.state.set('missed', 0);
      return;
    }
    const samePace =
      settings.periodMs === before.periodMs &&
      settings.intervalMs === before.intervalMs &&
      settings.oneTime === before.oneTime;
    if (samePace && before.payload !== '') return;
    this.#schedule.change(settings, this.#services.clock.monoMs());
  }

  #publish(): void {
    const { sender, state, cpuMs } = this.#services;
    const now = {
      sent: sender.sent,
      failed: sender.failed,
      late: this.#schedule.late,
      cpuMs: cpuMs(),
    };
    for (const figure of ['sent', 'failed', 'late', 'cpuMs'] as const) {
      state.add(figure, now[figure] - this.#counted[figure]);
    }
    this.#counted = now;
  }
}
