// `npm run registrations`: who is registered, from what the edge keeps in the control store each
// second; ends registrations by an order that the edge obeys. Exit code 2: wrong arguments.
import { writeFileSync } from 'node:fs';
import { systemClock } from '../../base/clock.ts';
import { explain, TandemError } from '../../base/errors.ts';
import { loadConfig } from '../../config/load.ts';
import { ControlStore, storePath } from '../../store/control-store.ts';
import { orderEnd, readRegistrations, readSuspects } from '../../store/registrations.ts';
import {
  parseRegistrationArguments,
  REGISTRATION_USAGE,
  type RegistrationCommand,
} from './registration-arguments.ts';
import { onlineView, renderOnline, type OnlineView } from './registration-view.ts';

const STDOUT = 1;

async function run(command: RegistrationCommand): Promise<string> {
  if (command.command === 'help') return `${REGISTRATION_USAGE}\n`;
  const store = await ControlStore.open(storePath(loadConfig(command.config).dataDir));
  try {
    if (command.command !== 'end') return render(await look(store, command), command.json);
    const { aor } = command;
    await store.transaction((db) => orderEnd(db, aor));
    return command.json ? `${JSON.stringify({ ended: aor })}\n` : `${aor}: ended\n`;
  } finally {
    await store.close();
  }
}

async function look(
  store: ControlStore,
  command: Exclude<RegistrationCommand, { command: 'help' | 'end' }>,
): Promise<OnlineView> {
  const only = command.command === 'show' ? command.aor : undefined;
  const rows = await readRegistrations(store.db, only);
  const view = onlineView(rows, await readSuspects(store.db), systemClock.wallMs());
  if (only === undefined) return view;
  return { ...view, suspects: view.suspects.filter(({ name }) => name === only) };
}

function render(view: OnlineView, json: boolean): string {
  return json ? `${JSON.stringify(view, null, 2)}\n` : renderOnline(view);
}

try {
  writeFileSync(STDOUT, await run(parseRegistrationArguments(process.argv.slice(2))));
} catch (error) {
  const known = error instanceof TandemError;
  process.stderr.write(`${known ? explain(error) : String((error as Error).stack)}\n`);
  process.exitCode = known ? 2 : 1;
}
