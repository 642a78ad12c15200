import { fileURLToPath } from 'node:url';
import { SupervisedProcess } from './supervised-process.js';

export interface MailServerOptions {
  /** Each mail becomes a file here; read them with `readMails` and `waitForMail` of `mail-folder`. */
  readonly dir: string;
  readonly port: number;
  readonly logFile?: string;
}

export interface LocalMailServer {
  readonly url: string;
  readonly port: number;
  readonly process: SupervisedProcess;
  stop(): Promise<void>;
}

/** Starts the mail sink as a process of its own. */
export async function startMailServer(options: MailServerOptions): Promise<LocalMailServer> {
  const server = new SupervisedProcess({
    name: 'mail-sink',
    command: process.execPath,
    args: ['--enable-source-maps', fileURLToPath(new URL('mail-sink-main.js', import.meta.url))],
    env: { MAIL_DIR: options.dir, SMTP_PORT: String(options.port) },
    ready: /"event":"ready"/,
    ...(options.logFile === undefined ? {} : { logFile: options.logFile }),
  });
  await server.start();
  return {
    url: `smtp://127.0.0.1:${options.port}`,
    port: options.port,
    process: server,
    stop: () => server.stop(),
  };
}
