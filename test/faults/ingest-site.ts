// An installation that has a spool and `npm run ingest` alone: what /readyz says of it, its alarm,
// and which calls its embedded ClickHouse holds.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { endChild } from '../../bench/calls/child-end.ts';
import { select, sumMetric } from '../../bench/calls/switch-process.ts';
import { until } from '../../bench/calls/until.ts';
import { repositoryPath } from '../../engine/base/paths.ts';
import { freeTcpPort } from '../../infra/free-port.ts';
import { NODE, temporaryDirectory } from '../engine/cdr/records.ts';

const PATIENCE_MS = 30_000;

export class IngestSite {
  readonly folder: string;
  readonly spool: string;
  readonly #log: string[] = [];
  #api = '';
  #clickhouse = '';
  #stop: () => Promise<number> = () => Promise.resolve(0);

  /** @param folder of its own when not given */
  constructor(t: TestContext, folder?: string) {
    // Before the folder's own hook: those of a test run in the order in which they were made.
    t.after(async () => {
      await this.#stop();
      t.diagnostic(this.#log.slice(-20).join('\n'));
    });
    this.folder = folder ?? temporaryDirectory(t);
    this.spool = join(this.folder, 'data', 'spool');
    mkdirSync(this.spool, { recursive: true });
  }

  /** @param more keys of tandem.yaml. Resolves when it has a status. */
  async start(more: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const [api, clickhouse] = [await freeTcpPort(), await freeTcpPort()];
    this.#api = `http://127.0.0.1:${api}`;
    this.#clickhouse = `http://127.0.0.1:${clickhouse}`;
    const config = {
      node: NODE,
      data: './data',
      drainSeconds: 1,
      api: this.#api,
      clickhouse: `embedded://127.0.0.1:${clickhouse}`,
      ...more,
    };
    const file = join(this.folder, 'tandem.yaml');
    writeFileSync(file, JSON.stringify(config));
    this.#run(file);
    const up = async (): Promise<true | undefined> =>
      (await fetch(`${this.#api}/healthz`)).ok ? true : undefined;
    assert.ok(await until(up, PATIENCE_MS), 'ingest has no status');
  }

  #run(file: string): void {
    const main = repositoryPath('dist/ingest/main.js');
    const words = ['--enable-source-maps', main, '--config', file];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    createInterface({ input: child.stderr }).on('line', (line) => this.#log.push(line));
    this.#stop = () => endChild(child, PATIENCE_MS);
  }

  /** SIGTERM: what cannot be delivered within a second stays in the spool. Its exit code. */
  stop(): Promise<number> {
    return this.#stop();
  }

  /** Waits until /readyz says why records do not get on, and the alarm is raised. */
  async problem(pattern: RegExp): Promise<void> {
    let said = '';
    const told = await until(async () => {
      said = await (await fetch(`${this.#api}/readyz`)).text();
      return pattern.test(said) ? true : undefined;
    }, PATIENCE_MS);
    assert.ok(told, `${String(pattern)} is not what /readyz says: ${said}`);
    assert.equal(await this.#heldUp(), 1);
  }

  /** Calls in ClickHouse: rows, and how many different ones. */
  async calls(): Promise<{ rows: number; ids: number }> {
    const sql = 'SELECT count() AS rows, uniqExact(id) AS ids FROM tandem.cdr';
    const [row] = await select<{ rows: number; ids: number }>(this.#clickhouse, sql);
    return row!;
  }

  /** Waits until `count` calls are in ClickHouse, each once, and nothing is wrong any more. */
  async holds(count: number): Promise<void> {
    await until(async () => ((await this.calls()).ids >= count ? true : undefined), PATIENCE_MS);
    assert.deepEqual(await this.calls(), { rows: count, ids: count });
    const calm = async (): Promise<true | undefined> =>
      (await this.#heldUp()) === 0 ? true : undefined;
    assert.ok(await until(calm, PATIENCE_MS), 'the alarm stays');
  }

  async #heldUp(): Promise<number | undefined> {
    const metrics = await (await fetch(`${this.#api}/metrics`)).text();
    return sumMetric(metrics, 'tandem_ingest_held_up');
  }
}
