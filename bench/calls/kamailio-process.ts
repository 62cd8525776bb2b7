// Kamailio as the peer of `bench calls`: a stateful proxy with dialogs, configured by kamailio.cfg.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryPath } from '../../engine/base/paths.ts';
import { endChild } from './child-end.ts';
import { freeUdpPort } from '../../infra/free-port.ts';
import type { LoadTarget } from './load-target.ts';
import { descendants, udpPortIsBound } from './process-stat.ts';
import { until } from './until.ts';

/**
 * Debian's package runs qm, the debugging allocator, by default: four times as dear per call here.
 */
export type KamailioAllocator = 'fm' | 'tlsf' | 'qm';

export interface KamailioOptions {
  /** UDP worker processes. */
  readonly children: number;
  readonly allocator: KamailioAllocator;
}

const SHARED_MEMORY_MB = 2048;
const PRIVATE_MEMORY_MB = 32;

/** `kamailio -v`'s first line, or undefined when it is not installed. */
export function kamailioVersion(): string | undefined {
  const found = spawnSync('kamailio', ['-v'], { encoding: 'latin1' });
  return found.error === undefined ? found.stdout.split('\n')[0] : undefined;
}

function writeConfig(folder: string, options: KamailioOptions, ports: [number, number]): string {
  const text = readFileSync(repositoryPath('bench/calls/kamailio.cfg'), 'utf8')
    .replaceAll('@CHILDREN@', String(options.children))
    .replaceAll('@SIP_PORT@', String(ports[0]))
    .replaceAll('@VENDOR_PORT@', String(ports[1]));
  const file = join(folder, 'kamailio.cfg');
  writeFileSync(file, text);
  return file;
}

/**
 * Starts Kamailio in front of the vendor on 127.0.0.1:`vendorPort`; throws when it does not come
 * up.
 */
export async function startKamailio(
  options: KamailioOptions,
  vendorPort: number,
): Promise<LoadTarget> {
  const sipPort = await freeUdpPort();
  const folder = mkdtempSync(join(tmpdir(), 'tandem-kamailio-'));
  const config = writeConfig(folder, options, [sipPort, vendorPort]);
  const memory = ['-m', String(SHARED_MEMORY_MB), '-M', String(PRIVATE_MEMORY_MB)];
  const allocators = ['-x', options.allocator, '-X', options.allocator];
  const args = ['-f', config, '-DD', '-E', '-Y', folder, '-w', folder, ...memory, ...allocators];
  const child = spawn('kamailio', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('latin1').on('data', (text: string) => {
    if (log.length < 8000) log += text;
  });
  child.once('error', (error) => (log += String(error)));
  const stop = async (): Promise<void> => {
    await endChild(child, 5000);
    rmSync(folder, { recursive: true, force: true });
  };
  // The workers are forked after the socket is bound: all there when the wanted number of children
  // is.
  const up = await until(() => {
    if (child.exitCode !== null) return false;
    const forked = descendants(child.pid!).length >= options.children + 2;
    return forked && udpPortIsBound(sipPort) ? true : undefined;
  }, 10_000);
  if (up !== true) {
    await stop();
    throw new Error(`Kamailio did not start (apt-get install kamailio?):\n${log}`);
  }
  return {
    name: `kamailio (${options.children} children, ${options.allocator})`,
    sipPort,
    enginePids: () => [child.pid!, ...descendants(child.pid!)],
    recordPids: () => [],
    recordedCalls: () => Promise.resolve(undefined),
    stop,
  };
}
