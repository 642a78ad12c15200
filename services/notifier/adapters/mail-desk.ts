import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from '#libs/clock/clock.js';
import type { MailboxPut, MailReport, Notice, NoticeStop } from '#libs/contracts/service-forms.js';
import { claimOnce } from '#libs/outbox/claim-once.js';
import { enqueue } from '#libs/outbox/enqueue.js';
import { toStoreError } from '#libs/postgres/foreign-error.js';
import { letterOfNotice } from '../domain/letter-of-notice.js';
import type { SenderIdentity } from '../domain/letter.js';
import { deadLetterReported, mailReported } from '../domain/own-message.js';
import type { SealedMail } from '../domain/sealed-mail.js';
import type { KeyRefusal, Sealer, SealResult } from '../domain/sealer.js';
import type { HoldReason } from '../domain/send-ledger.js';
import type { Strongbox } from '../domain/strongbox.js';
import { heldMailsOf, insertHeld, insertPrepared, releaseHeld } from './mail-ledger.store.js';
import { type StoppedMail, isStopped, lockNotices, stopMails } from './mail-stop.store.js';
import type { NotifierDatabase, NotifierTransaction } from './notifier-database.js';
import { lockPerson, type Mailbox, mailboxOf, putMailbox } from './people.store.js';

export interface MailDeskOptions {
  readonly db: NotifierDatabase;
  readonly clock: Clock;
  readonly sealer: Sealer;
  readonly strongbox: Strongbox;
  readonly sender: SenderIdentity;
  /** Something may be due, or wait in the outbox. */
  readonly onCommitted: () => void;
  /** A fit key, and yet no mail: ours to mend. The mail of that Message-ID is held. */
  readonly onNotSealed: (messageId: string, result: NotSealed) => void;
}

/** What counts of a delivered envelope: the id by which it is taken in once, and when its sender made it. */
export interface Incoming {
  readonly id: string;
  readonly time: Date;
}

type Sealed = {
  readonly kind: 'sealed';
  readonly mail: SealedMail;
  readonly encryptionKeyId: string;
};
type NotSealed = Extract<SealResult, { kind: 'not-sealed' }>;
type Held = { readonly kind: 'held'; readonly reason: HoldReason };

/**
 * Takes in what the guard delivers, each message once and in one transaction: a notice becomes a sealed mail in the ledger, or is held
 * and reported; a mailbox with a usable key releases what was held for its owner. Clear text lives only in this process's memory.
 */
export class MailDesk {
  constructor(private readonly options: MailDeskOptions) {}

  async takeNotice(message: Incoming, notice: Notice): Promise<void> {
    const { clock, strongbox, sender } = this.options;
    const at = clock.now();
    const messageId = `${randomUUID()}@${sender.idDomain}`;
    const head = {
      ...notice,
      notice: message.id,
      messageId,
      envelopeId: randomBytes(16).toString('hex'),
    };
    await this.#commit(async (tx) => {
      if (!(await claimOnce(tx, message.id))) return;
      await lockNotices(tx, [message.id]);
      if (await isStopped(tx, message.id))
        return enqueue(tx, [
          stoppedReport({ notice: message.id, person: notice.person, mayHaveLeft: false }, at),
        ]);
      await lockPerson(tx, notice.person);
      const sealed = await this.#seal(notice, messageId, await mailboxOf(tx, notice.person), at);
      if (sealed.kind === 'sealed') return insertPrepared(tx, head, sealed, at);
      await insertHeld(
        tx,
        head,
        { reason: sealed.reason, locked: await strongbox.lock(notice) },
        at,
      );
      const report: MailReport = {
        notice: message.id,
        person: notice.person,
        outcome: 'held',
        reason: sealed.reason,
        at: at.toISOString(),
      };
      await enqueue(tx, [mailReported(report)]);
    });
  }

  /** The client withdrew: what of these has not been handed over is not sent, now or later. @returns how many mails were stopped now. */
  async stopNotices(message: Incoming, { notices }: NoticeStop): Promise<number> {
    const at = this.options.clock.now();
    let count = 0;
    await this.#commit(async (tx) => {
      if (!(await claimOnce(tx, message.id))) return;
      const stopped = await stopMails(tx, notices, at);
      count = stopped.length;
      if (count > 0)
        await enqueue(
          tx,
          stopped.map((mail) => stoppedReport(mail, at)),
        );
    });
    return count;
  }

  /** A key that cannot be used is not kept: the mailbox stands without one, and the refusal goes to the operator as a dead letter. */
  async putMailbox(message: Incoming, put: MailboxPut): Promise<KeyRefusal | undefined> {
    const at = this.options.clock.now();
    const mailbox = await this.#examined(put, at);
    await this.#commit(async (tx) => {
      if (!(await claimOnce(tx, message.id))) return;
      await lockPerson(tx, put.person);
      if (!(await putMailbox(tx, mailbox, message.time))) return;
      if (mailbox.refusal !== undefined) await enqueue(tx, [keyRefused(message.id, at)]);
      await this.#releaseHeld(tx, mailbox, at);
    });
    return mailbox.refusal;
  }

  /** @throws MeshError `store-unavailable` when the database is away: the message comes again, for as long as it takes. */
  async #commit(work: (tx: NotifierTransaction) => Promise<void>): Promise<void> {
    try {
      await this.options.db.transaction().execute(work);
    } catch (error) {
      throw toStoreError(error);
    }
    this.options.onCommitted();
  }

  async #examined({ person, address, publicKey }: MailboxPut, at: Date): Promise<Mailbox> {
    if (publicKey === undefined) return { person, address };
    const key = await this.options.sealer.examine(publicKey, address, at);
    return typeof key === 'string'
      ? { person, address, refusal: key }
      : { person, address, publicKey: key.armored, fingerprint: key.fingerprint };
  }

  async #releaseHeld(tx: NotifierTransaction, mailbox: Mailbox, at: Date): Promise<void> {
    if (mailbox.publicKey === undefined) return;
    for (const { notice, messageId, locked } of await heldMailsOf(tx, mailbox.person)) {
      const sealed = await this.#seal(
        await this.options.strongbox.unlock(locked),
        messageId,
        mailbox,
        at,
      );
      if (sealed.kind === 'sealed') await releaseHeld(tx, notice, sealed, at);
    }
  }

  async #seal(
    notice: Notice,
    messageId: string,
    mailbox: Mailbox | undefined,
    at: Date,
  ): Promise<Sealed | Held> {
    if (mailbox === undefined) return { kind: 'held', reason: 'no-mailbox' };
    if (mailbox.publicKey === undefined)
      return {
        kind: 'held',
        reason: mailbox.refusal === undefined ? 'no-key' : holdReasonOf(mailbox.refusal),
      };
    const result = await this.options.sealer.seal(
      letterOfNotice(notice, mailbox.address, messageId, at),
      mailbox.publicKey,
    );
    switch (result.kind) {
      case 'sealed':
        return result;
      case 'unusable':
        return { kind: 'held', reason: holdReasonOf(result.refusal) };
      case 'not-sealed':
        this.options.onNotSealed(messageId, result);
        return { kind: 'held', reason: 'cannot-be-sealed' };
    }
  }
}

const holdReasonOf = (refusal: KeyRefusal): HoldReason =>
  refusal === 'expired' ? 'key-expired' : 'key-unusable';

const stoppedReport = ({ notice, person, mayHaveLeft }: StoppedMail, at: Date) =>
  mailReported({
    notice,
    person,
    outcome: 'stopped',
    at: at.toISOString(),
    ...(mayHaveLeft ? { reason: 'may-have-left' } : {}),
  });

const keyRefused = (message: string, at: Date) =>
  deadLetterReported(
    { message, stream: 'delivery', code: 'key-unusable', deliveries: 1 },
    message,
    at,
  );
