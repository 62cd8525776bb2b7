// Records over HTTP: POST of a JSON array on one kept-alive connection. `Idempotency-Key` is the id
// of the call, for several `<id of the first>+<how many more>`; each record carries its own `id`.
//   2xx             taken
//   400, 413, 422   refused: something in the batch is not to its liking
//   anything else   an outage (wrong path or password too): the batch is sent again
import { request as httpRequest, Agent as HttpAgent } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest, Agent as HttpsAgent } from 'node:https';
import type { ReportServer } from '../../engine/base/report-server.ts';
import { RetryLater } from '../cdr-feed/feed-job.ts';
import type { PushOutcome, PushRecord, ReportTarget } from './report-target.ts';

const REFUSALS = new Set([400, 413, 422]);
/** Longest pause that a Retry-After is granted. */
const MAX_RETRY_AFTER_MS = 300_000;
/** Of an answer's body only this much is kept, for the log. */
const MAX_ANSWER_CHARS = 500;

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export class HttpTarget implements ReportTarget {
  readonly #server: ReportServer;
  readonly #timeoutMs: number;
  readonly #agent: HttpAgent;

  constructor(server: ReportServer, timeoutMs: number) {
    this.#server = server;
    this.#timeoutMs = timeoutMs;
    const options = { keepAlive: true, maxSockets: 1 };
    this.#agent = server.protocol === 'https' ? new HttpsAgent(options) : new HttpAgent(options);
  }

  async send(records: readonly PushRecord[], signal: AbortSignal): Promise<PushOutcome> {
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    const answer = await this.#post(records, AbortSignal.any([signal, timeout])).catch(
      (error: unknown) => {
        if (!timeout.aborted) throw error;
        throw new Error(`no answer in ${this.#timeoutMs} ms`, { cause: error });
      },
    );
    const { status, headers, body } = answer;
    if (status >= 200 && status < 300) return { status: 'taken' };
    const reason = `HTTP ${status}${body === '' ? '' : `: ${body}`}`;
    if (REFUSALS.has(status)) return { status: 'refused', reason };
    const afterMs = retryAfterMs(headers['retry-after']);
    throw afterMs === undefined ? new Error(reason) : new RetryLater(reason, afterMs);
  }

  close(): void {
    this.#agent.destroy();
  }

  #post(records: readonly PushRecord[], signal: AbortSignal): Promise<Answer> {
    const { protocol, host, port, path, credentials } = this.#server;
    const body = Buffer.from(`[${records.map(({ json }) => json).join(',\n')}]\n`);
    const headers: Record<string, string | number> = {
      'Content-Type': 'application/json',
      'Content-Length': body.length,
      'Idempotency-Key': idempotencyKey(records),
      'User-Agent': 'tandem-ingest',
    };
    const auth = credentials === '' ? undefined : credentials;
    const agent = this.#agent;
    const options = { method: 'POST', host, port, path, headers, auth, agent, signal };
    return new Promise((resolve, reject) => {
      const request = (protocol === 'https' ? httpsRequest : httpRequest)(options, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          if (text.length < MAX_ANSWER_CHARS) text += chunk;
        });
        response.on('error', reject);
        response.on('end', () => {
          const answer = text.slice(0, MAX_ANSWER_CHARS).trim();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: answer });
        });
      });
      request.on('error', reject);
      request.end(body);
    });
  }
}

function idempotencyKey(records: readonly PushRecord[]): string {
  const first = records[0]?.id ?? '';
  return records.length === 1 ? first : `${first}+${records.length - 1}`;
}

/** RFC 9110 10.2.3: seconds or a date; undefined when it is neither. */
function retryAfterMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}
