// What is configured, on main: opens the control store, has the provision file merged into it,
// reads what is in force, and looks at main's pace whether somebody has changed it. A state
// that is not valid is told and changes nothing.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Piscina } from 'piscina';
import { TandemError } from '../base/errors.ts';
import { isApplied } from '../config/apply-provision.ts';
import { keepAliveShortage } from '../config/keep-alive-room.ts';
import type { Config } from '../config/load.ts';
import type { Provision } from '../config/provision.ts';
import { readStoredPhones, readStoredProvision } from '../config/stored-provision.ts';
import { ControlStore, storePath } from '../store/control-store.ts';
import { lockFile } from '../store/process-lock.ts';
import type { ProcessLock } from '../store/process-lock.ts';
import { readRevisions } from '../store/revisions.ts';
import { storeError } from '../store/store-errors.ts';
import type { ProvisionTask, RefusedProvision } from '../../workers/provision.ts';
import type { EdgeLog } from './log.ts';
import type { Pace } from './pace.ts';

/**
 * A file with hundreds of thousands of phones takes a gigabyte for some seconds; with a large young
 * generation half of the collector's work on it falls away.
 */
const PROVISION_HEAP = { maxOldGenerationSizeMb: 4096, maxYoungGenerationSizeMb: 384 };
/** What a snapshot is made of. */
const SECTIONS = ['parameter', 'account', 'mapping_gateway', 'routing_gateway', 'phone'];

interface Read {
  readonly dataVersion: number;
  readonly revisions: ReadonlyMap<string, number>;
  /** None of the sections has changed since the last time. */
  readonly isSame: boolean;
  readonly problems: readonly string[];
  readonly provision: Provision;
}

export class ControlData {
  /** For what else is kept in it: registrations, trace filters. */
  readonly store: ControlStore;
  readonly #config: Config;
  readonly #log: EdgeLog;
  readonly #lock: ProcessLock;
  #provision: Provision | null = null;
  #revisions: ReadonlyMap<string, number> = new Map();
  #dataVersion = 0;
  /** What of the store is left out. */
  #problems: readonly string[] = [];
  #complaint = '';
  #changed: () => void = () => undefined;
  #endPolling: () => void = () => undefined;
  /** Reads and merges come one after the other. */
  #work: Promise<void> = Promise.resolve();

  private constructor(config: Config, log: EdgeLog, store: ControlStore, lock: ProcessLock) {
    this.#config = config;
    this.#log = log;
    this.store = store;
    this.#lock = lock;
  }

  /** @throws TandemError TDM_DATA_BUSY, TDM_STORE_..., TDM_PROVISION_INVALID */
  static async open(config: Config, log: EdgeLog): Promise<ControlData> {
    const lock = lockDirectory(config.dataDir);
    const store = await ControlStore.open(storePath(config.dataDir));
    const data = new ControlData(config, log, store, lock);
    const refused = await data.#applyFile();
    if (refused !== null) throw new TandemError(refused.code, refused.message);
    const read = await data.#read();
    data.#take(read);
    for (const problem of read.problems) log.error(`control store, left out: ${problem}`);
    return data;
  }

  /** What is in force. */
  get provision(): Provision {
    return this.#provision!;
  }

  /** From now on `changed` hears of every change of what is in force. A look costs 10 µs. */
  watch(pace: Pace, changed: () => void): void {
    this.#changed = changed;
    this.#endPolling = pace.every(1, () => {
      this.#poll();
    });
  }

  /** Has the provision file merged again; what is wrong in it is logged and changes nothing. */
  async reload(): Promise<void> {
    const refused = await this.#afterOthers(() => this.#applyFile());
    if (refused === null) {
      await this.#afterOthers(() => this.#refresh());
      this.#log.info('provision file applied');
    } else {
      const { code, message } = refused;
      this.#log.error(`${code}: ${message}\nThe provisioning in force stays.`);
    }
  }

  async close(): Promise<void> {
    this.#endPolling();
    await this.#work;
    await this.store.close();
    this.#lock.release();
  }

  #poll(): void {
    try {
      if (this.store.dataVersion() === this.#dataVersion) return;
    } catch (error) {
      this.#complain(storeError(this.store.path, error).message);
      return;
    }
    void this.#afterOthers(() => this.#refresh());
  }

  #afterOthers<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#work.then(work);
    this.#work = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  /** In a thread of its own: a large file takes seconds. */
  async #applyFile(): Promise<RefusedProvision | null> {
    const path = this.#config.provision;
    if (await isApplied(this.store, path)) return null;
    const pool = new Piscina({
      filename: new URL('../../workers/provision.js', import.meta.url).href,
      maxThreads: 1,
      atomics: 'disabled',
      resourceLimits: PROVISION_HEAP,
    });
    try {
      const task: ProvisionTask = { path, storePath: this.store.path };
      return (await pool.run(task, { name: 'runProvision' })) as RefusedProvision | null;
    } finally {
      await pool.close();
    }
  }

  /** Takes what others have changed, unless that would leave out what is in force. */
  async #refresh(): Promise<void> {
    try {
      const read = await this.#read();
      this.#dataVersion = read.dataVersion;
      if (read.isSame) return;
      const added = read.problems.filter((problem) => !this.#problems.includes(problem));
      if (added.length > 0) {
        this.#complain(`control store: ${added.join('; ')}\nWhat is in force stays.`);
        return;
      }
      this.#take(read);
      this.#changed();
    } catch (error) {
      this.#complain(storeError(this.store.path, error).message);
    }
  }

  async #read(): Promise<Read> {
    const { store } = this;
    // Before the rest: what changes meanwhile is read again.
    const dataVersion = store.dataVersion();
    const revisions = await readRevisions(store.db);
    const moved = (section: string): boolean =>
      revisions.get(section) !== this.#revisions.get(section);
    const isSame = this.#provision !== null && !SECTIONS.some(moved);
    const phones =
      this.#provision !== null && !moved('phone')
        ? this.#provision.phones
        : await readStoredPhones(store.db);
    const { provision, problems } = await readStoredProvision(store.db, store.path);
    const shortage = keepAliveShortage(provision.parameters, phones.length);
    const warnings = [...provision.warnings, ...(shortage === null ? [] : [shortage])];
    const whole = { ...provision, phones, warnings };
    return { dataVersion, revisions, isSame, problems, provision: whole };
  }

  #take({ provision, problems, revisions, dataVersion }: Read): void {
    const known = new Set(this.#provision?.warnings);
    this.#provision = provision;
    this.#problems = problems;
    this.#revisions = revisions;
    this.#dataVersion = dataVersion;
    for (const warning of provision.warnings) if (!known.has(warning)) this.#log.warn(warning);
  }

  /** Not at each look. */
  #complain(text: string): void {
    if (text === this.#complaint) return;
    this.#complaint = text;
    this.#log.error(text);
  }
}

function lockDirectory(dataDir: string): ProcessLock {
  mkdirSync(dataDir, { recursive: true });
  const lock = lockFile(join(dataDir, 'edge.lock'));
  if (lock !== undefined) return lock;
  throw new TandemError('TDM_DATA_BUSY', `another edge runs on ${dataDir}.`);
}
