import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '#libs/clock/clock.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { MailReport } from '#libs/contracts/service-forms.js';
import { enqueue } from '#libs/outbox/enqueue.js';
import type { Courier } from '../domain/courier.js';
import { mailReported } from '../domain/own-message.js';
import { SealedMail } from '../domain/sealed-mail.js';
import {
  nextSendState,
  type SendEvent,
  type SendOutcome,
  type SendState,
} from '../domain/send-ledger.js';
import {
  type DueMail,
  isMailDue,
  settleAttempt,
  takeDueMail,
  writeAttempt,
} from './mail-ledger.store.js';
import type { NotifierDatabase, NotifierTransaction } from './notifier-database.js';

/** One step of a mail, for the log and the metrics. */
export interface SendNews {
  readonly notice: string;
  readonly state: SendState['kind'];
  readonly attempts: number;
  readonly reply: string;
}

export interface MailSenderOptions {
  readonly db: NotifierDatabase;
  readonly courier: Courier;
  readonly clock: Clock;
  readonly lanes: number;
  readonly onNews: (news: SendNews) => void;
  /** A report waits in the outbox. */
  readonly onReported: () => void;
  readonly onTrouble: (error: unknown) => void;
}

/** How often it is looked, for all idle lanes together, for what other instances prepared or what has fallen due; real time, as the relay's. */
const sweepMs = 1_000;

/**
 * Carries due mails to the relay, some at once. Each is locked by a transaction for as long as it is on its way; that the attempt began,
 * and that its body began, is committed beside it first. Killed at any moment, the next worker finds the open attempt and knows whether
 * the mail is certainly not accepted or may be. Either way the same bytes go again.
 */
export class MailSender {
  readonly #stopping = new AbortController();
  #lanes: Promise<void>[] = [];
  #sweeping: Promise<void> | undefined;
  #wake = new AbortController();

  constructor(private readonly options: MailSenderOptions) {}

  start(): void {
    if (this.#stopping.signal.aborted || this.#lanes.length > 0) return;
    this.#lanes = Array.from({ length: this.options.lanes }, () => this.#run());
    this.#sweeping = this.#sweep();
  }

  /** Call when something was prepared. Cheap. */
  wake(): void {
    this.#wake.abort();
    this.#wake = new AbortController();
  }

  /** Begins no further mail and waits for those on their way. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    await Promise.all([...this.#lanes, this.#sweeping]);
  }

  async #sweep(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await delay(sweepMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const isDue = await isMailDue(this.options.db).catch((error: unknown) => {
        this.options.onTrouble(error);
        return false;
      });
      if (isDue) this.wake();
    }
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const { signal } = this.#wake;
      const hadOne = await this.#sendOne().catch((error: unknown) => {
        this.options.onTrouble(error);
        return false;
      });
      if (!hadOne) await aborted(AbortSignal.any([signal, this.#stopping.signal]));
    }
  }

  /** @returns true when there was one, so that there may be another. */
  async #sendOne(): Promise<boolean> {
    const { db, onNews, onReported } = this.options;
    const news = await db.transaction().execute(async (tx) => {
      const mail = await takeDueMail(tx);
      return (
        mail && (mail.state.kind === 'sending' ? this.#recover(tx, mail) : this.#attempt(tx, mail))
      );
    });
    if (news === undefined) return false;
    onNews(news);
    if (news.state === 'accepted' || news.state === 'failed') onReported();
    return true;
  }

  #recover(tx: NotifierTransaction, mail: DueMail): Promise<SendNews> {
    return this.#settle(tx, mail, [{ kind: 'worker-lost', ageMs: mail.ageMs }], 'worker-lost');
  }

  async #attempt(tx: NotifierTransaction, mail: DueMail): Promise<SendNews> {
    const { db, courier } = this.options;
    const events: SendEvent[] = [{ kind: 'attempt-started' }];
    await writeAttempt(db, mail.notice, 'opening');
    const onBodyStarts = async (): Promise<void> => {
      await writeAttempt(db, mail.notice, 'body');
      events.push({ kind: 'body-started' });
    };
    const sealed = mail.isWhole ? SealedMail.check(mail.sealed, mail) : 'armor-not-whole';
    const outcome: SendOutcome =
      typeof sealed === 'string'
        ? { kind: 'refused', reply: `ledger ${sealed}` }
        : await courier.carry(sealed, { envelopeId: mail.envelopeId, onBodyStarts });
    const reply = outcome.kind === 'accepted' ? '250' : outcome.reply;
    return this.#settle(
      tx,
      mail,
      [...events, { kind: 'ended', outcome, ageMs: mail.ageMs }],
      reply,
    );
  }

  async #settle(
    tx: NotifierTransaction,
    mail: DueMail,
    events: readonly SendEvent[],
    reply: string,
  ): Promise<SendNews> {
    const at = this.options.clock.now();
    const state = events.reduce(advance, mail.state);
    await settleAttempt(tx, mail.notice, { state, reply }, at);
    if (state.kind === 'accepted' || state.kind === 'failed')
      await enqueue(tx, [mailReported(reportOf(mail, state, at))]);
    return {
      notice: mail.notice,
      state: state.kind,
      attempts: 'attempts' in state ? state.attempts : 0,
      reply,
    };
  }
}

function advance(state: SendState, event: SendEvent): SendState {
  const next = nextSendState(state, event);
  if (next === undefined)
    throw new MeshError('internal', `the ledger knows no ${event.kind} while ${state.kind}`);
  return next;
}

function reportOf(
  mail: DueMail,
  state: Extract<SendState, { kind: 'accepted' | 'failed' }>,
  at: Date,
): MailReport {
  const refused = state.kind === 'failed' && state.reason === 'refused-by-relay';
  return {
    notice: mail.notice,
    person: mail.person,
    outcome: state.kind,
    at: at.toISOString(),
    ...(refused ? { reason: 'refused-by-relay' } : {}),
  };
}

const aborted = async (signal: AbortSignal): Promise<void> => {
  if (!signal.aborted) await once(signal, 'abort');
};
