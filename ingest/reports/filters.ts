// The filters that reports take: what may be written and which query parameters it becomes.

interface FilterDefinition {
  readonly pattern: RegExp;
  /** Shown in errors and in the list of reports. */
  readonly allowed: string;
  /** Query parameters; without a text those that mean "any". */
  parameters(text: string | undefined): Readonly<Record<string, string>>;
}

function name(parameter: string, what: string): FilterDefinition {
  return {
    pattern: /^.{1,256}$/,
    allowed: `name of ${what}`,
    parameters: (text = '') => ({ [parameter]: text }),
  };
}

/** A number in full, or its beginning and `*`: two parameters, so that each can use its index. */
function number(parameter: string, what: string): FilterDefinition {
  return {
    pattern: /^[0-9A-Za-z+#.-]{1,64}\*?$|^\*[0-9A-Za-z+#.*-]{1,63}$/,
    allowed: `${what}, or its beginning and *`,
    parameters(text = '') {
      const isPrefix = text.length > 1 && text.endsWith('*');
      return {
        [parameter]: isPrefix ? '' : text,
        [`${parameter}Prefix`]: isPrefix ? text.slice(0, -1) : '',
      };
    },
  };
}

export const FILTERS = {
  gateway: name('gateway', 'a gateway'),
  account: name('account', 'an account'),
  agent: name('agent', 'an agent account'),
  area: name('area', 'an area'),
  level: name('level', 'a call level, such as international'),
  phone: name('phone', 'a phone, its E.164 number'),
  number: number('number', 'calling or called number'),
  caller: number('caller', 'calling number'),
  callee: number('callee', 'called number'),
  code: {
    pattern: /^[1-6]\d\d$/,
    allowed: 'SIP status, 100 to 699',
    parameters: (text = '0') => ({ code: text }),
  },
  limit: {
    pattern: /^([1-9]\d{0,4}|100000)$/,
    allowed: 'number of rows, 1 to 100000 (default 50)',
    parameters: (text = '50') => ({ limit: text }),
  },
} as const satisfies Record<string, FilterDefinition>;

export type FilterName = keyof typeof FILTERS;

export const FILTER_NAMES = Object.keys(FILTERS) as FilterName[];
