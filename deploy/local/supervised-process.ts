import { EventEmitter } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { startChild, type ChildExit, type ChildRun, type ChildSpec } from './child-run.js';

/** What to run and how to look after it. Times in ms. */
export interface ProcessSpec extends ChildSpec {
  /** How people know it, in messages. */
  readonly name: string;
  /** Both its outputs are appended here (mode 0600). */
  readonly logFile?: string;
  /** Called for each line of either output. */
  readonly onLine?: (line: string) => void;
  /** Ready when a line matches, or when the probe, asked again and again, resolves true. */
  readonly ready: RegExp | (() => Promise<boolean>);
  readonly readyWithinMs?: number;
  /** Whether to start it again when it ends without having been stopped; default true. */
  readonly restart?: boolean;
  /** Runs before every start, the first included. */
  readonly beforeStart?: () => Promise<void>;
  readonly stopSignal?: NodeJS.Signals;
  readonly stopWithinMs?: number;
}

interface ProcessEvents {
  /** It can be used: after the first start and after each restart. */
  ready: [];
  /** One run has ended, however. */
  exit: [ChildExit];
  line: [string];
  /** It had ended without having been asked to and was started again: one sentence for people. */
  restarted: [string];
  /** It will not run any more. */
  ended: [Error];
}

/** Five services that start at once beside other work need some of it; one that cannot start says so and ends. */
const READY_WITHIN_MS = 90_000;
const STOP_WITHIN_MS = 10_000;
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 2_000;
/** A run this long proves that the next failure is a new one: the backoff begins anew. */
const STEADY_MS = 5_000;
const PROBE_EVERY_MS = 25;
/** Lines kept to say why a process did not start. */
const LINES_KEPT = 12;

/**
 * One child process that is kept running:
 *
 *     idle ─start─▶ starting ─ready─▶ ready ─dies─▶ down ─backoff─▶ starting … ─stop─▶ ended
 *
 * The first start must succeed; after that, only `stop` ends it (or its own end, with `restart: false`).
 */
export class SupervisedProcess {
  readonly events = new EventEmitter<ProcessEvents>();
  readonly #spec: ProcessSpec;
  readonly #stopRequested = new AbortController();
  readonly #lastLines: string[] = [];
  #supervision: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #run: ChildRun | undefined;
  #isReady = false;
  #wasEverReady = false;
  #readyLine: string | undefined;
  /** Why it will not run any more. */
  #end: Error | undefined;
  #log: WriteStream | undefined;
  #whileDown: (() => Promise<void>) | undefined;

  constructor(spec: ProcessSpec) {
    this.#spec = spec;
    this.events.setMaxListeners(0);
  }

  get name(): string {
    return this.#spec.name;
  }

  /** Of the current run; undefined while it is down. */
  get pid(): number | undefined {
    return this.#run?.hasEnded() === false ? this.#run.pid : undefined;
  }

  /** The line that said it was ready, where `ready` is a pattern: it may tell the port, say. */
  get readyLine(): string | undefined {
    return this.#readyLine;
  }

  /** Resolves when it is ready for the first time. Rejects if it ends before, or takes too long: the message has its last lines. */
  async start(): Promise<void> {
    if (this.#end === undefined) this.#supervision ??= this.#supervise();
    try {
      await this.ready();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Resolves at once if it is ready, else when it is so next. Rejects when it will not be any more. */
  ready(): Promise<void> {
    return this.#isReady ? Promise.resolve() : this.nextReady();
  }

  /** Resolves when it becomes ready next: take it before the signal that ends the present run. Rejects when it will not be any more. */
  nextReady(): Promise<void> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => {
      const onReady = () => {
        this.events.off('ended', onEnded);
        resolve();
      };
      const onEnded = (error: Error) => {
        this.events.off('ready', onReady);
        reject(error);
      };
      this.events.once('ready', onReady);
      this.events.once('ended', onEnded);
    });
  }

  /** Resolves with the next line that matches; rejects after `withinMs`. Call it before what causes the line. */
  async nextLine(pattern: RegExp, withinMs = STOP_WITHIN_MS): Promise<string> {
    const line = await this.#lineLike(pattern, AbortSignal.timeout(withinMs));
    if (line === undefined)
      throw new Error(`${this.name} printed no line like ${pattern.source} within ${withinMs} ms`);
    return line;
  }

  /** Sends a signal to the process itself, if it runs. */
  signal(signal: NodeJS.Signals): void {
    this.#run?.signal(signal);
  }

  /** kill -9 of the process and all its descendants. Resolves when it has ended; unless told otherwise, it is then started again. */
  async kill(): Promise<void> {
    this.#isReady = false;
    this.#run?.killTree();
    await this.#run?.exited;
  }

  /** kill -9, then `whileDown` (to lose its data, say), then waits until it is ready again. */
  async killAndRestart(whileDown?: () => Promise<void>): Promise<void> {
    this.#whileDown = whileDown;
    await this.kill();
    await this.ready();
  }

  /** Asks it to end, kills it if it has not within the limit, and resolves when it is gone. Right at any time, and more than once. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#isReady = false;
    this.#stopRequested.abort();
    this.#conclude(new Error(`${this.name} was stopped`));
    this.#run?.signal(this.#spec.stopSignal ?? 'SIGTERM');
    this.#run?.signal('SIGCONT'); // one that a test has paused could not end
    const late = setTimeout(() => this.#run?.killTree(), this.#spec.stopWithinMs ?? STOP_WITHIN_MS);
    await this.#supervision;
    clearTimeout(late);
    const log = this.#log;
    if (log !== undefined) await new Promise<void>((resolve) => log.end(resolve));
  }

  #conclude(reason: Error): void {
    if (this.#end !== undefined) return;
    this.#end = reason;
    this.events.emit('ended', reason);
  }

  async #supervise(): Promise<void> {
    let backoffMs = FIRST_BACKOFF_MS;
    while (this.#end === undefined) {
      const startedAt = performance.now();
      const exit = await this.#runOnce();
      this.#isReady = false;
      this.events.emit('exit', exit);
      if (!this.#wasEverReady || this.#spec.restart === false)
        this.#conclude(this.#whyItEnded(exit));
      else
        await this.#beforeRestart(
          performance.now() - startedAt > STEADY_MS ? (backoffMs = FIRST_BACKOFF_MS) : backoffMs,
        );
      if (this.#end === undefined) this.#tellRestart(exit);
      backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS);
    }
  }

  /** In the log as JSON, as services write it: it stands among their lines. */
  #tellRestart(exit: ChildExit): void {
    const line = {
      level: 'warn',
      time: new Date().toISOString(),
      event: 'restarted',
      process: this.name,
      ended: howEnded(exit),
    };
    this.#writeLog(JSON.stringify(line));
    this.events.emit('restarted', `${this.name} ended (${howEnded(exit)}) and was started again`);
  }

  async #beforeRestart(backoffMs: number): Promise<void> {
    const whileDown = this.#whileDown;
    this.#whileDown = undefined;
    await whileDown?.();
    await delay(backoffMs, undefined, { signal: this.#stopRequested.signal }).catch(
      () => undefined,
    );
  }

  /** Never rejects: what cannot be started has ended without a code. */
  async #runOnce(): Promise<ChildExit> {
    try {
      await this.#spec.beforeStart?.();
      if (this.#end !== undefined) return { code: null, signal: null };
      const run = startChild(this.#spec, (line) => this.#onLine(line));
      this.#run = run;
      if (await this.#becomesReady(run)) {
        this.#isReady = true;
        this.#wasEverReady = true;
        this.events.emit('ready');
      } else {
        run.killTree();
      }
      return await run.exited;
    } catch (error) {
      this.#onLine(error instanceof Error ? error.message : String(error));
      return { code: null, signal: null };
    }
  }

  /** False if the run ends first or the time is up. */
  async #becomesReady(run: ChildRun): Promise<boolean> {
    const { ready } = this.#spec;
    const withinMs = this.#spec.readyWithinMs ?? READY_WITHIN_MS;
    const over = new AbortController();
    const limit = delay(withinMs, false, { signal: over.signal }).catch(() => false);
    const ended = run.exited.then(() => false);
    const said =
      ready instanceof RegExp ? this.#says(ready, over.signal) : this.#passes(ready, over.signal);
    const isReady = await Promise.race([said, ended, limit]);
    over.abort();
    if (!isReady && !run.hasEnded())
      this.#onLine(`${this.name} was not ready within ${withinMs} ms`);
    return isReady && !run.hasEnded() && this.#end === undefined;
  }

  async #says(pattern: RegExp, signal: AbortSignal): Promise<boolean> {
    this.#readyLine = await this.#lineLike(pattern, signal);
    return this.#readyLine !== undefined;
  }

  async #passes(probe: () => Promise<boolean>, signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      if (await probe()) return true;
      await delay(PROBE_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
    return false;
  }

  /** The next line that matches, or undefined once the signal is aborted. One listener throughout: lines may come several at once. */
  #lineLike(pattern: RegExp, signal: AbortSignal): Promise<string | undefined> {
    return new Promise((resolve) => {
      const settle = (line?: string) => {
        this.events.off('line', onLine);
        signal.removeEventListener('abort', onAbort);
        resolve(line);
      };
      const onLine = (line: string) => {
        if (pattern.test(line)) settle(line);
      };
      const onAbort = () => settle();
      this.events.on('line', onLine);
      signal.addEventListener('abort', onAbort);
    });
  }

  #onLine(line: string): void {
    this.#lastLines.push(line);
    if (this.#lastLines.length > LINES_KEPT) this.#lastLines.shift();
    this.#writeLog(line);
    this.#spec.onLine?.(line);
    this.events.emit('line', line);
  }

  #writeLog(line: string): void {
    if (this.#spec.logFile === undefined) return;
    this.#log ??= createWriteStream(this.#spec.logFile, { flags: 'a', mode: 0o600 });
    this.#log.write(`${line}\n`);
  }

  #whyItEnded(exit: ChildExit): Error {
    return new Error([`${this.name} ended (${howEnded(exit)})`, ...this.#lastLines].join('\n  '));
  }
}

function howEnded({ code, signal }: ChildExit): string {
  return signal ?? (code === null ? 'could not be run' : `exit ${code}`);
}
