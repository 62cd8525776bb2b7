// The HTTP side of the edge process, on main: /healthz (alive), /readyz (fit for traffic, and what
// is not), /metrics (Prometheus), /gateways. It holds no state: main gives it what it shows.
import Fastify, { type FastifyReply } from 'fastify';
import type { Registry } from 'prom-client';
import { TandemError } from '../base/errors.ts';
import type { GatewayRow } from './gateway-row.ts';

export interface ReadinessCheck {
  /** `shard 0`, `recorder`, `ingest`, `clickhouse` */
  readonly name: string;
  /** undefined: ready; else the reason, for people. Must not block. */
  problem(): string | undefined;
}

export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Name of this edge, as in its records. */
  readonly node: string;
  readonly metrics: Registry;
  /** Asked at each request: shards and checks may come and go. */
  readonly checks: () => readonly ReadinessCheck[];
  /** The edge's; the ingest process has none. */
  readonly gateways?: () => readonly GatewayRow[];
}

export interface HttpServer {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  close(): Promise<void>;
}

/** @throws TandemError TDM_LISTEN_FAILED */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const app = Fastify({ logger: false, forceCloseConnections: true });
  app.get('/healthz', () => ({ status: 'ok', node: options.node }));
  app.get('/readyz', (_request, reply) => sendReadiness(reply, options));
  const { gateways } = options;
  if (gateways !== undefined) {
    app.get('/gateways', (_request, reply) =>
      reply.header('cache-control', 'no-store').send({ gateways: gateways() }),
    );
  }
  app.get('/metrics', async (_request, reply) => {
    const text = await options.metrics.metrics();
    return reply.type(options.metrics.contentType).header('cache-control', 'no-store').send(text);
  });
  try {
    const url = await app.listen({ host: options.host, port: options.port });
    return { url, close: () => app.close() };
  } catch (error) {
    await app.close();
    const reason = error instanceof Error ? error.message : String(error);
    throw new TandemError('TDM_LISTEN_FAILED', `api http://${options.host}: ${reason}`, {
      cause: error,
    });
  }
}

function sendReadiness(reply: FastifyReply, options: HttpServerOptions): FastifyReply {
  const checks = options.checks().map((check) => {
    const problem = check.problem();
    return problem === undefined
      ? { name: check.name, ok: true }
      : { name: check.name, ok: false, reason: problem };
  });
  // Nothing to check means that start-up has not come that far.
  const ready = checks.length > 0 && checks.every((check) => check.ok);
  return reply
    .code(ready ? 200 : 503)
    .header('cache-control', 'no-store')
    .send({ status: ready ? 'ready' : 'not ready', node: options.node, checks });
}
