// GET /healthz, /readyz and /metrics of an ingest process that runs alone, at the `api` address of
// its configuration. One that an edge supervises reports to that edge instead.
import { Registry } from 'prom-client';
import type { Config } from '../engine/config/load.ts';
import { deliveryProblem, ingestFigures } from '../engine/http/ingest-figures.ts';
import { registerIngestMetrics } from '../engine/http/ingest-metrics.ts';
import { startHttpServer } from '../engine/http/server.ts';
import type { HttpServer } from '../engine/http/server.ts';
import type { IngestLog } from './ingest-log.ts';
import type { IngestState } from './ingest-state.ts';
import { ingestReport } from './ingest-state.ts';

/**
 * Undefined when an edge supervises this process, or when the address is not to be had: beside an
 * edge with the same configuration it is the edge's. Records go on either way.
 */
export async function startStatusServer(
  { api, node }: Pick<Config, 'api' | 'node'>,
  state: IngestState,
  log: IngestLog,
): Promise<HttpServer | undefined> {
  if (process.connected) return undefined;
  const metrics = new Registry();
  registerIngestMetrics(metrics, () => ingestFigures(ingestReport(state), true, 0));
  const checks = [{ name: 'delivery', problem: () => deliveryProblem(ingestReport(state)) }];
  try {
    const { host, port } = api;
    const server = await startHttpServer({ host, port, node, metrics, checks: () => checks });
    log.info({ url: server.url }, 'status and metrics are here');
    return server;
  } catch (error) {
    log.warn({ error: String(error) }, 'ingest has no status and no metrics');
    return undefined;
  }
}
