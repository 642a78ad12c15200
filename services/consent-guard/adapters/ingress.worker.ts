import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/nats-core';
import type { Logger } from 'pino';
import { errorRules } from '#libs/contracts/error-codes.js';
import { effectId } from '#libs/contracts/message-id.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { isServiceParty } from '#libs/contracts/party.js';
import { historiesIn, messagesIn } from './batch-mentions.js';
import { type BatchProcessor, type Ground, type Turn, alone } from './batch.processor.js';
import type { DeadLetterDesk } from './dead-letter.desk.js';
import type { GroundAhead } from './ground-ahead.js';
import { IngressPuller, type PulledMessage } from './ingress.puller.js';
import type { Intake } from './read-ingress.js';
import type { RoadWatch } from './road.watch.js';

export interface IngressWorkerParts {
  readonly connection: NatsConnection;
  readonly processor: BatchProcessor;
  readonly deadLetters: DeadLetterDesk;
  readonly roads: RoadWatch;
  readonly log: Logger;
  readonly batchSize: number;
  /** Asked before each batch: is this party still ours? */
  readonly isHeld: (party: string) => boolean;
  /** Asked before each pull: was that proved so lately that it is still so when the pull ends? */
  readonly mayPull: (party: string) => boolean;
}

/** A message in hand, read. */
interface Taken {
  readonly message: PulledMessage;
  readonly intake: Intake;
}

type Outcome = 'done' | 'passing' | 'failing';

/** A batch whose records are committed, while the next one is judged. */
interface UnderWay {
  /** Its first attempt delivered all of it. */
  readonly delivered: Promise<boolean>;
  /** It is through, after however many attempts, or given back; so is all before it. */
  readonly done: Promise<void>;
  /** The one before, which may still be under way. */
  readonly before?: Omit<UnderWay, 'before'>;
}

const nothing: UnderWay = { delivered: Promise.resolve(true), done: Promise.resolve() };

/** After so many attempts a message that fails alone is poison: it goes to the dead letters and the road is free for the next. */
const poisonAfter = 5;
/** A store or broker that is away, a lease not proved lately: looked at again after this. */
const passingMs = 250;
/** While there is no connection to the broker, it is looked again after this. */
const reconnectingMs = 50;
/** Doubled with each attempt: 0.2 to 1.6 s, so that poison holds up the road for 3 s and no longer. */
const failingMs = 100;
/** Messages read between two looks at what else has come: half a millisecond's work. */
const readAtOnce = 16;

/**
 * Works one party's ingress, one batch after another, so that the party's own order is kept: what fails stays in hand and is tried again
 * before anything behind it. Batches overlap as far as that allows: while one is delivered the next is judged (it sees the records of the
 * one before, which are committed), and delivered only after it; the one after that is read already. What a batch is judged by is read while
 * the one before is being committed, unless that one changes any of it.
 *
 *     pull ─▶ read ─▶ held? ─▶ judge, commit ─▶ all before delivered? ─▶ deliver ─┬─ done ─▶ ack
 *                      ▲                                                          ├─ passes (store away, …) ─▶ the same batch again
 *                      └──────────────────────────────────────────────────────────┴─ fails ─▶ one message at a time; one that fails
 *                                                                                     alone again and again ─▶ dead letter
 */
export class IngressWorker {
  private readonly puller: IngressPuller;
  private readonly loop: Promise<void>;
  private readonly stopping = new AbortController();
  /** A service's answer releases what waits, once: the next is judged when that is done. */
  private readonly mayOverlap: boolean;
  /** What the next batch will be judged by, and which batch that is. */
  private ahead:
    | { readonly batch: readonly Taken[]; readonly ground: GroundAhead<Ground> | undefined }
    | undefined;

  constructor(
    readonly party: string,
    private readonly parts: IngressWorkerParts,
  ) {
    this.puller = new IngressPuller(parts.connection, party, parts.batchSize, () =>
      parts.mayPull(party),
    );
    this.mayOverlap = !isServiceParty(party);
    this.loop = this.run();
  }

  /** Takes no further batch and waits for the one in hand; what was not begun is its next holder's to reclaim. Idempotent. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.puller.stop();
    await this.loop;
    // Acknowledged before the lease is given back: the next holder must not find it again.
    if (!this.parts.connection.isClosed())
      await this.parts.connection.flush().catch(() => undefined);
  }

  private get isStopped(): boolean {
    return this.stopping.signal.aborted;
  }

  private async run(): Promise<void> {
    let next = this.readNext();
    let last = nothing;
    while (!this.isStopped) {
      const batch = await next;
      next = this.readNext();
      last = await this.begin(batch, last, next);
    }
    await last.done;
    await this.letGoAhead();
    await next;
    this.puller.letGo();
  }

  /**
   * Judges a batch while the two before are delivered. None of them holds its clients' locks for another: where one could not be delivered
   * at once, those behind it let go and come again after it, and only then the next is judged.
   *
   * @returns when the next may be judged
   */
  private async begin(
    batch: readonly Taken[],
    before: UnderWay,
    next: Promise<readonly Taken[]>,
  ): Promise<UnderWay> {
    if (batch.length === 0) return before;
    let onCommitted = (): void => undefined;
    const committed = new Promise<void>((resolve) => (onCommitted = resolve));
    let isFirst = true;
    const onJudged = (messages: ReadonlySet<string>): void => {
      if (this.mayOverlap)
        void next.then((following) => (isFirst ? this.readAhead(following, messages) : undefined));
    };
    const first = this.attempt(batch, {
      onJudged,
      onCommitted,
      mayDeliver: before.delivered,
      ahead: this.takeAhead(batch),
    });
    void first.then((outcome) => (isFirst = outcome === 'done'));
    const done = this.see(batch, first, before);
    await Promise.race([committed, done]);
    const last = before.before ?? nothing;
    await last.done;
    if (!this.mayOverlap || !(await last.delivered)) {
      await done;
      return nothing;
    }
    // Without what came before that: a chain of all batches would be kept.
    return {
      delivered: first.then((outcome) => outcome === 'done'),
      done,
      before: { delivered: before.delivered, done: before.done },
    };
  }

  /** Tries a batch again until it is through, once all before it is. */
  private async see(
    batch: readonly Taken[],
    first: Promise<Outcome>,
    before: UnderWay,
  ): Promise<void> {
    const outcome = await first;
    // Whoever begins again may need the locks of those behind: they let go.
    if (outcome !== 'done') await this.letGoAhead();
    await before.done;
    await this.work(batch, outcome);
  }

  /** @param changed messages that are recorded meanwhile, and their cases: a batch that rests on one must see it as it stands then */
  private readAhead(batch: readonly Taken[], changed: ReadonlySet<string>): void {
    if (batch.length === 0 || this.isStopped || this.ahead !== undefined) return;
    const intakes = intakesOf(batch);
    if (namesAny(intakes, changed)) return;
    this.ahead = { batch, ground: this.parts.processor.readAhead(intakes) };
  }

  private takeAhead(batch: readonly Taken[]): GroundAhead<Ground> | undefined {
    if (this.ahead?.batch !== batch) return undefined;
    const { ground } = this.ahead;
    this.ahead = undefined;
    return ground;
  }

  private async letGoAhead(): Promise<void> {
    const { ahead } = this;
    this.ahead = undefined;
    await ahead?.ground?.letGo();
  }

  /**
   * What the party's last holder had in hand comes first, and at once. From a broker that was started anew nothing is taken before its streams
   * were looked at: in one that has lost count the newer of two messages may be at hand, and the older not.
   */
  private async takeOver(): Promise<void> {
    const { connection, roads, log } = this.parts;
    while (!this.isStopped && this.puller.isToBeTakenOver) {
      if (connection.info === undefined) {
        await this.pause(reconnectingMs);
        continue;
      }
      try {
        await roads.mend(this.party);
        await this.puller.reclaim();
      } catch (error) {
        log.warn({ err: error, party: this.party }, 'the ingress cannot be taken over now');
        await this.pause(passingMs);
      }
    }
  }

  private async readNext(): Promise<readonly Taken[]> {
    if (this.puller.isToBeTakenOver) await this.takeOver();
    const messages = await this.puller.next();
    const taken: Taken[] = [];
    for (let start = 0; start < messages.length; start += readAtOnce) {
      await nextTurn();
      for (const message of messages.slice(start, start + readAtOnce))
        taken.push({ message, intake: this.parts.processor.read(message) });
    }
    return taken;
  }

  /** All that was sent before is through. @param first how its first attempt went */
  private async work(batch: readonly Taken[], first?: Outcome): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const outcome =
        attempt === 1 && first !== undefined ? first : await this.attempt(batch, alone);
      if (outcome === 'done') return;
      if (this.isStopped) return;
      if (outcome === 'failing' && batch.length > 1) return this.oneByOne(batch);
      if (outcome === 'failing' && attempt >= poisonAfter && (await this.keepDead(batch))) return;
      for (const { message } of batch) message.working();
      await this.pause(outcome === 'passing' ? passingMs : failingMs * 2 ** attempt);
    }
  }

  private async oneByOne(batch: readonly Taken[]): Promise<void> {
    for (const each of batch) await this.work([each]);
  }

  private async attempt(batch: readonly Taken[], turn: Turn): Promise<Outcome> {
    const { processor, deadLetters, log, isHeld } = this.parts;
    if (this.isStopped || !isHeld(this.party)) {
      await turn.ahead?.letGo();
      return 'passing';
    }
    try {
      const redrives = await processor.process(intakesOf(batch), turn);
      for (const letter of redrives) await deadLetters.redrive(letter);
      for (const { message } of batch) message.ack();
      return 'done';
    } catch (error) {
      log.warn({ err: error, party: this.party, messages: batch.length }, 'a batch is tried again');
      return isPassing(error) ? 'passing' : 'failing';
    }
  }

  private async keepDead([taken]: readonly Taken[]): Promise<boolean> {
    if (taken === undefined) return true;
    const { message, intake } = taken;
    const letter = {
      id: effectId(
        `${message.subject}\n${Buffer.from(message.data).toString('base64')}`,
        'dead-letter',
      ),
      party: this.party,
      message: intake.ok ? intake.incoming.read.envelope.id : undefined,
      code: 'internal',
      field: undefined,
      detail: 'the guard could not work this message',
      body: message.data,
    };
    return this.parts.deadLetters.keep(letter).then(
      () => {
        message.ack();
        return true;
      },
      () => false,
    );
  }

  private async pause(delayMs: number): Promise<void> {
    await delay(delayMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}

function intakesOf(batch: readonly Taken[]): Intake[] {
  const intakes: Intake[] = [];
  for (const { intake } of batch) intakes.push(intake);
  return intakes;
}

function namesAny(intakes: readonly Intake[], changed: ReadonlySet<string>): boolean {
  for (const intake of intakes) {
    if (!intake.ok) continue;
    const batch = [intake.incoming];
    for (const id of messagesIn(batch)) if (changed.has(id)) return true;
    for (const id of historiesIn(batch)) if (changed.has(id)) return true;
  }
  return false;
}

const isPassing = (error: unknown): boolean =>
  error instanceof MeshError &&
  error.code !== 'internal' &&
  errorRules[error.code].jetStream === 'nak';
