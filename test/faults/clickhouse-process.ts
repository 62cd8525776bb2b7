// A ClickHouse that can be killed: a process of its own around the embedded server, which comes
// back with the same data on the same port.
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { freeTcpPort } from '../../infra/free-port.ts';
import { repositoryPath } from '../../engine/base/paths.ts';

export class ClickHouseProcess {
  readonly url: string;
  readonly #dataDir: string;
  readonly #port: number;
  #child: ChildProcess | undefined;

  private constructor(dataDir: string, port: number) {
    this.#dataDir = dataDir;
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** @param dataDir of its own; created when missing */
  static async start(dataDir: string): Promise<ClickHouseProcess> {
    const process = new ClickHouseProcess(dataDir, await freeTcpPort());
    await process.start();
    return process;
  }

  /** Resolves when it serves. */
  async start(): Promise<void> {
    const main = repositoryPath('dist/test/faults/clickhouse-main.js');
    const child = fork(main, [this.#dataDir, String(this.#port)]);
    this.#child = child;
    await once(child, 'message');
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** The rows of a SELECT. @throws Error with what ClickHouse answers */
  async query<T>(sql: string): Promise<T[]> {
    const settings = 'SETTINGS output_format_json_quote_64bit_integers = 0';
    const body = `${sql} ${settings} FORMAT JSONEachRow`;
    const response = await fetch(this.url, { method: 'POST', body });
    const text = await response.text();
    if (!response.ok) throw new Error(`ClickHouse answered ${response.status}: ${text}`);
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as T);
  }

  async command(sql: string): Promise<void> {
    const response = await fetch(this.url, { method: 'POST', body: sql });
    if (!response.ok) throw new Error(`ClickHouse answered: ${await response.text()}`);
  }
}
