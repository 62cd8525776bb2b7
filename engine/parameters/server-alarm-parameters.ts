// The parameters of the alarm system (server, alarm).
// Names and defaults are those a VOS3000 operator knows.
import { onOff, seconds, whole } from './parameter-types.ts';
import type { Parameter } from './parameter-types.ts';

export const SERVER_ALARM_PARAMETERS = {
  SERVER_ALARM_CUSTOMER_BALANCE_MAX_SIZE: whole(
    1000,
    0,
    1000000,
    'accounts',
    'How many customer accounts can be put under watch by the balance alarm.',
  ),
  SERVER_ALARM_DATABASE_IGNORE_ERROR_CODE: {
    type: 'text-list',
    default: [],
    pattern: /^[0-9A-Z]{1,10}$/,
    maxEntries: 10_000,
    form: 'error codes of digits and capital letters, at most 10 each',
    unit: 'error codes',
    meaning: 'Database error codes that are logged but never raise a database alarm.',
  },
  SERVER_ALARM_DISABLE: onOff(
    false,
    'Master switch of the alarm system: Off lets alarms be raised, On suppresses all ' + 'of them.',
  ),
  SERVER_ALARM_E164S: {
    type: 'text-list',
    default: [],
    pattern: /^\+?[0-9*#]{1,32}$/,
    maxEntries: 10_000,
    form: 'numbers in quotes (digits, * and #, at most 32, "+" may stand in front)',
    unit: 'numbers',
    meaning: 'Phone numbers called by voice alarms when the alarm rule itself names none.',
  },
  SERVER_ALARM_EMAIL: {
    type: 'text-list',
    default: [],
    pattern: /^[^\s@,;]{1,64}@[^\s@,;]{1,253}$/,
    maxEntries: 10_000,
    form: 'mail addresses',
    unit: 'addresses',
    meaning: 'Mail addresses that receive alarm mails when the alarm rule itself names none.',
  },
  SERVER_ALARM_EMAIL_DELAY: seconds(
    300,
    0,
    86400,
    'Shortest time between two alarm mails; alarms raised in between are collected ' +
      'into the next mail.',
  ),
  SERVER_ALARM_ENABLE_EMAIL: onOff(false, 'Whether alarms are sent by e-mail.'),
  SERVER_ALARM_ENABLE_VOICE: onOff(
    false,
    'Whether alarms are announced by a phone call to the alarm numbers.',
  ),
} satisfies Readonly<Record<string, Parameter>>;
