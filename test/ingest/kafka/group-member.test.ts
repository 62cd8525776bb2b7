// A member that may not join says why: wrong credentials, a topic that is not there. One that
// leaves does not wait for brokers that are away.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { KafkaTarget } from '../../../engine/config/kafka-settings.ts';
import { GroupMember } from '../../../ingest/kafka/group-member.ts';
import { temporaryDirectory } from '../../engine/cdr/records.ts';
import { targetFor, useKafka } from './kafka-fixture.ts';

const MEMBER = fileURLToPath(new URL('member-process.js', import.meta.url));
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
  await member.leave(new AbortController().signal);
});

test('a topic that may not be created is named with what to do', LIMIT, async (t) => {
  const target = targetFor(kafka, { create: false });
  await assert.rejects(join(t, target), {
    code: 'TDM_KAFKA_FAILED',
    message: new RegExp(`topic ${target.topic} does not exist .* Create it with 3 partitions`),
  });
});

test('the process of a member ends while the outcome of a commit is due', LIMIT, async (t) => {
  const words = [temporaryDirectory(t), JSON.stringify(targetFor(kafka))];
  const child = fork(MEMBER, words);
  t.after(() => child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  assert.deepEqual(await once(child, 'message'), ['joined', undefined]);
  const [broker] = kafka.cluster!.brokers;
  process.kill(broker!.pid, 'SIGSTOP');
  try {
    child.send('commit');
    const [outcome] = (await once(child, 'message')) as [string];
    assert.match(outcome, /is not committed: no answer/);
    const late = setTimeout(() => child.kill('SIGKILL'), 5000);
    assert.deepEqual(await ended, [0, null], 'it ends by itself');
    clearTimeout(late);
  } finally {
    process.kill(broker!.pid, 'SIGCONT');
  }
});
