import type { ConnectionHandler } from './handler.ts';

export interface GreetOptions {
  /** Told each text as it comes. @default nobody is told */
  log?: (line: string) => void;
}

/** Answers each text with an acknowledgement and a greeting; an empty one is not answered. */
export function greet({ log }: GreetOptions = {}): ConnectionHandler {
  return (connection) => {
    connection.on('text', (message) => {
      log?.(`收到的消息是:${message}`);
      if (message) connection.sendText(`服务端已收到消息:${message}服务端发来消息: Hello,${message}`);
    });
  };
}
