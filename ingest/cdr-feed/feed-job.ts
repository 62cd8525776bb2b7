// Runs one consumer of CDRs beside the delivery: opens it when its parameter switches it on, keeps
// it going through outages, closes it when the parameter changes. What it does with the records is
// a CdrFeed: cdr-files, cdr-push.
import { setTimeout as delay } from 'node:timers/promises';
import type { ServerParameterValues } from '../../engine/base/parameter-values.ts';
import { BackOff } from '../back-off.ts';
import { dropPosition } from '../delivery-position.ts';
import type { IngestContext, IngestJob } from '../ingest-job.ts';
import type { CdrFeedState } from '../ingest-state.ts';

/** One consumer at work. */
export interface CdrFeed {
  /**
   * Takes what is there now, until nothing more is or `signal` aborts. Throws on an outage; the
   * feed is then closed and another one opened, which goes on at the stored position.
   */
  pass(signal: AbortSignal): Promise<void>;
  close(): void;
}

/** An outage of which the other side has said how long it will last. */
export class RetryLater extends Error {
  readonly afterMs: number;

  constructor(message: string, afterMs: number) {
    super(message);
    this.name = 'RetryLater';
    this.afterMs = afterMs;
  }
}

export interface FeedJobOptions<S> {
  readonly context: IngestContext;
  readonly node: string;
  /** Name of its position file, see positionFile. */
  readonly consumer: string;
  readonly state: CdrFeedState;
  /** What the parameters ask for; null: switched off. Compared as JSON. */
  readonly settings: (parameters: ServerParameterValues) => S | null;
  readonly open: (settings: S) => CdrFeed;
  /** Finishes what an earlier feed has left behind, before its position is dropped. */
  readonly switchedOff?: () => void;
  /** Pause when nothing was there. */
  readonly pauseMs: number;
}

export class FeedJob<S> implements IngestJob {
  readonly name: string;
  readonly #options: FeedJobOptions<S>;
  #feed: CdrFeed | undefined;
  /** Settings that the feed was opened with, as JSON; `null` when it is off. */
  #opened: string | undefined;
  #isHeldUp = false;

  constructor(options: FeedJobOptions<S>) {
    this.name = `cdr ${options.consumer} of ${options.node}`;
    this.#options = options;
    // Before the first record is delivered elsewhere: the position begins in front of it.
    try {
      this.#adjust();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** After `stop` it takes what is there, but waits for no outage: the spool keeps the rest. */
  async run(stop: AbortSignal, abort: AbortSignal): Promise<boolean> {
    const backOff = new BackOff();
    for (;;) {
      const last = stop.aborted;
      const { records } = this.#options.state;
      const error = await this.#step(abort);
      // A step that got on and then failed is the first failure of a new outage.
      if (error === undefined || this.#options.state.records > records) backOff.reset();
      if (last || abort.aborted) {
        this.#close();
        return error === undefined;
      }
      if (error === undefined) {
        await delay(this.#options.pauseMs, undefined, { signal: stop }).catch(() => undefined);
      } else if (error instanceof RetryLater) {
        await delay(error.afterMs, undefined, { signal: stop }).catch(() => undefined);
      } else {
        await backOff.wait(stop);
      }
    }
  }

  async #step(abort: AbortSignal): Promise<unknown> {
    try {
      this.#adjust();
      await this.#feed?.pass(abort);
      this.#setHeldUp(false);
      return undefined;
    } catch (error) {
      this.#failed(error);
      return error;
    }
  }

  /** Opens, closes or keeps the feed as the parameters now say. */
  #adjust(): void {
    const { context, settings: wanted, node, consumer, open } = this.#options;
    const parameters = context.parameters.current;
    if (parameters === undefined) return;
    const settings = wanted(parameters);
    const key = JSON.stringify(settings);
    if (key === this.#opened) return;
    this.#close();
    if (settings !== null) {
      this.#feed = open(settings);
    } else {
      this.#options.switchedOff?.();
      dropPosition(context.directory, node, consumer);
    }
    this.#opened = key;
  }

  #failed(error: unknown): void {
    const { state, context } = this.#options;
    state.failures++;
    this.#setHeldUp(true);
    context.log.error({ job: this.name, error: String(error) }, 'call records are held up');
    this.#close();
  }

  /** No problem of /readyz: an edge whose receiver is away carries calls all the same. */
  #setHeldUp(heldUp: boolean): void {
    if (heldUp === this.#isHeldUp) return;
    this.#isHeldUp = heldUp;
    this.#options.state.heldUp += heldUp ? 1 : -1;
  }

  #close(): void {
    this.#feed?.close();
    this.#feed = undefined;
    this.#opened = undefined;
  }
}
