import { requireProgram } from './require-program.js';
import { SupervisedProcess } from './supervised-process.js';
import { tcpExchange } from './tcp-exchange.js';

export interface NatsOptions {
  /** A complete configuration (deploy/nats writes it). It must log to stderr, which is where `reload` reads the server's answer. */
  readonly configFile: string;
  /** The client port that the configuration names. */
  readonly port: number;
  readonly logFile?: string;
  readonly onLine?: (line: string) => void;
  /** Holds the variable of the store's key. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface LocalNats {
  readonly url: string;
  readonly port: number;
  readonly process: SupervisedProcess;
  /** Takes up the changed configuration. Rejects if the server refuses it: the old one is then still in force. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

const RELOAD_ANSWER = /(Reloaded|Failed to reload) server configuration/;

async function reload(server: SupervisedProcess): Promise<void> {
  const answer = server.nextLine(RELOAD_ANSWER);
  server.signal('SIGHUP');
  const line = await answer;
  if (!/Reloaded server configuration/.test(line))
    throw new Error(`nats-server kept its old configuration: ${line}`);
}

/** Starts a nats-server and resolves once it greets clients: JetStream has then recovered. */
export async function startNats(options: NatsOptions): Promise<LocalNats> {
  const server = new SupervisedProcess({
    name: 'nats-server',
    command: requireProgram('nats-server'),
    args: ['-c', options.configFile],
    ...(options.env === undefined ? {} : { env: options.env }),
    ready: () => tcpExchange(options.port, '', /^INFO \{/),
    ...(options.logFile === undefined ? {} : { logFile: options.logFile }),
    ...(options.onLine === undefined ? {} : { onLine: options.onLine }),
  });
  await server.start();
  return {
    url: `nats://127.0.0.1:${options.port}`,
    port: options.port,
    process: server,
    // Twice: below 2.9.17 the imports of an account that is new are dead after the first.
    reload: async () => {
      await reload(server);
      await reload(server);
    },
    stop: () => server.stop(),
  };
}
