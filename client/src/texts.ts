const zh = {
  title: '问候 · text-event-server',
  heading: '打个招呼',
  subtitle: '输入昵称，服务端马上回应',
  switchLanguage: 'English',
  conversation: '对话记录',
  clear: '清空',
  emptyHeading: '还没有消息',
  emptyHint: '在下方输入昵称并发送，服务端的回答会显示在这里。',
  nickname: '昵称',
  placeholder: '请输入您的昵称',
  send: '发送',
  hint: '按回车键即可发送',
  emptyMessage: '请先输入昵称，再发送',
  offlineHint: '连接恢复后即可发送',
  you: '我',
  server: '服务端',
  unanswered: '连接中断，未收到回答',
  again: '再次发送',
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

export type Texts = typeof zh;

const en: Texts = {
  title: 'Greeter · text-event-server',
  heading: 'Say hello',
  subtitle: 'Send a nickname, get a greeting',
  switchLanguage: '中文',
  conversation: 'Conversation',
  clear: 'Clear',
  emptyHeading: 'No messages yet',
  emptyHint: 'Type a nickname below and send it. The server’s answer appears here.',
  nickname: 'Nickname',
  placeholder: 'Your nickname',
  send: 'Send',
  hint: 'Press Enter to send',
  emptyMessage: 'Type a nickname first, then send it',
  offlineHint: 'You can send once the connection is back',
  you: 'You',
  server: 'Server',
  unanswered: 'No answer: connection lost',
  again: 'Send again',
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

export const languages = { zh, en };
export type Language = keyof typeof languages;

/** The texts that stand as they are; the others need a number or a reason. */
export type PlainText = { [K in keyof Texts]: Texts[K] extends string ? K : never }[keyof Texts];

/** The language chosen earlier, else the first of the browser's that there is, else English. */
export function preferredLanguage(stored: string | null, wanted: readonly string[]): Language {
  for (const tag of [stored ?? '', ...wanted]) {
    const language = tag.toLowerCase().split('-')[0] ?? '';
    if (language === 'zh' || language === 'en') return language;
  }
  return 'en';
}
