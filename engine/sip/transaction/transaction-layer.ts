// The transaction layer of one shard (RFC 3261 17): finds the transaction of each message, makes
// new ones, and hands what is new to the core above it (engine/call).
import type { Endpoint } from '../../base/endpoint.ts';
import {
  C,
  REQUESTS_RECEIVED,
  REQUESTS_SENT,
  RESPONSES_RECEIVED,
  RESPONSES_SENT,
  countCode,
} from '../../base/counter-names.ts';
import { addHex, beginId, takeId } from '../../base/id-text.ts';
import { HandleTable } from '../../base/handle-table.ts';
import { STRICT_ORDER } from '../../base/send-order.ts';
import { Method } from '../message/methods.ts';
import { HeaderId } from '../message/header-names.ts';
import type { SipMessage } from '../message/message.ts';
import { branchHandle, branchPrefix, namesShard, MAGIC_COOKIE, shardHex } from './branch.ts';
import type { ClientTransaction } from './client-transaction.ts';
import { type ClientUser } from './client-transaction.ts';
import type { TransactionContext } from './context.ts';
import { InviteClient } from './invite-client.ts';
import { InviteServer } from './invite-server.ts';
import { NonInviteClient } from './non-invite-client.ts';
import { NonInviteServer } from './non-invite-server.ts';
import { NO_BODY, requestHead, type RequestIdentity } from './request-identity.ts';
import { replyEndpoint } from './reply-address.ts';
import { ResponseHead } from './response-head.ts';
import { ABSORB, NOT_RETIRED, RetiredRequests } from './retired-requests.ts';
import { ServerTable } from './server-table.ts';
import type { ServerEnds } from './server-transaction.ts';

/** The core above the transactions: what is not part of a running transaction goes there. */
export interface TransactionUser {
  /** A new INVITE, within or outside of a dialog. */
  onInvite(request: SipMessage, source: Endpoint, local: number): void;
  /** Any other new request except ACK; a CANCEL only when its INVITE is not here. */
  onRequest(request: SipMessage, source: Endpoint, local: number): void;
  /** An ACK that belongs to a 2xx, or to nothing. */
  onAck(ack: SipMessage): void;
  /** A response without a transaction; true when it answers a request that was sent without one. */
  onUntrackedResponse(response: SipMessage): boolean;
  /** A 2xx of an INVITE of ours whose transaction is gone. */
  onStrayAnswer(response: SipMessage, source: Endpoint, local: number): void;
}

/** Most server transactions of one shard; at the limit new requests get 503. */
const MAX_SERVER_TRANSACTIONS = 1 << 20;

export class TransactionLayer {
  readonly #context: TransactionContext;
  readonly #user: TransactionUser;
  readonly #shard: string;
  readonly #branchPrefix: string;
  readonly #ackPrefix: string;
  readonly #clients: HandleTable<ClientTransaction>;
  readonly #servers: ServerTable;
  readonly #retired: RetiredRequests;

  constructor(context: TransactionContext, user: TransactionUser) {
    this.#context = context;
    this.#user = user;
    this.#shard = shardHex(context.shard);
    this.#branchPrefix = branchPrefix(context.shard);
    this.#ackPrefix = `${MAGIC_COOKIE}ack${this.#shard}`;
    this.#clients = new HandleTable<ClientTransaction>(context.random);
    this.#servers = new ServerTable(context.random);
    this.#retired = new RetiredRequests(context.timers);
  }

  get clientCount(): number {
    return this.#clients.size;
  }

  /** Server transactions, those included that only know their request any more. */
  get serverCount(): number {
    return this.#servers.size + this.#retired.size;
  }

  /** One well-formed message from the network. */
  receive(message: SipMessage, source: Endpoint, local: number): void {
    if (!message.isRequest) this.#receiveResponse(message, source, local);
    else if (message.method === Method.Ack) this.#receiveAck(message);
    else this.#receiveRequest(message, source, local);
  }

  /** A datagram of ours came back undelivered (ICMP); `message` is that datagram. */
  receiveUnreachable(message: SipMessage): void {
    if (!message.isRequest) return;
    this.#findClient(message)?.unreachable();
  }

  /** True when the layer takes no further server transactions. */
  get full(): boolean {
    return this.serverCount >= MAX_SERVER_TRANSACTIONS;
  }

  /**
   * Makes the server transaction of a new INVITE and answers 100 at once (RFC 3261 17.2.1).
   * @param trying false when the final response follows without delay
   */
  serveInvite(request: SipMessage, source: Endpoint, local: number, trying = true): InviteServer {
    const head = new ResponseHead(request, source);
    const back = this.#backTo(request, source, local);
    const transaction = new InviteServer(this.#context, head, local, back, this.#ends);
    this.#servers.keyOf(request);
    this.#servers.add(transaction);
    if (trying) transaction.respond(100, '', '', NO_BODY);
    return transaction;
  }

  /** Makes the server transaction of any other new request. */
  serve(request: SipMessage, source: Endpoint, local: number): NonInviteServer {
    const head = new ResponseHead(request, source);
    const back = this.#backTo(request, source, local);
    const transaction = new NonInviteServer(this.#context, head, local, back, this.#ends);
    this.#servers.keyOf(request);
    this.#servers.add(transaction);
    return transaction;
  }

  /**
   * Answers without any state (RFC 3261 8.2.7): a retransmission gets the same answer made anew.
   */
  reply(
    request: SipMessage,
    source: Endpoint,
    local: number,
    status: number,
    reason: string,
    rest: string,
  ): void {
    if (request.method === Method.Ack) return;
    countCode(this.#context.counters, RESPONSES_SENT, status);
    this.#sendReply(request, source, local, status, reason, rest);
  }

  /**
   * Sends an INVITE.
   * @param rest the message from the line after CSeq to its end, body included
   * @returns undefined when the shard's table of client transactions is full
   */
  invite(
    identity: RequestIdentity,
    maxForwards: number,
    rest: string,
    local: number,
    peer: Endpoint,
    user: ClientUser,
  ): InviteClient | undefined {
    const { order } = identity;
    const transaction = new InviteClient(this.#context, user, local, peer, order, this.#release);
    const via = this.#via(transaction, local);
    if (via === undefined) return undefined;
    countCode(this.#context.counters, REQUESTS_SENT, Method.Invite);
    transaction.start(identity, via, maxForwards, rest);
    return transaction;
  }

  /** Sends any other request but ACK; parameters as for `invite`. */
  request(
    method: string,
    methodCode: Method,
    identity: RequestIdentity,
    maxForwards: number,
    rest: string,
    local: number,
    peer: Endpoint,
    user: ClientUser,
  ): NonInviteClient | undefined {
    const { order } = identity;
    const context = this.#context;
    const transaction = new NonInviteClient(context, user, local, peer, order, this.#release);
    const via = this.#via(transaction, local);
    if (via === undefined) return undefined;
    countCode(this.#context.counters, REQUESTS_SENT, methodCode);
    transaction.start(requestHead(method, identity, via, identity.to, maxForwards) + rest);
    return transaction;
  }

  /** The text of an ACK for a 2xx (RFC 3261 13.2.2.4): its own branch, no transaction. */
  ackText(identity: RequestIdentity, local: number, rest: string): string {
    const { random, vias, counters } = this.#context;
    countCode(counters, REQUESTS_SENT, Method.Ack);
    beginId(this.#ackPrefix);
    addHex(random.u32(), 8);
    addHex(random.u32(), 8);
    const via = vias[local]! + ';branch=' + takeId();
    return requestHead('ACK', identity, via, identity.to, 70) + rest;
  }

  readonly #ends: ServerEnds = {
    forget: (transaction) => {
      this.#servers.remove(transaction);
    },
    retire: (transaction, status) => {
      this.#servers.remove(transaction);
      const { keyHigh, keyLow } = transaction;
      this.#retired.add(keyHigh, keyLow, status, this.#context.schedule.giveUpMs);
    },
  };

  readonly #release = (transaction: ClientTransaction): void => {
    this.#clients.remove(transaction);
  };

  #via(transaction: ClientTransaction, local: number): string | undefined {
    const branch = this.#clients.add(transaction, this.#branchPrefix);
    if (branch === undefined) {
      this.#context.counters.add(C.transactionsRefused, 1);
      return undefined;
    }
    return this.#context.vias[local]! + ';branch=' + branch;
  }

  #findClient(message: SipMessage): ClientTransaction | undefined {
    const via = message.topVia;
    const handle = branchHandle(message.buf, via.branchStart, via.branchEnd);
    if (handle < 0) return undefined;
    if (namesShard(message.buf, handle - 2, this.#shard)) {
      return this.#clients.find(message.buf, handle);
    }
    this.#context.counters.add(C.wrongShard, 1);
    return undefined;
  }

  #receiveResponse(response: SipMessage, source: Endpoint, local: number): void {
    countCode(this.#context.counters, RESPONSES_RECEIVED, response.status);
    const transaction = this.#findClient(response);
    const isInvite = transaction instanceof InviteClient;
    if (transaction === undefined) this.#receiveStray(response, source, local);
    else if (isInvite && response.method === Method.Cancel) transaction.receiveForCancel(response);
    else if (isInvite === (response.method === Method.Invite)) transaction.receive(response);
    else this.#context.counters.add(C.responsesStray, 1);
  }

  #receiveStray(response: SipMessage, source: Endpoint, local: number): void {
    if (this.#user.onUntrackedResponse(response)) return;
    this.#context.counters.add(C.responsesStray, 1);
    const { branchStart, branchEnd } = response.topVia;
    if (branchHandle(response.buf, branchStart, branchEnd) < 0) return;
    if (response.method !== Method.Invite || response.status < 200 || response.status > 299) return;
    this.#user.onStrayAnswer(response, source, local);
  }

  #receiveAck(ack: SipMessage): void {
    countCode(this.#context.counters, REQUESTS_RECEIVED, Method.Ack);
    const key = this.#servers.keyOf(ack);
    const transaction = this.#servers.find(key);
    // After a 2xx an ACK may wrongly carry the INVITE's branch; it is the core's all the same.
    if (transaction instanceof InviteServer && !transaction.accepted) transaction.receiveAck();
    else if (this.#retired.statusOf(key) === NOT_RETIRED) this.#user.onAck(ack);
  }

  #receiveRequest(request: SipMessage, source: Endpoint, local: number): void {
    const key = this.#servers.keyOf(request);
    const existing = this.#servers.find(key);
    if (existing !== undefined) {
      existing.retransmitted();
      return;
    }
    const retired = this.#retired.statusOf(key);
    if (retired !== NOT_RETIRED) {
      this.#answerAgain(request, source, local, retired);
      return;
    }
    countCode(this.#context.counters, REQUESTS_RECEIVED, request.method);
    if (request.method === Method.Invite) this.#user.onInvite(request, source, local);
    else if (request.method === Method.Cancel) this.#receiveCancel(request, source, local);
    else this.#user.onRequest(request, source, local);
  }

  #answerAgain(request: SipMessage, source: Endpoint, local: number, status: number): void {
    this.#context.counters.add(C.requestRetransmissionsReceived, 1);
    if (status === ABSORB) return;
    this.#context.counters.add(C.responseRetransmissionsSent, 1);
    this.#sendReply(request, source, local, status, '', NO_BODY);
  }

  #sendReply(
    request: SipMessage,
    source: Endpoint,
    local: number,
    status: number,
    reason: string,
    rest: string,
  ): void {
    const head = new ResponseHead(request, source).text(status, reason, statelessTag(request));
    const to = this.#backTo(request, source, local);
    this.#context.transport.send(local, to, head + rest, STRICT_ORDER);
  }

  #backTo(request: SipMessage, source: Endpoint, local: number): Endpoint {
    const { replyAddressOf, reliable } = this.#context;
    // Over a connection an answer goes back on it (RFC 3261 18.2.2).
    if (replyAddressOf === null || reliable[local] === true) return source;
    return replyEndpoint(replyAddressOf(source), request, source);
  }

  /** RFC 3261 9.2: CANCEL has the branch of the INVITE that it cancels. */
  #receiveCancel(cancel: SipMessage, source: Endpoint, local: number): void {
    const key = this.#servers.keyOf(cancel, true);
    const invite = this.#servers.find(key);
    if (invite === undefined && this.#retired.statusOf(key) !== NOT_RETIRED) {
      // Too late: the INVITE has its final response (RFC 3261 9.2).
      this.reply(cancel, source, local, 200, '', NO_BODY);
      return;
    }
    if (!(invite instanceof InviteServer)) {
      this.#user.onRequest(cancel, source, local);
      return;
    }
    this.serve(cancel, source, local).respond(200, '', statelessTag(cancel), NO_BODY);
    if (!invite.proceeding) return;
    const reason = cancel.first(HeaderId.Reason);
    invite.user?.onCancel(invite, reason < 0 ? '' : cancel.text(reason));
  }
}

/** A To tag that is the same for each retransmission of the request (RFC 3261 8.2.6.2). */
function statelessTag(request: SipMessage): string {
  const via = request.topVia;
  let hash = 0x811c9dc5;
  const from = via.branchStart < 0 ? request.callIdStart : via.branchStart;
  const to = via.branchStart < 0 ? request.callIdEnd : via.branchEnd;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ request.buf[i]!, 0x01000193);
  return `s${(hash >>> 0).toString(16)}`;
}
