const zh = {
  title: '问候 · text-event-server',
  heading: '打个招呼',
  subtitle: '输入昵称，服务端马上回应',
  conversation: '对话记录',
  emptyHeading: '还没有消息',
  emptyHint: '在下方输入昵称并发送，服务端的回答会显示在这里。',
  nickname: '昵称',
  placeholder: '请输入您的昵称',
  hint: '按回车键即可发送',
  emptyMessage: '请先输入昵称，再发送',
  offlineHint: '连接恢复后即可发送',
  server: '服务端',
  unanswered: '连接中断，未收到回答',
  again: '再次发送',
};

const en: typeof zh = {
  title: 'Greeter · text-event-server',
  heading: 'Say hello',
  subtitle: 'Send a nickname, get a greeting',
  conversation: 'Conversation',
  emptyHeading: 'No messages yet',
  emptyHint: 'Type a nickname below and send it. The server’s answer appears here.',
  nickname: 'Nickname',
  placeholder: 'Your nickname',
  hint: 'Press Enter to send',
  emptyMessage: 'Type a nickname first, then send it',
  offlineHint: 'You can send once the connection is back',
  server: 'Server',
  unanswered: 'No answer: connection lost',
  again: 'Send again',
};

export const greeterTexts = { zh, en };
