// What transactions need of the network: one datagram to one place, from one of our listen
// addresses. engine/net implements it over sockets, the simulator over a seeded virtual network.
import type { Endpoint } from '../../base/endpoint.ts';

export interface Transport {
  /**
   * Queues one message, given as latin1 text (one character an octet, body included).
   * @param local index of the listen address it leaves from
   * @param order messages of one number leave in the order in which they came (send-order.ts)
   * @returns false when it was dropped (queue full, too large): as good as lost on the way
   */
  send(local: number, to: Endpoint, message: string, order: number): boolean;
}
