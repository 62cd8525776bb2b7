// tandem.yaml → Config: the settings that need a restart. Read by main, ingest and the reports.
// Every problem of the file is reported at once, with its line and what is allowed there.
import { dirname, resolve } from 'node:path';
import { repositoryPath } from '../base/paths.ts';
import { isTimeZone } from '../base/time-zone.ts';
import { parseHttpUrl } from './addresses.ts';
import type { HttpAddress, ListenAddress, Parsed } from './addresses.ts';
import { clickHouseAsMap, clickHouseTarget } from './clickhouse-settings.ts';
import type { ClickHouseTarget } from './clickhouse-settings.ts';
import { CONFIG_SCHEMA } from './config-schema.ts';
import { kafkaAsMap, kafkaTarget } from './kafka-settings.ts';
import type { KafkaTarget } from './kafka-settings.ts';
import { dnsServers, listenSettings, type StreamSettings } from './listen-settings.ts';
import { checkSchema } from './schema-check.ts';
import { spoolSettings } from './spool-settings.ts';
import type { SpoolSettings } from './spool-settings.ts';
import { YamlFile } from './yaml-file.ts';
import type { KeyPath } from './problem-list.ts';

export interface Config {
  /** Absolute path of the file read. */
  readonly file: string;
  /** Name of this edge; stands in every CDR. */
  readonly node: string;
  /** Absolute path: stores and spool. */
  readonly dataDir: string;
  /** Worker threads that carry calls. */
  readonly shards: number;
  /** auto: native where it loads, else portable. */
  readonly io: 'auto' | 'native' | 'portable';
  /** How often a busy shard reads its native sockets; 0: at once. */
  readonly gatherMs: number;
  /** Whether datagrams of native sockets leave in trains (UDP_SEGMENT). */
  readonly udpSegmentation: boolean;
  /** What a challenge offers, in this order; some old clients read the first one only. */
  readonly digestAlgorithms: readonly string[];
  /** Most registrations at once; 512 bytes of memory for each one that is there. */
  readonly maxRegistrations: number;
  /** Those of UDP first. */
  readonly listen: readonly ListenAddress[];
  /** Limits of TCP and TLS connections. */
  readonly streams: StreamSettings;
  /** Name servers; empty: the system's. */
  readonly dns: readonly string[];
  readonly api: HttpAddress;
  /** Null: records go from the spool straight to ClickHouse. */
  readonly kafka: KafkaTarget | null;
  readonly clickhouse: ClickHouseTarget;
  /** IANA name: the days and hours of the nightly reports and of parameters are those of it. */
  readonly timezone: string;
  /** How much disk the spool may take. */
  readonly spool: SpoolSettings;
  /** The edge starts and supervises the ingest process. */
  readonly ingest: boolean;
  /** Time that running calls get after SIGTERM. */
  readonly drainSeconds: number;
  /** Absolute path of the provision file. */
  readonly provision: string;
}

/**
 * @param path of the file; without it the sample configuration. Relative paths in the file start
 *   at its folder.
 * @throws TandemError TDM_CONFIG_INVALID with every problem, its line and what is allowed
 */
export function loadConfig(path?: string): Config {
  const absolute = resolve(path ?? repositoryPath('infra', 'samples', 'tandem.yaml'));
  const file = new YamlFile(absolute, 'TDM_CONFIG_INVALID');
  const checked = checkSchema(CONFIG_SCHEMA, file, shortForms(file.data));
  const { accepted } = checked;
  const folder = dirname(absolute);
  const listen = listenSettings(accepted.listen ?? [], file, folder);
  const dns = dnsServers(accepted.dns ?? [], file);
  const api = parsed(parseHttpUrl, accepted.api, ['api'], file);
  const kafka = kafkaTarget(accepted.kafka, file);
  const clickhouse = clickHouseTarget(accepted.clickhouse, file);
  const timezone = parsed(parseTimeZone, accepted.timezone, ['timezone'], file);
  const spool = spoolSettings(accepted.spool, file);
  const settings = checked.complete();
  return {
    file: absolute,
    node: settings.node,
    dataDir: resolve(folder, settings.data),
    shards: settings.shards,
    io: settings.io,
    gatherMs: settings.gatherMs,
    udpSegmentation: settings.udpSegmentation,
    digestAlgorithms: settings.digestAlgorithms,
    maxRegistrations: settings.maxRegistrations,
    listen,
    streams: settings.streams,
    dns,
    api: api!,
    kafka,
    clickhouse: clickhouse!,
    timezone: timezone!,
    spool,
    ingest: settings.ingest,
    drainSeconds: settings.drainSeconds,
    provision: resolve(folder, settings.provision),
  };
}

/** Keys that may be written as a text or a list, as the maps that they stand for. */
function shortForms(data: unknown): unknown {
  return clickHouseAsMap(kafkaAsMap(listenAsMaps(data)));
}

function parseTimeZone(text: string): Parsed<string> {
  if (isTimeZone(text)) return { value: text };
  return { problem: `'${text}' is no time zone; must be an IANA name such as Asia/Dhaka or UTC` };
}

/** `listen: [udp://...]` is short for `listen: [{ url: udp://... }]`. */
function listenAsMaps(data: unknown): unknown {
  if (typeof data !== 'object' || data === null || !('listen' in data)) return data;
  if (!Array.isArray(data.listen)) return data;
  const entries: readonly unknown[] = data.listen;
  return {
    ...data,
    listen: entries.map((entry) => (typeof entry === 'string' ? { url: entry } : entry)),
  };
}

/** The parsed value; undefined after noting the problem or when the schema refused the text. */
function parsed<T>(
  parse: (text: string) => Parsed<T>,
  text: string | undefined,
  path: KeyPath,
  file: YamlFile,
): T | undefined {
  if (text === undefined) return undefined;
  const result = parse(text);
  if ('value' in result) return result.value;
  file.problem(path, result.problem);
  return undefined;
}
