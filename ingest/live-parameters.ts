// The SERVER_ parameters in force in this process: those of the edge's control store, read again
// when they change; on a machine without one those of the provision file, read again on SIGHUP.
import { existsSync } from 'node:fs';
import { TandemError } from '../engine/base/errors.ts';
import type { ServerParameterValues } from '../engine/base/parameter-values.ts';
import { loadProvision, unprovisionedParameters } from '../engine/config/provision.ts';
import { readStoredProvision } from '../engine/config/stored-provision.ts';
import { ControlStore, storePath } from '../engine/store/control-store.ts';
import { storeError } from '../engine/store/store-errors.ts';
import type { IngestLog } from './ingest-log.ts';
import type { IngestState } from './ingest-state.ts';
import { setProblem } from './ingest-state.ts';

const POLL_MS = 500;

export class LiveParameters {
  readonly #path: string;
  readonly #state: IngestState;
  readonly #log: IngestLog;
  readonly #store: ControlStore | null;
  #current: ServerParameterValues | undefined;
  #dataVersion = 0;
  /** The last reading of the store. */
  #read: Promise<void> = Promise.resolve();

  /**
   * @param path of the provision file; without the file every parameter has its default
   * @param store counts instead of the file
   */
  constructor(path: string, state: IngestState, log: IngestLog, store: ControlStore | null = null) {
    this.#path = path;
    this.#state = state;
    this.#log = log;
    this.#store = store;
    this.reload();
  }

  /**
   * The values in force. Undefined when they could not be read yet: who works by them waits then,
   * since a default may mean "switched off" and would drop what is in progress.
   */
  get current(): ServerParameterValues | undefined {
    return this.#current;
  }

  /** Resolves when what `reload` has begun is done. */
  get settled(): Promise<void> {
    return this.#read;
  }

  /** Reads again; what is wrong is logged and changes nothing. */
  reload(): void {
    const store = this.#store;
    if (store === null) this.#readFile();
    else this.#read = this.#read.then(() => this.#readStore(store));
  }

  /** Looks twice a second whether somebody has changed the store. */
  watch(): void {
    const store = this.#store;
    if (store === null) return;
    setInterval(() => {
      if (this.#versionOf(store) !== this.#dataVersion) this.reload();
    }, POLL_MS).unref();
  }

  #versionOf(store: ControlStore): number {
    try {
      return store.dataVersion();
    } catch (error) {
      this.#refuse(storeError(store.path, error));
      return this.#dataVersion;
    }
  }

  async #readStore(store: ControlStore): Promise<void> {
    try {
      this.#dataVersion = this.#versionOf(store);
      const { provision, problems } = await readStoredProvision(store.db, store.path);
      const wrong = problems.filter((problem) => problem.startsWith('parameters.'));
      // Another default may be the wrong thing: what was in force stays.
      if (wrong.length === 0) this.#accept(provision.parameters);
      else this.#refuse(new Error(wrong.join('; ')));
    } catch (error) {
      this.#refuse(storeError(store.path, error));
    }
  }

  #readFile(): void {
    try {
      if (!existsSync(this.#path)) {
        const text = 'no provision file, every parameter has its default';
        this.#log.warn({ path: this.#path }, text);
        this.#accept(unprovisionedParameters());
      } else this.#accept(loadProvision(this.#path).parameters);
    } catch (error) {
      if (!(error instanceof TandemError)) throw error;
      this.#refuse(error);
    }
  }

  #accept(parameters: ServerParameterValues): void {
    this.#current = parameters;
    setProblem(this.#state, 'provision', '');
  }

  #refuse({ message }: Error): void {
    if (this.#current === undefined) setProblem(this.#state, 'provision', message);
    this.#log.error({ error: message }, 'parameters cannot be read, they stay as they are');
  }
}

/** The store of the edge on this machine; null where none has run. */
export async function storeOfEdge(dataDir: string): Promise<ControlStore | null> {
  const path = storePath(dataDir);
  return existsSync(path) ? ControlStore.open(path) : null;
}

/** What the edge sends over IPC when it has applied a change. */
const RELOAD = 'reload';

/** Reads the parameters again whenever the edge, the store or an operator says so. */
export function reloadOnRequest(parameters: LiveParameters): void {
  const reload = (): void => {
    parameters.reload();
  };
  process.on('SIGHUP', reload);
  process.on('message', (message) => {
    if (message === RELOAD) reload();
  });
  parameters.watch();
}
