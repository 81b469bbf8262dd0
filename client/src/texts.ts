export type Language = 'zh' | 'en';

const zh = {
  switchLanguage: 'English',
  pages: '页面',
  greeter: '问候',
  chat: '聊天',
  lab: '实验台',
  clear: '清空',
  send: '发送',
  you: '我',
  connecting: '连接中',
  open: '已连接上!',
  closed: '连接已关闭',
  retryIn: (seconds: number) => `${seconds} 秒后重新连接`,
  retrying: '正在重新连接…',
  reconnect: '立即重新连接',
  refused: (why: string) => `服务端关闭了连接（${why}），不会自动重新连接`,
  unsupported: '无法连接',
  noWebSocket: '您的浏览器不支持 WebSocket，无法连接服务端。请使用新版的 Chrome、Edge、Firefox 或 Safari。',
};

const en: typeof zh = {
  switchLanguage: '中文',
  pages: 'Pages',
  greeter: 'Greeter',
  chat: 'Chat',
  lab: 'Lab',
  clear: 'Clear',
  send: 'Send',
  you: 'You',
  connecting: 'Connecting',
  open: 'Connected!',
  closed: 'Connection closed',
  retryIn: (seconds) => `Reconnecting in ${seconds} s`,
  retrying: 'Reconnecting…',
  reconnect: 'Reconnect now',
  refused: (why) => `The server closed the connection (${why}) and will not be tried again automatically`,
  unsupported: 'Cannot connect',
  noWebSocket:
    'Your browser has no WebSocket, so it cannot reach the server. Please use a current Chrome, Edge, Firefox or Safari.',
};

/** What more than one page says. */
export const sharedTexts = { zh, en };

/** The language chosen earlier, else the first of the browser's that there is, else English. */
export function preferredLanguage(stored: string | null, wanted: readonly string[]): Language {
  for (const tag of [stored ?? '', ...wanted]) {
    const language = tag.toLowerCase().split('-')[0] ?? '';
    if (language === 'zh' || language === 'en') return language;
  }
  return 'en';
}
