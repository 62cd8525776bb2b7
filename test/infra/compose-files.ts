// infra/compose.yaml as data, with what its services mount: for tests that hold the files under
// infra/ against each other on a machine without Docker.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { repositoryPath } from '../../engine/base/paths.ts';

export interface Service {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly network_mode?: string;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly restart: string;
  readonly stop_grace_period?: string;
  readonly logging?: object;
  readonly depends_on?: unknown;
}

export interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
}

export const COMPOSE_FILE = repositoryPath('infra', 'compose.yaml');

export function readCompose(): Compose {
  return parse(readFileSync(COMPOSE_FILE, 'utf8'), { merge: true }) as Compose;
}

/** Source, target and mode of a short volume entry. */
export function mountOf(volume: string): { source: string; target: string; readOnly: boolean } {
  const [source, target, mode] = volume.split(':');
  if (source === undefined || target === undefined) throw new Error(`volume ${volume}`);
  return { source, target, readOnly: mode === 'ro' };
}

export function isBind({ source }: { source: string }): boolean {
  return source.startsWith('.') || source.startsWith('/');
}

/** Where a path inside the container is on this machine; undefined when no bind mount has it. */
export function onHost(service: Service, path: string): string | undefined {
  for (const mount of (service.volumes ?? []).map(mountOf)) {
    if (!isBind(mount) || !`${path}/`.startsWith(`${mount.target}/`)) continue;
    const rest = path.slice(mount.target.length);
    const host = join(resolve(dirname(COMPOSE_FILE), mount.source), rest);
    if (existsSync(host)) return host;
  }
  return undefined;
}

/** The value behind an option in a service's command. */
export function optionOf({ command = [] }: Service, name: string): string | undefined {
  const inline = command.find((word) => word.startsWith(`${name}=`));
  return inline?.slice(name.length + 1) ?? command[command.indexOf(name) + 1];
}
