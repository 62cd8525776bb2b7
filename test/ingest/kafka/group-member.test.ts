// A member that may not join says why: wrong credentials, a topic that is not there.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { KafkaTarget } from '../../../engine/config/kafka-settings.ts';
import { GroupMember } from '../../../ingest/kafka/group-member.ts';
import { temporaryDirectory } from '../../engine/cdr/records.ts';
import { targetFor, useKafka } from './kafka-fixture.ts';

const CREDENTIALS = { user: 'tandem', password: 'right' };
const LIMIT = { timeout: 90_000 };
const kafka = useKafka({ brokers: 1, credentials: CREDENTIALS });

function join(t: TestContext, target: KafkaTarget): Promise<GroupMember> {
  const limits = { batchMessages: 10, batchAgeMs: 100, backlogAgeMs: 500 };
  const common = { library: kafka.library, target, directory: temporaryDirectory(t), limits };
  return GroupMember.join({ ...common, settled: () => Promise.resolve() });
}

test('wrong credentials are named as such, the right ones join', LIMIT, async (t) => {
  const withPassword = (password: string): KafkaTarget =>
    targetFor(
      { addresses: kafka.protectedAddresses },
      {
        properties: {
          'security.protocol': 'sasl_plaintext',
          'sasl.mechanisms': 'PLAIN',
          'sasl.username': CREDENTIALS.user,
          'sasl.password': password,
        },
      },
    );
  await assert.rejects(join(t, withPassword('wrong')), {
    code: 'TDM_KAFKA_FAILED',
    message: /no connection to .*[Aa]uthentication/,
  });
  const member = await join(t, withPassword(CREDENTIALS.password));
  await member.poll();
  await member.leave();
});

test('a topic that may not be created is named with what to do', LIMIT, async (t) => {
  const target = targetFor(kafka, { create: false });
  await assert.rejects(join(t, target), {
    code: 'TDM_KAFKA_FAILED',
    message: new RegExp(`topic ${target.topic} does not exist .* Create it with 3 partitions`),
  });
});
