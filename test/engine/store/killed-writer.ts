// A process that changes a store as fast as it can and reports each change: it is killed at it.
import { ControlStore } from '../../../engine/store/control-store.ts';

const [path, round] = process.argv.slice(2);
const store = await ControlStore.open(path!);
for (let n = 0; ; n++) {
  await store.change({ user: 'writer' }, async (edit) => {
    await edit.set('phone', `${round}-${n}-a`, { account: 'acme' });
    await edit.set('phone', `${round}-${n}-b`, { account: 'acme' });
  });
  await new Promise((resolve) => process.send!(n, resolve));
}
