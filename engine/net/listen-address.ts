// Where main binds: what the sockets need of an entry of `listen` (engine/config/addresses.ts).
import type { ListenTls } from './streams/certificates.ts';

export interface ListenAddress {
  readonly family: 4 | 6;
  /** An address of this machine, or 0.0.0.0 or :: for all. */
  readonly ip: string;
  /** 0 lets the system choose; read the one it chose from `MainIo.ports`. */
  readonly port: number;
}

export interface StreamAddress extends ListenAddress {
  /** Null: TCP. */
  readonly tls: ListenTls | null;
}
