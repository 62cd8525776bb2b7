// What the report command takes from tandem.yaml and the provision: where ClickHouse is, server
// time, limits of searches, which nightly reports are on.
import type { ServerParameterValues } from '../../engine/base/parameter-values.ts';
import { loadConfig } from '../../engine/config/load.ts';
import { parametersInForce } from '../../engine/config/parameters-in-force.ts';
import { unprovisionedParameters } from '../../engine/config/provision.ts';
import type { QueryLimits } from './query-limits.ts';

export interface ReportSettings {
  readonly target: { readonly url: string; readonly username: string; readonly password: string };
  /** IANA name of server time. */
  readonly timezone: string;
  readonly parameters: ServerParameterValues;
  readonly limits: QueryLimits;
}

/**
 * @param given `config`: path of tandem.yaml, else the default one; `clickhouse`:
 *   `http://user:password@host:8123` instead of the one in there. With `clickhouse` alone no file
 *   is read: server time is UTC and parameters have their defaults.
 * @throws TandemError TDM_CONFIG_INVALID, TDM_PROVISION_INVALID
 */
export async function openReportSettings(given: {
  readonly config?: string;
  readonly clickhouse?: string;
}): Promise<ReportSettings> {
  const { config: path, clickhouse } = given;
  const isFree = clickhouse !== undefined && path === undefined;
  const config = isFree ? undefined : loadConfig(path);
  const timezone = config?.timezone ?? 'UTC';
  const parameters =
    config === undefined ? unprovisionedParameters() : await parametersInForce(config);
  return {
    target: clickhouse === undefined ? configured(config!) : written(clickhouse),
    timezone,
    parameters,
    limits: { parameters, timezone },
  };
}

function configured({ clickhouse }: ReturnType<typeof loadConfig>): ReportSettings['target'] {
  const { url, user, password } = clickhouse;
  return { url, username: user, password };
}

function written(clickhouse: string): ReportSettings['target'] {
  const url = new URL(clickhouse);
  return {
    url: url.origin,
    username: decodeURIComponent(url.username) || 'default',
    password: decodeURIComponent(url.password),
  };
}
