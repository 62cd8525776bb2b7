// One TCP or TLS connection on main: bytes in, messages out to the hub, messages of ours in, and
// the limits that a peer must not exceed: how long it may take for a message, stay silent, or leave
// unread what is sent to it. What could not be written comes back to the hub.
import type { Socket } from 'node:net';
import { FrameResult, StreamFramer } from '../../sip/message/stream-framer.ts';
import type { SocketEndpoint } from '../endpoint-table.ts';
import { markSocket } from '../type-of-service.ts';
import type { CloseReason } from './stream-counters.ts';

export interface StreamLimits {
  /** Connections in all, and from one address. */
  readonly connections: number;
  readonly connectionsPerSource: number;
  /**
   * From the first byte of a message to its last; from the beginning of a connection that a peer
   * opens to his first message, and before that for the TLS handshake.
   */
  readonly messageMs: number;
  /** Without a byte in either direction. */
  readonly idleMs: number;
  /** Until a connection of ours stands, TLS included. */
  readonly connectMs: number;
  /** That a peer leaves unread. */
  readonly unsentBytes: number;
}

/** A message on its way out. */
export interface Outgoing {
  readonly bytes: Buffer;
  readonly local: number;
  /** Where the shard wants it to go. */
  readonly to: SocketEndpoint;
  /** It was sent to the other place that it names already. */
  readonly elsewhere: boolean;
}

export interface ConnectionUser {
  /** False: no room now, to be offered again by `resume`. */
  received(connection: StreamConnection, buf: Buffer, start: number, end: number): boolean;
  held(connection: StreamConnection): void;
  established(connection: StreamConnection): void;
  pinged(): void;
  written(): void;
  unsent(message: Outgoing): void;
  closed(connection: StreamConnection, reason: CloseReason): void;
}

const PING = Buffer.from('\r\n\r\n');
const PONG = '\r\n';

export class StreamConnection {
  readonly local: number;
  readonly peer: SocketEndpoint;
  readonly transport: 'tcp' | 'tls';
  /** The peer opened it. */
  readonly accepted: boolean;
  /** Names under which the hub finds it. */
  readonly keys: string[] = [];
  established: boolean;
  /** Its peer has shown a certificate that was checked, or there is none to be shown (TCP). */
  trusted = false;
  readonly #socket: Socket;
  readonly #user: ConnectionUser;
  readonly #limits: StreamLimits;
  readonly #framer: StreamFramer;
  readonly #nowMs: () => number;
  #heardMs: number;
  /** Since when a message is due: it has begun, or the peer has just come; Infinity: none is. */
  #halfSinceMs: number;
  #messages = 0;
  #pings = 0;
  /** Messages that the system has not taken yet, in their order. */
  readonly #unwritten = new Set<Outgoing>();
  #unwrittenBytes = 0;
  #reason: CloseReason | null = null;
  /** Why it has ended when we did not end it. */
  #lost: CloseReason;

  constructor(
    socket: Socket,
    from: { local: number; peer: SocketEndpoint; transport: 'tcp' | 'tls'; accepted: boolean },
    user: ConnectionUser,
    limits: StreamLimits,
    nowMs: () => number,
  ) {
    this.local = from.local;
    this.peer = from.peer;
    this.transport = from.transport;
    this.accepted = from.accepted;
    this.established = from.accepted;
    this.#lost = from.accepted ? 'peer' : 'connect';
    this.#socket = socket;
    this.#user = user;
    this.#limits = limits;
    this.#nowMs = nowMs;
    this.#heardMs = nowMs();
    this.#halfSinceMs = from.accepted ? this.#heardMs : Infinity;
    this.#framer = new StreamFramer({
      message: (buf, start, end) => this.#message(buf, start, end),
      ping: () => {
        user.pinged();
        this.#pings++;
      },
    });
    socket.setNoDelay(true);
    // Peers that vanish without a word: the kernel finds out.
    socket.setKeepAlive(true, 60_000);
    socket.on('data', (chunk) => {
      this.#heardMs = nowMs();
      this.#framed(this.#framer.push(chunk));
    });
    socket.on('connect', () => {
      this.#lost = 'handshake';
    });
    socket.on(this.transport === 'tls' ? 'secureConnect' : 'connect', () => {
      this.established = true;
      this.trusted = true;
      this.#lost = 'peer';
      user.established(this);
      for (const message of this.#unwritten) this.#write(message);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      user.closed(this, this.#reason ?? this.#lost);
      for (const message of this.#unwritten) user.unsent(message);
      this.#unwritten.clear();
    });
  }

  setTypeOfService(tos: number): void {
    markSocket(this.#socket, this.peer.family, tos);
  }

  get closing(): boolean {
    return this.#reason !== null || this.#socket.destroyed;
  }

  /**
   * Writes a message, or keeps it until the connection stands: nothing goes to a peer whose
   * certificate was not checked. What was not written when the connection ends comes back.
   */
  write(message: Outgoing): void {
    if (this.closing) {
      this.#user.unsent(message);
      return;
    }
    this.#unwritten.add(message);
    this.#unwrittenBytes += message.bytes.length;
    if (this.established) this.#write(message);
    if (this.#unwrittenBytes > this.#limits.unsentBytes) this.close('slow_reader');
  }

  #write(message: Outgoing): void {
    this.#heardMs = this.#nowMs();
    this.#socket.write(message.bytes, (error) => {
      if (error || !this.#unwritten.delete(message)) return;
      this.#unwrittenBytes -= message.bytes.length;
      this.#user.written();
    });
  }

  /**
   * A keep-alive for the NATs in between; what waits to be written already is as good as one. It is
   * no sign of life of the peer. @returns whether it was written
   */
  ping(): boolean {
    if (this.closing || !this.established || this.#socket.writableLength > 0) return false;
    this.#socket.write(PING);
    return true;
  }

  /** Answers the pings of a chunk. */
  #pong(): void {
    const pongs = PONG.repeat(this.#pings);
    this.#pings = 0;
    // Who pings on and does not read would fill our memory by it.
    if (this.#socket.writableLength > this.#limits.unsentBytes) this.close('slow_reader');
    else if (this.#socket.writable) this.#socket.write(pongs);
  }

  /** Writes of a batch leave together: from `cork` to `uncork`. */
  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  /** Offers again what the hub had no room for. */
  resume(): void {
    if (this.closing) return;
    this.#socket.resume();
    this.#framed(this.#framer.resume());
  }

  /** Closes it when it has exceeded a limit; to be called about once a second. */
  check(nowMs: number): void {
    const { messageMs, idleMs, connectMs } = this.#limits;
    const silentMs = nowMs - this.#heardMs;
    if (!this.established && silentMs > connectMs) this.close('connect');
    else if (nowMs - this.#halfSinceMs > messageMs) this.close('slow_sender');
    else if (silentMs > idleMs) this.close('idle');
  }

  close(reason: CloseReason): void {
    this.#reason ??= reason;
    this.#socket.destroy();
  }

  /** Ends it after what is still to be written. */
  end(): void {
    this.#reason ??= 'stop';
    this.#socket.destroySoon();
  }

  #message(buf: Buffer, start: number, end: number): boolean {
    if (!this.#user.received(this, buf, start, end)) return false;
    this.#messages++;
    return true;
  }

  #framed(result: FrameResult): void {
    if (this.#pings > 0) this.#pong();
    if (result === FrameResult.Ok) {
      if (!this.#framer.half) this.#halfSinceMs = Infinity;
      else if (this.#messages > 0 || this.#halfSinceMs === Infinity) {
        this.#halfSinceMs = this.#nowMs();
      }
      this.#messages = 0;
    } else if (result === FrameResult.Held) {
      // Waiting is our doing, not the peer's.
      this.#halfSinceMs = Infinity;
      this.#socket.pause();
      this.#user.held(this);
    } else {
      this.close('framing');
    }
  }
}
