// Sees to it that a topic is there: creates it when that is allowed, or says what to create.
import { TandemError } from '../../engine/base/errors.ts';
import type { KafkaTarget } from '../../engine/config/kafka-settings.ts';
import { commonSettings } from './client-settings.ts';
import type { KafkaError, KafkaLibrary, KafkaProducer, TopicMetadata } from './rdkafka.ts';
import { ERR_TOPIC_EXISTS } from './rdkafka.ts';

const TIMEOUT_MS = 5000;

/**
 * @param client connected
 * @returns whether it was created just now
 * @throws TandemError TDM_KAFKA_FAILED when it is missing and may not or cannot be created
 */
export async function ensureTopic(
  library: KafkaLibrary,
  client: Pick<KafkaProducer, 'getMetadata'>,
  target: KafkaTarget,
  topic: string,
): Promise<boolean> {
  if (await exists(client, topic)) return false;
  const { partitions, replication } = target;
  if (!target.create) {
    throw new TandemError(
      'TDM_KAFKA_FAILED',
      `topic ${topic} does not exist and \`create\` is false. Create it with ${partitions} ` +
        'partitions, or name another one in `topic`.',
    );
  }
  const admin = library.AdminClient.create(commonSettings(target));
  const wanted = { topic, num_partitions: partitions, replication_factor: replication };
  const error = await new Promise<KafkaError | null>((resolve) => {
    admin.createTopic(wanted, TIMEOUT_MS, (failure) => {
      resolve(failure ?? null);
    });
  });
  admin.disconnect();
  if (error === null) return true;
  if (error.code === ERR_TOPIC_EXISTS) return false;
  const message = `topic ${topic} does not exist and cannot be created: ${error.message}`;
  throw new TandemError('TDM_KAFKA_FAILED', message);
}

/** All topics are asked for: asked for one by name, librdkafka remembers it as missing. */
async function exists(client: Pick<KafkaProducer, 'getMetadata'>, topic: string): Promise<boolean> {
  const metadata = await new Promise<TopicMetadata>((resolve, reject) => {
    client.getMetadata({ timeout: TIMEOUT_MS }, (error, found) => {
      if (error) reject(new TandemError('TDM_KAFKA_FAILED', `no metadata: ${error.message}`));
      else resolve(found);
    });
  });
  return metadata.topics.some(({ name, partitions }) => name === topic && partitions.length > 0);
}
