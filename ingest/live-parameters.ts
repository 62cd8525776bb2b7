// The SERVER_ parameters in force in this process: read from the provision at start and again when
// the edge that supervises ingest has applied a changed one, or on SIGHUP when ingest runs alone.
import { existsSync } from 'node:fs';
import { TandemError } from '../engine/base/errors.ts';
import type { ServerParameterValues } from '../engine/base/parameter-values.ts';
import { loadProvision, unprovisionedParameters } from '../engine/config/provision.ts';
import type { IngestLog } from './ingest-log.ts';
import type { IngestState } from './ingest-state.ts';
import { setProblem } from './ingest-state.ts';

export class LiveParameters {
  readonly #path: string;
  readonly #state: IngestState;
  readonly #log: IngestLog;
  #current: ServerParameterValues | undefined;

  /** @param path of the provision file; without the file every parameter has its default */
  constructor(path: string, state: IngestState, log: IngestLog) {
    this.#path = path;
    this.#state = state;
    this.#log = log;
    this.reload();
  }

  /**
   * The values in force. Undefined when the provision could not be read yet: who works by them
   * waits then, since a default may mean "switched off" and would drop what is in progress.
   */
  get current(): ServerParameterValues | undefined {
    return this.#current;
  }

  /** Reads the file again; what is wrong in it is logged and changes nothing. */
  reload(): void {
    try {
      this.#current = this.#read();
      setProblem(this.#state, 'provision', '');
    } catch (error) {
      if (!(error instanceof TandemError)) throw error;
      const { message } = error;
      if (this.#current === undefined) setProblem(this.#state, 'provision', message);
      this.#log.error(
        { error: message },
        'the provision is not valid, parameters stay as they are',
      );
    }
  }

  #read(): ServerParameterValues {
    if (existsSync(this.#path)) return loadProvision(this.#path).parameters;
    this.#log.warn({ path: this.#path }, 'no provision file, every parameter has its default');
    return unprovisionedParameters();
  }
}

/** What the edge sends over IPC when it has applied a provision. */
const RELOAD = 'reload';

/** Reads the parameters again whenever the edge or an operator says so. */
export function reloadOnRequest(parameters: LiveParameters): void {
  const reload = (): void => {
    parameters.reload();
  };
  process.on('SIGHUP', reload);
  process.on('message', (message) => {
    if (message === RELOAD) reload();
  });
}
