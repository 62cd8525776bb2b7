// Records over TCP: one JSON object a line, one connection a batch. TCP alone tells what the other
// side's kernel got, so the batch ends with our FIN and has arrived when the other side, which has
// then read to the end, closes in turn. An early or hard close repeats the batch.
import { connect } from 'node:net';
import type { ReportServer } from '../../engine/base/report-server.ts';
import type { PushOutcome, PushRecord, ReportTarget } from './report-target.ts';

export class TcpTarget implements ReportTarget {
  readonly #server: ReportServer;
  readonly #timeoutMs: number;

  constructor(server: ReportServer, timeoutMs: number) {
    this.#server = server;
    this.#timeoutMs = timeoutMs;
  }

  send(records: readonly PushRecord[], signal: AbortSignal): Promise<PushOutcome> {
    const { host, port } = this.#server;
    const body = records.map(({ json }) => `${json}\n`).join('');
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    const bounded = AbortSignal.any([signal, timeout]);
    return new Promise((resolve, reject) => {
      // Half-open: their FIN does not end our side, so that an early one can be told.
      const socket = connect({ host, port, allowHalfOpen: true });
      const fail = (text: string): void => {
        socket.destroy(new Error(text));
      };
      const onAbort = (): void => {
        const problem = `the receiver has not read to the end and closed in ${this.#timeoutMs} ms`;
        fail(timeout.aborted ? problem : 'stopped');
      };
      bounded.addEventListener('abort', onAbort, { once: true });
      if (bounded.aborted) onAbort();
      socket.on('error', reject);
      socket.on('close', () => {
        bounded.removeEventListener('abort', onAbort);
      });
      socket.on('end', () => {
        if (!socket.writableFinished) fail('the receiver closed before the end');
        else resolve({ status: 'taken' });
      });
      // What it may say is not asked for; reading lets its FIN come through.
      socket.resume();
      socket.end(body);
    });
  }

  close(): void {
    // Nothing stays open between two batches.
  }
}
