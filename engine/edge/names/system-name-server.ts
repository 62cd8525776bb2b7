// NameServer over node:dns. That a name or a kind of record does not exist is an answer; only what
// leaves the question open is an error.
import { NODATA, NOTFOUND } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import type { NameServer } from './locate-gateway.ts';

const TIMEOUT_MS = 2000;
const TRIES = 2;

/** @param servers to ask; empty: those of the system */
export function systemNameServer(servers: readonly string[]): NameServer {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  if (servers.length > 0) resolver.setServers(servers);
  return {
    naptr: (name) => answered(resolver.resolveNaptr(name)),
    srv: (name) => answered(resolver.resolveSrv(name)),
    a: (name) => answered(resolver.resolve4(name)),
    aaaa: (name) => answered(resolver.resolve6(name)),
  };
}

async function answered<T>(query: Promise<T[]>): Promise<T[]> {
  try {
    return await query;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === NODATA || code === NOTFOUND) return [];
    throw error;
  }
}
