// The parameters of the dynamic blacklist (softswitch, blacklist).
// Names and defaults are those a VOS3000 operator knows.
import { seconds, whole } from './parameter-types.ts';
import type { Parameter } from './parameter-types.ts';

export const BLACKLIST_PARAMETERS = {
  SS_BLACK_LIST_CALLER_MALICIOUS_CALL_LIMIT: whole(
    1000,
    0,
    1000000,
    'calls',
    'Calls from one caller number within the check interval that block it: the call ' +
      'that reaches the count still passes, the next is refused; 0 turns the check ' +
      'off.',
  ),
  SS_BLACK_LIST_CALLER_MALICIOUS_CALL_EXPIRE: seconds(
    3600,
    60,
    2592000,
    'How long a caller blocked for too many calls stays blocked, counted from its ' + 'last call.',
  ),
  SS_BLACK_LIST_CALLER_MALICIOUS_CALL_CHECK_INTERVAL: seconds(
    600,
    10,
    86400,
    'Window in which the calls of one caller number are counted for the ' + 'malicious-call check.',
  ),
  SS_BLACK_LIST_NO_ANSWER_LIMIT: whole(
    100,
    0,
    1000000,
    'calls',
    'Number of consecutive unanswered calls of one caller after which the number is ' +
      'put on the dynamic blacklist; the watched side (caller, callee, both) is a ' +
      'setting of ours; 0 switches the rule off.',
  ),
  SS_BLACK_LIST_NO_ANSWER_EXPIRE: seconds(
    3600,
    60,
    2592000,
    'How long a number blocked for not answering stays blocked, counted from its ' + 'last call.',
  ),
  SS_BLACK_LIST_NO_ANSWER_PERIODS: seconds(
    86400,
    60,
    2592000,
    'Window in which consecutive unanswered calls to one number are counted.',
  ),
  SS_BLACK_LIST_CALLER_CONCURRENT_LIMIT: whole(
    100,
    0,
    1000000,
    'calls',
    'Simultaneous calls of one caller number above which that number is blocked; 0 ' +
      'turns the check off.',
  ),
  SS_BLACK_LIST_CALLER_CONCURRENT_EXPIRE: seconds(
    3600,
    60,
    2592000,
    'How long a caller blocked for too many simultaneous calls stays blocked, ' +
      'counted from its last call.',
  ),
} satisfies Readonly<Record<string, Parameter>>;
