// The edge as `npm start` runs it, but on SIGUSR2 every thread collects its garbage and the sum of
// what is left is printed: `measured-edge.js --config FILE`. A shard never gets to its event loop,
// so the collection is asked for through the inspector, which interrupts running code.
import { Session } from 'node:inspector';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { loadConfig } from '../../engine/config/load.ts';
import { Edge } from '../../engine/edge/edge.ts';
import { openLog } from '../../engine/edge/log.ts';
import { HEAP_LINE } from './heap-left.ts';

/** Evaluated in each thread; buffers are counted with the heap. */
const COLLECT = 'gc(); process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers';
const EVALUATE = { method: 'Runtime.evaluate', params: { expression: COLLECT } } as const;

interface Evaluated {
  readonly result: { readonly value?: unknown };
}

class Threads {
  readonly #session = new Session();
  readonly #ids = new Set<string>();
  readonly #waiting = new Map<number, (bytes: number) => void>();
  #asked = 0;

  constructor() {
    const session = this.#session;
    session.connect();
    session.on('NodeWorker.attachedToWorker', ({ params }) => this.#ids.add(params.sessionId));
    session.on('NodeWorker.detachedFromWorker', ({ params }) => this.#ids.delete(params.sessionId));
    session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
      const { id, result } = JSON.parse(params.message) as { id: number; result: Evaluated };
      this.#waiting.get(id)?.(Number(result.result.value));
      this.#waiting.delete(id);
    });
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  }

  /** Bytes in use in all threads, collected one after the other. */
  async collect(): Promise<number> {
    // Main's own context was made without `gc`.
    let bytes = Number(runInNewContext(COLLECT, { process }));
    for (const id of this.#ids) bytes += await this.#ofWorker(id);
    return bytes;
  }

  #ofWorker(sessionId: string): Promise<number> {
    const id = ++this.#asked;
    const message = JSON.stringify({ id, ...EVALUATE });
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#session.post('NodeWorker.sendMessageToWorker', { sessionId, message });
    });
  }
}

// Before any thread starts: contexts get `gc` when they are made.
setFlagsFromString('--expose-gc');
const { values } = parseArgs({ options: { config: { type: 'string' } } });
const config = loadConfig(values.config);
const threads = new Threads();
const edge = await Edge.start(config, openLog(config.node));
let collections = 0;
process.on('SIGUSR2', () => {
  void threads.collect().then((bytes) => {
    process.stdout.write(`${HEAP_LINE} ${++collections}: ${bytes}\n`);
  });
});
process.once('SIGTERM', () => {
  void edge.stop().then(() => process.exit(0));
});
