// The command line of `npm run registrations`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as command from '../../../../engine/commands/registrations/registration-arguments.ts';

const { parseRegistrationArguments } = command;

test('commands and what they are about', () => {
  const common = { config: undefined, json: false };
  assert.deepEqual(parseRegistrationArguments([]), { command: 'help' });
  assert.deepEqual(parseRegistrationArguments(['list']), { command: 'list', ...common });
  assert.deepEqual(parseRegistrationArguments(['end', '880', '--json', '--config', 'x.yaml']), {
    command: 'end',
    aor: '880',
    config: 'x.yaml',
    json: true,
  });
});

test('mistakes come with the usage', () => {
  for (const args of [['show'], ['list', '880'], ['end', '1', '2'], ['list', '--what'], ['drop']]) {
    assert.throws(() => parseRegistrationArguments(args), /TDM_REGISTRATION_ARGUMENTS[^]*usage/);
  }
});
