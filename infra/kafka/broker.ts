// One broker process of the local cluster: a JVM with a folder of its own, which stops, dies and
// starts again at the same addresses.
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TandemError } from '../../engine/base/errors.ts';
import { repositoryPath } from '../../engine/base/paths.ts';

const START_TIMEOUT_MS = 60_000;
const LOOK_EVERY_MS = 100;
/** What a broker writes to its log when it serves. */
const STARTED = 'Kafka Server started';
/** Small and quick to start: brokers of tests live for seconds. */
export const JVM_FLAGS = ['-Xms64m', '-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

export class Broker {
  /** `host:port` of the listener without credentials. */
  readonly address: string;
  readonly #classPath: string;
  readonly #folder: string;
  #process: ChildProcess | undefined;

  /** @param folder with `server.properties`; the log goes there too */
  constructor(classPath: string, folder: string, address: string) {
    this.#classPath = classPath;
    this.#folder = folder;
    this.address = address;
  }

  /** Process id; 0 when it is not running. */
  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  get #logFile(): string {
    return join(this.#folder, 'broker.log');
  }

  /** Resolves when it serves. @throws TandemError TDM_KAFKA_BROKER with the end of its log. */
  async start(): Promise<void> {
    const log = openSync(this.#logFile, 'w');
    const log4j = repositoryPath('infra', 'kafka', 'log4j2.properties');
    const child = spawn(
      'java',
      [
        ...JVM_FLAGS,
        `-Dlog4j2.configurationFile=${log4j}`,
        ...['-cp', this.#classPath, 'kafka.Kafka', join(this.#folder, 'server.properties')],
      ],
      { stdio: ['ignore', log, log] },
    );
    closeSync(log);
    this.#process = child;
    const deadline = performance.now() + START_TIMEOUT_MS;
    while (!readFileSync(this.#logFile, 'utf8').includes(STARTED)) {
      if (child.exitCode !== null || performance.now() > deadline) {
        const lines = readFileSync(this.#logFile, 'utf8').trim().split('\n').slice(-20);
        throw new TandemError('TDM_KAFKA_BROKER', `it does not start:\n${lines.join('\n')}`);
      }
      await delay(LOOK_EVERY_MS);
    }
  }

  /** Resolves when the process is gone. @param signal SIGTERM is a clean stop */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}
