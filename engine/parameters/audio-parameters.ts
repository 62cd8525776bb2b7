// The parameters of the audio service: voicemail and reports of calls.
// Names and defaults are those a VOS3000 operator knows.
import { seconds, whole, words } from './parameter-types.ts';
import type { Parameter } from './parameter-types.ts';

export const AUDIO_PARAMETERS = {
  IVR_CODEC_PRIORITY: words(
    ['g729a', 'g729', 'g723', 'g711a', 'g711u'],
    ['g729a', 'g729', 'g723', 'g711a', 'g711u'],
    'codecs',
    'Codecs the audio service offers, most preferred first.',
  ),
  IVR_VOICEMAIL_EXPIRE_DAY: whole(7, 1, 365, 'day', 'Age at which a voicemail message is deleted.'),
  IVR_VOICEMAIL_MAX_NUMBER: whole(10, 1, 1000, 'messages', 'Most messages one mailbox holds.'),
  IVR_VOICEMAIL_MAX_TIME: seconds(60, 5, 600, 'Longest recording of one voicemail message.'),
  IVR_VOICEMAILWELCOME: {
    type: 'text',
    default: 'voicemailwelcome',
    accepts: (text) => /^[A-Za-z0-9_.-]{1,64}$/.test(text),
    form: 'a file name of letters, digits, "_", "." and "-", at most 64',
    unit: null,
    meaning: 'Name of the prompt played when a caller reaches a mailbox.',
  },
  IVR_CALL_REPORT_IP: {
    type: 'text',
    default: '',
    accepts: (text) => /^([0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9A-Fa-f:]{2,45})$/.test(text),
    form: 'an IP address',
    unit: null,
    meaning: 'Address that receives call state reports over UDP; empty sends none.',
  },
  IVR_CALL_REPORT_PORT: whole(
    8000,
    1,
    65535,
    'port',
    'UDP port to which call state reports are sent.',
  ),
  IVR_CALL_REPORT_RETRY: whole(
    6,
    0,
    100,
    'retries',
    'How many times an unacknowledged call state report is sent again.',
  ),
  IVR_CALL_REPORT_RETRY_INTERVAL: seconds(
    3,
    1,
    60,
    'Wait between two sendings of an unacknowledged call state report.',
  ),
} satisfies Readonly<Record<string, Parameter>>;
