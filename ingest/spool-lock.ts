// One ingest process per spool: two of them would deliver with different batch ranges, and no token
// would tell that the records are the same. The lock is an abstract Unix socket named after the
// directory: the kernel frees it with the process, however that ends. Linux only, and one network
// namespace: elsewhere the operator sees to it.
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server } from 'node:net';

/** @returns a lock to close at the end; undefined when another process holds it. */
export async function lockSpool(directory: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  if (process.platform !== 'linux') return server;
  const digest = createHash('sha256').update(realpathSync(directory)).digest('hex');
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(`\0tandem-spool-${digest}`, () => {
      server.unref();
      resolve(server);
    });
  });
}
