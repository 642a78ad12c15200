import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { nodeArguments } from '#libs/settings/node-arguments.js';
import { until } from './until.js';

export type LogLine = Readonly<Record<string, unknown>>;

/** A service as a process of its own, as deployed: its environment, its log, its end. */
export class ServiceProcess {
  readonly log: LogLine[] = [];
  /** What it printed, as it stands there. */
  text = '';

  private constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr])
      if (stream !== null)
        createInterface({ input: stream }).on('line', (line) => this.#keep(line));
  }

  /** Resolves once it says `ready`. @throws Error with what it printed when it ends first. */
  static async start(
    service: string,
    env: Readonly<Record<string, string>>,
    nodeArgs: readonly string[] = [],
  ): Promise<ServiceProcess> {
    const running = ServiceProcess.launch(service, env, nodeArgs);
    try {
      await until(`${service} is ready`, () => running.isEnded || running.ready, 60_000);
    } catch (error) {
      await running.end('SIGKILL');
      throw error;
    }
    if (running.isEnded) throw new Error(`${service} ended at once: ${running.text}`);
    return running;
  }

  /** Does not wait for anything. */
  static launch(
    service: string,
    env: Readonly<Record<string, string>>,
    nodeArgs: readonly string[] = [],
  ): ServiceProcess {
    const main = fileURLToPath(new URL(`../../services/${service}/main.js`, import.meta.url));
    return new ServiceProcess(
      spawn(process.execPath, [...nodeArguments(service), ...nodeArgs, main], {
        env: { PATH: process.env['PATH'] ?? '', ...env },
      }),
    );
  }

  get ready(): LogLine | undefined {
    return this.log.find(({ event }) => event === 'ready');
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.ready?.['port'])}`;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** SIGSTOP and SIGCONT, say. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  get isEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Ends it, if it still runs. @returns its exit code, null where a signal ended it. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (!this.isEnded) {
      const exit = once(this.child, 'exit');
      this.child.kill(signal);
      await exit;
    }
    return this.child.exitCode;
  }

  #keep(line: string): void {
    this.text += `${line}\n`;
    try {
      this.log.push(JSON.parse(line) as LogLine);
    } catch {
      this.log.push({ text: line });
    }
  }
}
