// Supervises the pacer of NAT heartbeats (workers/pacer.ts): starts it, starts it again when it
// dies, hands it new settings, and tells the log when terminals are left out.
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { systemClock } from '../base/clock.ts';
import { keepAliveCoverage, shortestPeriodMs } from '../base/keep-alive-sums.ts';
import type { LocalAddress } from '../call/local-address.ts';
import { HeartbeatWatch } from '../http/heartbeat-watch.ts';
import type { HeartbeatSetup } from '../net/heartbeat-io.ts';
import { LocationTable } from '../registry/location-table.ts';
import type { KeepAliveSettings } from '../registry/pacer.ts';
import { PacerState } from '../registry/pacer-state.ts';
import type { PacerTask } from '../../workers/pacer.ts';
import type { EdgeLog } from './log.ts';

const RESTART_DELAY_MS = 500;
const STALE_MS = 3000;

export interface PacerOptions {
  /** createPacerState(), createLocationTable(). */
  readonly state: SharedArrayBuffer;
  readonly locations: SharedArrayBuffer;
  readonly io: HeartbeatSetup;
  /** See PacerTask. */
  readonly locals: readonly LocalAddress[];
  readonly traces: SharedArrayBuffer;
  readonly log: EdgeLog;
}

export class PacerThread {
  readonly state: PacerState;
  readonly #options: PacerOptions;
  readonly #locations: LocationTable;
  readonly #pool: Piscina;
  readonly #watch: HeartbeatWatch;
  #settings: KeepAliveSettings;
  #port: MessagePort | null = null;
  #ended: Promise<void> = Promise.resolve();
  #running = false;
  #stopping = false;
  /** What the log has said last: terminals are left out. */
  #toldShort = false;
  /** Cycles that had ended when the settings changed: those tell nothing of the new ones. */
  #cyclesBefore = 0;
  #toldHang = false;

  constructor(options: PacerOptions, settings: KeepAliveSettings) {
    this.#options = options;
    this.#settings = settings;
    this.state = new PacerState(options.state);
    this.#locations = new LocationTable(options.locations);
    this.#watch = new HeartbeatWatch(() => this.state.heartbeat(), systemClock, STALE_MS);
    this.#pool = new Piscina({
      filename: new URL('../../workers/pacer.js', import.meta.url).href,
      minThreads: 1,
      maxThreads: 1,
      atomics: 'disabled',
      recordTiming: false,
    });
  }

  start(): void {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#running = true;
    const { log: _, ...options } = this.#options;
    const task: PacerTask = { ...options, settings: this.#settings, updates: port2 };
    const run = this.#pool.run(task, { name: 'runPacer', transferList: [port2] }) as Promise<void>;
    this.#ended = run.then(
      () => {
        this.#running = false;
        port1.close();
      },
      (error: unknown) => this.#died(port1, error),
    );
  }

  /** undefined: it runs; else what is wrong, for people. */
  problem(): string | undefined {
    return this.#running ? this.#watch.problem() : 'not running';
  }

  /** Registered terminals behind NAT now. */
  get devices(): number {
    return this.#locations.behindNat;
  }

  /** Terminals that a cycle serves with the settings in force; 0: heartbeats are off. */
  get coverage(): number {
    return this.#settings.payload === '' ? 0 : keepAliveCoverage(this.#settings);
  }

  /** Puts settings in force, with the next batch at the latest. */
  publish(settings: KeepAliveSettings): void {
    const before = this.#settings;
    const same = (Object.keys(settings) as (keyof KeepAliveSettings)[]).every(
      (key) => settings[key] === before[key],
    );
    if (same) return;
    this.#settings = settings;
    this.#cyclesBefore = this.state.get('cycles');
    this.#port?.postMessage(settings);
    this.state.wake();
    this.#tellShortfall(true);
  }

  /** To be called about once a second. */
  sample(): void {
    this.#watch.sample();
    this.#tellShortfall();
    const hangs = this.#running && this.#watch.problem() !== undefined;
    if (hangs && !this.#toldHang) this.#options.log.error('the pacer of heartbeats hangs');
    this.#toldHang = hangs;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.state.requestStop();
    await this.#ended;
    await this.#pool.close();
  }

  /** NAT-08: said when it begins, when settings change that do not end it, and when it is over. */
  #tellShortfall(changed = false): void {
    const { log } = this.#options;
    const { devices, coverage } = this;
    const known = coverage === 0 || this.state.get('cycles') > this.#cyclesBefore;
    const missed = known ? this.state.get('missed') : 0;
    const short = coverage > 0 && (devices > coverage || missed > 0);
    if (short === this.#toldShort && !(short && changed)) return;
    if (!short && !known) return;
    this.#toldShort = short;
    if (!short) {
      log.info({ devices, coverage }, 'NAT heartbeats reach every terminal again');
      return;
    }
    const enough = Math.ceil(shortestPeriodMs(devices, this.#settings) / 1000);
    log.warn(
      { devices, coverage, missed },
      'NAT heartbeats do not reach every terminal in a cycle: ' +
        `SS_SIP_NAT_KEEP_ALIVE_PERIOD would have to be ${enough} s, or SEND_ONE_TIME larger`,
    );
  }

  #isStopping(): boolean {
    return this.#stopping;
  }

  async #died(port: MessagePort, error: unknown): Promise<void> {
    this.#running = false;
    port.close();
    this.#options.log.error({ error: String(error) }, 'the pacer of heartbeats died');
    if (this.#isStopping()) return;
    await new Promise((resolve) => setTimeout(resolve, RESTART_DELAY_MS));
    if (this.#isStopping()) return;
    this.start();
    await this.#ended;
  }
}
