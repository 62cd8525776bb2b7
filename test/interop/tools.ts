// What the interop tests share: real agents from Debian packages as child processes, each in a
// folder of its own, started on free ports and ended by the test that started it.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endChild } from '../../bench/calls/child-end.ts';

/** Throws, naming the apt package, when a program is missing: never skipped. */
export function needed(program: string, aptPackage: string, argument: string): void {
  if (spawnSync(program, [argument], { timeout: 10_000 }).error === undefined) return;
  throw new Error(`${program} is missing: apt-get install ${aptPackage}`);
}

export interface AgentProcess {
  readonly folder: string;
  /** What it has printed. */
  output(): string;
  stop(): Promise<void>;
}

const MOST_OUTPUT = 1_000_000;

/** @param prepare writes the files of the agent's folder, and returns its arguments */
export function startAgent(program: string, prepare: (folder: string) => string[]): AgentProcess {
  const folder = mkdtempSync(join(tmpdir(), `tandem-${program}-`));
  const child = spawn(program, prepare(folder), { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('latin1').on('data', (text: string) => {
      if (output.length < MOST_OUTPUT) output += text;
    });
  }
  child.once('error', (error) => (output += String(error)));
  return {
    folder,
    output: () => output,
    async stop() {
      await endChild(child, 5000);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
