// Connects a client of node-rdkafka: a promise, and an error that says why.
import { TandemError } from '../../engine/base/errors.ts';
import type { KafkaTarget } from '../../engine/config/kafka-settings.ts';
import type { KafkaClient } from './rdkafka.ts';
import { explainTls } from './tls-problem.ts';

const CONNECT_TIMEOUT_MS = 5000;
const POLL_MS = 50;

type Connecting = Pick<KafkaClient, 'connect' | 'on'>;

/**
 * @param poll of the client: error events come by it, also those that tell why it cannot connect
 * @param onError told of every error event from now on: brokers away, wrong credentials
 * @throws TandemError TDM_KAFKA_FAILED
 */
export async function connectClient(
  client: Connecting,
  { brokers, properties }: Pick<KafkaTarget, 'brokers' | 'properties'>,
  poll: () => void,
  onError: (message: string) => void,
): Promise<void> {
  // What librdkafka logs about a connection says why; its error events only say that.
  let reason = '';
  client.on('event.log', ({ fac, message }) => {
    if (fac === 'FAIL') reason = message.replace(/^\[thrd:[^\]]*\]+: /, '');
  });
  client.on('event.error', (error) => {
    void explainTls(reason || error.message, properties).then(onError);
  });
  const polling = setInterval(() => {
    try {
      poll();
    } catch {
      // Not as far yet that it can be polled.
    }
  }, POLL_MS);
  const failure = await new Promise<string>((resolve) => {
    client.connect({ timeout: CONNECT_TIMEOUT_MS }, (error) => {
      resolve(error ? error.message : '');
    });
  });
  clearInterval(polling);
  if (failure === '') return;
  const why = await explainTls(reason || failure, properties);
  throw new TandemError('TDM_KAFKA_FAILED', `no connection to ${brokers.join(',')}: ${why}`);
}
