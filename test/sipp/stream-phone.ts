// A phone over TCP or TLS that a test plays: registers with its password, calls, is called. Behind
// NAT it names a private address; else it listens where its Contact says.
import type { Socket } from 'node:net';
import { authorization } from '../engine/registry/phone-peer.ts';
import { sdpText, type TextMessage } from '../sim/text-message.ts';
import { StreamPeer, type Heard } from './stream-peer.ts';

export interface PhoneOptions {
  readonly number: string;
  readonly password: string;
  /** Port of the switch, and for TLS what its certificate is checked against. */
  readonly port: number;
  readonly ca?: Buffer;
  readonly behindNat: boolean;
}

let phones = 0;

export class StreamPhone {
  readonly peer: StreamPeer;
  readonly contact: string;
  readonly #options: PhoneOptions;
  readonly #callId = `phone-${++phones}`;
  #cseq = 0;
  #calls = 0;
  socket!: Socket;

  private constructor(peer: StreamPeer, options: PhoneOptions) {
    const { number, ca, behindNat } = options;
    this.peer = peer;
    this.#options = options;
    const host = behindNat ? `192.168.1.${phones}:5060` : peer.at;
    this.contact = `sip:${number}@${host};transport=${ca === undefined ? 'tcp' : 'tls'}`;
  }

  static async open(options: PhoneOptions): Promise<StreamPhone> {
    const phone = new StreamPhone(await StreamPeer.open(), options);
    await phone.connect();
    return phone;
  }

  /** Over this connection it speaks from now on. */
  async connect(): Promise<void> {
    this.socket = await this.peer.connect(this.#options.port, this.#options.ca);
  }

  /** Registers, and answers the challenge. */
  async register(): Promise<TextMessage> {
    const { number } = this.#options;
    const contact = `Contact: <${this.contact}>\r\n`;
    const to = { uri: 'sip:127.0.0.1', to: `<sip:${number}@127.0.0.1>`, callId: this.#callId };
    this.#request('REGISTER', { ...to, extra: contact });
    const challenge = (await this.peer.take('401 REGISTER')).message;
    this.#request('REGISTER', { ...to, extra: contact + this.#proof(challenge, 'REGISTER') });
    return (await this.peer.take('200 REGISTER')).message;
  }

  /** Calls, proves who it is, and returns the Call-ID. */
  async call(number: string): Promise<string> {
    const uri = `sip:${number}@127.0.0.1`;
    const callId = `${this.#callId}-${++this.#calls}`;
    const parts = { uri, to: `<${uri}>`, callId, body: sdpText(1) };
    this.#request('INVITE', { ...parts, extra: `Contact: <${this.contact}>\r\n` });
    const { message } = await this.peer.take('401 INVITE');
    this.#request('ACK', { uri, to: message.header('to'), callId }, this.#cseq);
    const extra = `Contact: <${this.contact}>\r\n${this.#proof(message, 'INVITE')}`;
    this.#request('INVITE', { ...parts, extra });
    return callId;
  }

  /** Acknowledges the answer to its INVITE. */
  ack({ message }: Heard): void {
    const { contact: uri, callId } = message;
    this.#request('ACK', { uri, to: message.header('to'), callId }, message.cseq);
  }

  hangUp({ message }: Heard): void {
    const { contact: uri, callId } = message;
    this.#request('BYE', { uri, to: message.header('to'), callId });
  }

  close(): void {
    this.peer.close();
  }

  #request(
    method: string,
    parts: { uri: string; to: string; callId: string; extra?: string; body?: string },
    cseq = ++this.#cseq,
  ): void {
    const { number, behindNat } = this.#options;
    this.peer.request(this.socket, method, {
      from: `<sip:${number}@127.0.0.1>;tag=phone`,
      ...(behindNat ? { sentBy: '192.168.1.20:5060' } : {}),
      ...parts,
      cseq,
    });
  }

  #proof(challenge: TextMessage, method: string): string {
    const { number: user, password } = this.#options;
    return authorization(challenge, method, { user, password });
  }
}
