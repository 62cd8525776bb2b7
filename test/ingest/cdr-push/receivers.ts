// Report servers for the tests of the push: they take down what came, and misbehave as planned.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

/** A POST as it came. */
export interface Received {
  readonly ids: string[];
  readonly key: string;
  readonly request: IncomingMessage;
}

/** What the receiver does: a status, status and headers, or a connection cut without an answer. */
export type Answer =
  | number
  | { readonly status: number; readonly headers: Record<string, string> }
  | 'cut instead of an answer';

export interface HttpReceiver {
  readonly url: string;
  readonly port: number;
  readonly received: Received[];
  /** Ids that were answered with 2xx, in the order in which they came. */
  readonly taken: string[];
}

/** @param answer what becomes of a POST; asked again for each */
export async function httpReceiver(
  t: TestContext,
  answer: (received: Received) => Answer,
): Promise<HttpReceiver> {
  const received: Received[] = [];
  const taken: string[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const records = JSON.parse(await text(request)) as { id: string }[];
    const ids = records.map(({ id }) => id);
    const post = { ids, key: String(request.headers['idempotency-key']), request };
    received.push(post);
    const planned = answer(post);
    if (typeof planned === 'string') return void request.socket.destroy();
    const { status, headers } =
      typeof planned === 'number' ? { status: planned, headers: {} } : planned;
    if (status < 300) taken.push(...ids);
    response.writeHead(status, headers).end(status < 300 ? '' : 'because\n');
  };
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      assert.fail(String(error));
    });
  });
  const port = await listen(t, server);
  t.after(() => {
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${port}/cdr`, port, received, taken };
}

/**
 * @param onConnection gets each connection before a byte is read; the lines of those that end
 * properly are kept
 */
export async function tcpReceiver(
  t: TestContext,
  onConnection: (socket: Socket, number: number) => void = () => undefined,
): Promise<{ port: number; lines: string[] }> {
  const lines: string[] = [];
  let number = 0;
  const server = createTcpServer((socket) => {
    let body = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (body += chunk));
    socket.on('error', () => undefined);
    socket.on('end', () => lines.push(...body.split('\n').slice(0, -1)));
    onConnection(socket, number++);
  });
  return { port: await listen(t, server), lines };
}

async function listen(t: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
