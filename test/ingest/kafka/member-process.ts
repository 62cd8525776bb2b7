// A process that is a member of a group, for group-member.test.ts: joins, and when told to commits
// an offset, leaves as at the end of the drain time, and ends.
import { once } from 'node:events';
import type { KafkaTarget } from '../../../engine/config/kafka-settings.ts';
import { GroupMember } from '../../../ingest/kafka/group-member.ts';
import { loadKafkaLibrary } from '../../../ingest/kafka/rdkafka.ts';

const [directory, target] = process.argv.slice(2) as [string, string];
const member = await GroupMember.join({
  library: await loadKafkaLibrary(),
  target: JSON.parse(target) as KafkaTarget,
  directory,
  limits: { batchMessages: 10, batchAgeMs: 100, backlogAgeMs: 500 },
  settled: () => Promise.resolve(),
});
while (member.feeds.size === 0) await member.poll();
process.send?.('joined');
await once(process, 'message');
const [feed] = member.feeds.values();
const outcome = await member.commit(feed!, 0).catch(String);
process.send?.(outcome);
await member.leave(AbortSignal.abort());
process.exit(0);
