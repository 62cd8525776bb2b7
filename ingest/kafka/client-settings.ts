// The properties of librdkafka that Tandem's clients run with. The operator's come on top; those
// that exact delivery depends on come last (engine/config/kafka-settings.ts refuses them in the
// file).
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type { KafkaTarget } from '../../engine/config/kafka-settings.ts';
import type { Properties } from './rdkafka.ts';

const KIBIBYTE = 1024;

export function commonSettings(target: KafkaTarget): Properties {
  return {
    'client.id': 'tandem-ingest',
    'socket.keepalive.enable': true,
    'reconnect.backoff.max.ms': 5000,
    ...target.properties,
    'metadata.broker.list': target.brokers.join(','),
  };
}

/**
 * A message is sent until it is acknowledged by all in-sync replicas, however long that takes: what
 * librdkafka holds is bounded by the batch in flight, and the spool keeps the rest.
 */
export function producerSettings(target: KafkaTarget): Properties {
  return {
    'queue.buffering.max.messages': 100_000,
    'queue.buffering.max.kbytes': 256 * KIBIBYTE,
    'linger.ms': 20,
    'batch.num.messages': 10_000,
    ...commonSettings(target),
    'compression.type': target.compression,
    'enable.idempotence': true,
    acks: 'all',
    'message.timeout.ms': 0,
    // The same partition for a key as Java's producers choose.
    partitioner: 'murmur2_random',
    // What is delivered is known by the flush; reports of each message would cost as much again.
    dr_cb: true,
    'delivery.report.only.error': true,
  };
}

/** @param directory of the spool: one ingest process works on it, so it names the member */
export function consumerSettings(target: KafkaTarget, directory: string): Properties {
  const digest = createHash('sha256').update(directory).digest('hex').slice(0, 8);
  return {
    // A member that comes back under its name within this time gets its partitions at once.
    'session.timeout.ms': 10_000,
    'heartbeat.interval.ms': 2000,
    'group.instance.id': `${hostname()}-${digest}`,
    'queued.max.messages.kbytes': 16 * KIBIBYTE,
    'fetch.wait.max.ms': 100,
    ...commonSettings(target),
    ...handCommitted(target.group),
    'partition.assignment.strategy': 'range',
  };
}

/** No member of its group: it commits and reads the announced ends of batches. */
export function announcerSettings(target: KafkaTarget): Properties {
  return { ...commonSettings(target), ...handCommitted(`${target.group}.announced`) };
}

function handCommitted(group: string): Properties {
  return { 'group.id': group, 'enable.auto.commit': false, 'enable.auto.offset.store': false };
}
