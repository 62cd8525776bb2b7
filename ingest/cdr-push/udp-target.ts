// Records over UDP: one datagram, one JSON object. Nobody says whether it arrived: at most once.
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import type { ReportServer } from '../../engine/base/report-server.ts';
import type { PushOutcome, PushRecord, ReportTarget } from './report-target.ts';

export class UdpTarget implements ReportTarget {
  readonly #server: ReportServer;
  #socket: Socket | undefined;

  constructor(server: ReportServer) {
    this.#server = server;
  }

  async send(records: readonly PushRecord[], signal: AbortSignal): Promise<PushOutcome> {
    const { address, family } = await lookup(this.#server.host);
    this.#socket ??= this.#open(family === 6 ? 'udp6' : 'udp4');
    for (const { json } of records) {
      if (signal.aborted) throw new Error('stopped');
      await this.#sendOne(json, address);
    }
    return { status: 'taken' };
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  #open(type: 'udp4' | 'udp6'): Socket {
    const socket = createSocket(type);
    // ICMP errors of earlier datagrams: a loss like any other.
    socket.on('error', () => undefined);
    return socket;
  }

  #sendOne(json: string, address: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket?.send(json, this.#server.port, address, (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  }
}
