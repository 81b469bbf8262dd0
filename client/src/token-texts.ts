const zh = {
  token: '令牌',
  useToken: '使用',
  tokenNeeded: '这里需要令牌：没有令牌，或者它不对、已过期。',
  tokenForbidden: '这个令牌没有这里的权限，请换一个。',
};

const en: typeof zh = {
  token: 'Token',
  useToken: 'Use',
  tokenNeeded: 'This needs a token: there is none, or it is wrong or has expired.',
  tokenForbidden: 'This token does not give the right; use another one.',
};

/** Of the field for a token. */
export const tokenTexts = { zh, en };
