// The transactions of a simulated user agent (RFC 3261 17, over text): it resends what is not
// answered, answers what comes again, acknowledges failures. What it says is up to its subclasses.
import type { Endpoint } from '../../engine/base/endpoint.ts';
import { hostPort } from '../../engine/base/endpoint.ts';
import type { Chance } from './chance.ts';
import { EDGE } from './edge.ts';
import { requestText, responseText, TextMessage } from './text-message.ts';
import type { Host, Packet, VirtualNetwork } from './virtual-network.ts';
import type { Later, VirtualTime } from './virtual-time.ts';

const T1_MS = 500;
const T2_MS = 4000;
const GIVE_UP_MS = 64 * T1_MS;

export interface World {
  readonly time: VirtualTime;
  readonly network: VirtualNetwork;
  readonly chance: Chance;
  /** Called with what no honest switch would make a peer see. */
  readonly complain: (problem: string) => void;
}

export interface ClientHandler {
  onResponse(response: TextMessage): void;
  onTimeout(): void;
}

/** Sends again with growing pauses until stopped; then calls `expired`. */
export class Resender {
  readonly #agent: Agent;
  readonly #capMs: number;
  readonly #send: () => void;
  readonly #expired: () => void;
  readonly #startedMs: number;
  #waitMs = T1_MS;
  #later: Later | null = null;

  constructor(agent: Agent, capMs: number, send: () => void, expired: () => void) {
    this.#agent = agent;
    this.#capMs = capMs;
    this.#send = send;
    this.#expired = expired;
    this.#startedMs = agent.world.time.monoMs();
    send();
    this.#arm();
  }

  stop(): void {
    this.#agent.world.time.cancel(this.#later);
    this.#later = null;
  }

  #arm(): void {
    const { time } = this.#agent.world;
    this.#later = time.after(this.#waitMs, () => {
      if (this.#agent.crashed) return;
      if (time.monoMs() - this.#startedMs >= GIVE_UP_MS) {
        this.#expired();
        return;
      }
      this.#send();
      this.#waitMs = Math.min(this.#waitMs * 2, this.#capMs);
      this.#arm();
    });
  }
}

/** A request sent, until its final response. */
export class ClientRequest {
  readonly request: TextMessage;
  readonly handler: ClientHandler;
  readonly #agent: Agent;
  readonly #resender: Resender;
  proceeding = false;
  final = 0;
  #ack = '';

  constructor(agent: Agent, text: string, handler: ClientHandler) {
    this.#agent = agent;
    this.request = new TextMessage(text);
    this.handler = handler;
    const isInvite = this.request.method === 'INVITE';
    this.#resender = new Resender(
      agent,
      isInvite ? Infinity : T2_MS,
      () => agent.transmit(text),
      () => {
        this.final = 408;
        handler.onTimeout();
      },
    );
  }

  receive(response: TextMessage): void {
    const isInvite = this.request.method === 'INVITE';
    if (response.status < 200) {
      this.proceeding = true;
      if (isInvite) this.#resender.stop();
      if (this.final === 0) this.handler.onResponse(response);
      return;
    }
    this.#resender.stop();
    if (isInvite && response.status >= 300) {
      this.#ack ||= this.#ackOf(response);
      this.#agent.transmit(this.#ack);
    }
    const again = this.final !== 0;
    this.final = response.status;
    // Each 2xx of an INVITE is the dialog's to acknowledge.
    if (!again || (isInvite && response.status < 300)) this.handler.onResponse(response);
  }

  #ackOf(response: TextMessage): string {
    const { request } = this;
    return requestText({
      method: 'ACK',
      uri: request.uri,
      sentBy: hostPort(this.#agent.endpoint),
      branch: request.branch,
      from: request.header('from'),
      to: response.header('to'),
      callId: request.callId,
      cseq: request.cseq,
    });
  }
}

/** A request received. */
export class ServerRequest {
  readonly request: TextMessage;
  readonly #agent: Agent;
  #last = '';
  #resender: Resender | null = null;
  final = 0;
  /** INVITE only: the final response was acknowledged. */
  acknowledged = false;

  constructor(agent: Agent, request: TextMessage) {
    this.#agent = agent;
    this.request = request;
  }

  /** @param unacknowledged called when no ACK comes for the final response of an INVITE */
  respond(
    status: number,
    tag: string,
    extra = '',
    body = '',
    unacknowledged: () => void = () => undefined,
  ): void {
    if (this.final !== 0 || this.#agent.crashed) return;
    this.#last = responseText(this.request, status, tag, extra, body);
    const send = (): void => this.#agent.transmit(this.#last);
    if (status >= 200) this.final = status;
    if (status >= 200 && this.request.method === 'INVITE') {
      this.#resender = new Resender(this.#agent, T2_MS, send, unacknowledged);
    } else {
      send();
    }
  }

  again(): void {
    if (this.#last !== '') this.#agent.transmit(this.#last);
  }

  acknowledge(): void {
    this.acknowledged = true;
    this.#resender?.stop();
  }
}

export abstract class Agent implements Host {
  readonly world: World;
  readonly endpoint: Endpoint;
  /** Stands in everything that this side must not show the other. */
  readonly mark: string;
  readonly #clients = new Map<string, ClientRequest>();
  readonly #servers = new Map<string, ServerRequest>();
  crashed = false;

  constructor(world: World, endpoint: Endpoint, mark: string) {
    this.world = world;
    this.endpoint = endpoint;
    this.mark = mark;
    world.network.attach(endpoint, this);
  }

  protected abstract onRequest(server: ServerRequest): void;
  protected abstract onAck(ack: TextMessage): void;

  transmit(text: string): void {
    if (!this.crashed) this.world.network.send(this.endpoint, EDGE, text);
  }

  newBranch(): string {
    return `z9hG4bK${this.mark}b${this.world.chance.token()}`;
  }

  request(text: string, handler: ClientHandler): ClientRequest {
    const client = new ClientRequest(this, text, handler);
    const { branch, method } = client.request;
    this.#clients.set(`${branch} ${method}`, client);
    return client;
  }

  /** Runs `action` after a while unless the agent has crashed by then. */
  later(delayMs: number, action: () => void): void {
    this.world.time.after(delayMs, () => {
      if (!this.crashed) action();
    });
  }

  unreachable(): void {
    // A real user agent learns of it too; ours waits for its timers.
  }

  receive(packet: Packet): void {
    if (this.crashed) return;
    const message = new TextMessage(packet.text);
    if (message.status !== 0) this.#receiveResponse(message);
    else if (message.method === 'ACK') this.#receiveAck(message);
    else this.#receiveRequest(message);
  }

  /** The server transaction of the INVITE that a CANCEL names. */
  protected inviteOf(cancel: TextMessage): ServerRequest | undefined {
    return this.#servers.get(`${cancel.branch} INVITE`);
  }

  #receiveResponse(response: TextMessage): void {
    const client = this.#clients.get(`${response.branch} ${response.cseqMethod}`);
    if (client === undefined) this.world.complain(`${this.mark}: stray ${response.summary}`);
    else client.receive(response);
  }

  #receiveAck(ack: TextMessage): void {
    const server = this.#servers.get(`${ack.branch} INVITE`);
    if (server === undefined) this.onAck(ack);
    else if (server.final >= 300) server.acknowledge();
    else this.world.complain(`${this.mark}: ACK of a 2xx has the branch of its INVITE`);
  }

  #receiveRequest(request: TextMessage): void {
    const key = `${request.branch} ${request.method}`;
    const existing = this.#servers.get(key);
    if (existing !== undefined) {
      existing.again();
      return;
    }
    const server = new ServerRequest(this, request);
    this.#servers.set(key, server);
    this.onRequest(server);
  }
}
