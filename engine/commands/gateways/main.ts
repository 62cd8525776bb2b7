// `npm run gateways [-- --config FILE] [--json]`: the gateways of the running edge, from its API.
import { parseArgs } from 'node:util';
import { explain, TandemError } from '../../base/errors.ts';
import { loadConfig } from '../../config/load.ts';
import type { GatewayRow } from '../../http/gateway-row.ts';
import { gatewayTable } from './gateway-table.ts';

const TIMEOUT_MS = 5000;

async function main(): Promise<string> {
  const { values } = parseArgs({
    options: { config: { type: 'string' }, json: { type: 'boolean', default: false } },
  });
  const { host, port } = loadConfig(values.config).api;
  const authority = host.includes(':') ? `[${host}]` : host;
  const url = `http://${authority}:${port}/gateways`;
  const rows = await fetchRows(url);
  return values.json ? `${JSON.stringify(rows, null, 2)}\n` : gatewayTable(rows);
}

async function fetchRows(url: string): Promise<GatewayRow[]> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    return ((await answer.json()) as { gateways: GatewayRow[] }).gateways;
  } catch (error) {
    const { cause, message } = error as Error;
    const why = cause instanceof Error ? cause.message : message;
    throw new Error(`${url}: ${why}; is the edge running with this configuration?`, {
      cause: error,
    });
  }
}

try {
  process.stdout.write(await main());
} catch (error) {
  const text = error instanceof TandemError ? explain(error) : (error as Error).message;
  process.stderr.write(`${text}\n`);
  process.exitCode = 2;
}
