// `npm run parameters`: shows and changes the parameters in the control store, whether the switch
// runs or not; a running one follows by itself. Exit code 2: wrong arguments or a refused change.
import { existsSync, writeFileSync } from 'node:fs';
import { explain, TandemError } from '../../base/errors.ts';
import type { ParameterValues } from '../../base/parameter-values.ts';
import {
  changeParameters,
  knownParameter,
  storedParameters,
} from '../../config/change-parameters.ts';
import { loadConfig } from '../../config/load.ts';
import type { Config } from '../../config/load.ts';
import { parametersInForce } from '../../config/parameters-in-force.ts';
import { readChanges } from '../../store/changes.ts';
import { ControlStore, storePath } from '../../store/control-store.ts';
import { parseParameterArguments, PARAMETER_USAGE } from './parameter-arguments.ts';
import type { ParameterCommand } from './parameter-arguments.ts';
import { listParameters, viewParameter } from './parameter-view.ts';
import { renderChanges, renderHistory, renderList, renderOne } from './render-parameters.ts';

const STDOUT = 1;

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** What is in force; where no edge has run yet, what the provision file says. */
async function values(config: Config): Promise<Partial<ParameterValues>> {
  const path = storePath(config.dataDir);
  if (!existsSync(path)) return parametersInForce(config);
  const store = await ControlStore.open(path);
  try {
    const version = { SERVER_DATABASE_VERSION: String(store.version) };
    return { ...(await storedParameters(store.db)), ...version };
  } finally {
    await store.close();
  }
}

async function run(command: ParameterCommand): Promise<string> {
  if (command.command === 'help') return `${PARAMETER_USAGE}\n`;
  const config = loadConfig(command.config);
  switch (command.command) {
    case 'list': {
      const views = listParameters(await values(config), command);
      return command.json ? json(views) : renderList(views);
    }
    case 'get': {
      const view = viewParameter(knownParameter(command.name), await values(config));
      return command.json ? json(view) : renderOne(view);
    }
    default:
      return withStore(config, command);
  }
}

async function withStore(
  config: Config,
  command: Extract<ParameterCommand, { command: 'change' | 'history' }>,
): Promise<string> {
  const store = await ControlStore.open(storePath(config.dataDir));
  try {
    if (command.command === 'change') {
      const { user, note, wishes } = command;
      const changes = await changeParameters(store, { user, note }, wishes);
      return command.json ? json(changes) : renderChanges(changes);
    }
    const { name } = command;
    const of = {
      section: 'parameter',
      name: name === undefined ? undefined : knownParameter(name),
    };
    const changes = await readChanges(store.db, of, command.limit);
    return command.json ? json(changes) : renderHistory(changes);
  } finally {
    await store.close();
  }
}

try {
  writeFileSync(STDOUT, await run(parseParameterArguments(process.argv.slice(2))));
} catch (error) {
  // `| head` has seen enough.
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(0);
  process.stderr.write(`${error instanceof TandemError ? explain(error) : String(error)}\n`);
  process.exitCode = error instanceof TandemError ? 2 : 1;
}
