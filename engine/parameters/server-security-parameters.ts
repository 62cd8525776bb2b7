// The parameters of logins, passwords and vendor balances (server, security).
// Names and defaults are those a VOS3000 operator knows.
import { decimal, onOff, seconds, whole } from './parameter-types.ts';
import type { Parameter } from './parameter-types.ts';

export const SERVER_SECURITY_PARAMETERS = {
  SERVER_LOGIN_FAILED_DISABLE_TIME: seconds(
    120,
    30,
    7200,
    'How long a management login stays locked after too many failed attempts.',
  ),
  SERVER_PASSWORD_LENGTH: whole(8, 6, 64, 'characters', 'Fewest characters a password must have.'),
  SERVER_PASSWORD_TERMINAL_ADDITIONAL_CHARACTERS: {
    type: 'text',
    default: '',
    accepts: (text) => /^[!#$%&()*+\-.\/:;<=>?@\[\]^_{|}~]{1,32}$/.test(text),
    form: 'at most 32 punctuation marks, none of quotes, backslash, comma, blank',
    unit: null,
    meaning:
      'Characters added to letters and digits when random passwords for phones and ' +
      'gateways are generated.',
  },
  SERVER_VERIFY_CLEARING_CUSTOMER: onOff(
    false,
    'Whether the balance of the clearing account behind a routing gateway is checked ' +
      'against its floor before a call is sent there.',
  ),
  SERVER_VERIFY_CLEARING_CUSTOMER_REMAIN_MONEY_LIMIT: decimal(
    '0.0',
    '0',
    '10000000',
    'currency',
    'Floor of a clearing account balance; with the check on, a gateway whose account ' +
      'is below it gets no calls.',
  ),
} satisfies Readonly<Record<string, Parameter>>;
