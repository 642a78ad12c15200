import { setTimeout as delay } from 'node:timers/promises';
import { createInbox, type Msg, type NatsConnection, type Subscription } from '@nats-io/nats-core';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { ingressDurable, ingressStream } from '#libs/contracts/subjects.js';
import { requestJson } from '#libs/nats/ask-client.js';
import { askJetStream, noMessageFound } from '#libs/nats/jetstream-api.js';
import { presentConnection } from '#libs/nats/present-connection.js';

/** A message in hand: ends with `ack`, or is left to who has the party next (`reclaim`); `working` asks the broker for another ack wait of patience. */
export interface PulledMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  ack(): void;
  working(): void;
}

/** Of a consumer's state, what `reclaim` reads. */
interface ConsumerState {
  readonly num_ack_pending?: number;
  /** Pulls that are open. */
  readonly num_waiting?: number;
  readonly ack_floor?: { readonly stream_seq: number };
  readonly delivered?: { readonly consumer_seq: number; readonly stream_seq: number };
}

interface Standing {
  readonly inHand: number;
  readonly waiting: number;
  /** Sequences in the stream: the first that may be in hand, the last that was given out. */
  readonly first: number;
  readonly last: number;
  /** How often something was given out. */
  readonly given: number;
}

/** Encoded once. */
const words = { ack: Buffer.from('+ACK'), working: Buffer.from('+WPI') };

/** Messages in hand are prolonged this often; well below the durable's ack wait of 10 s. */
const workingEveryMs = 3_000;
/**
 * How long one pull stays open at the server; a lost pull is missed for so long at most. With the 3 s within which the lease must have been
 * proved (`mayPull`) it is the 6 s of silence after which another may take it: what a stopped guard's pull takes is still its own.
 */
const pullMs = 3_000;
const lateMs = 2_000;
/** A question that was under way when the connection went is not answered; it is asked again. */
const answerMs = 1_500;
/** What a holder that lives took along comes again after the ack wait (10 s) at the latest; from time to time the taking over begins anew. */
const gatherMs = 5_000;
const lookAgainMs = 100;
/** Questions to the broker at once. */
const askedAtOnce = 64;

/**
 * Takes what waits in a party's ingress stream, in order, a batch at a time: what is there now, or the first that comes. While a batch is
 * worked the next one is already on its way. The client's own consume hands out single messages; a fetch waits for a full batch.
 */
export class IngressPuller {
  private readonly queue: Msg[] = [];
  private inbox = '';
  private subscription: Subscription | undefined;
  private readonly pullSubject: string;
  private readonly ackSubject: string;
  /** Pulled and not answered yet, the queue included, with the beat in which each was pulled or last prolonged. */
  private readonly unanswered = new Map<Msg, number>();
  private beat = 0;
  private readonly heartbeat: NodeJS.Timeout;
  private outstanding = 0;
  private pulledAt = 0;
  private wake: (() => void) | undefined;
  private isStopped = false;
  /** Over which connection it was taken over. */
  private takenOver: string | undefined;
  /** What comes new comes one after the other, from here. */
  private nextSeq = Infinity;

  constructor(
    private readonly connection: NatsConnection,
    private readonly party: string,
    private readonly batchSize: number,
    /** Is the party's lease proved to be ours, so lately that nobody else can have it while a pull is open? */
    private readonly mayPull: () => boolean,
  ) {
    const consumer = `${ingressStream(party)}.${ingressDurable}`;
    this.pullSubject = `$JS.API.CONSUMER.MSG.NEXT.${consumer}`;
    this.ackSubject = `$JS.ACK.${consumer}`;
    this.heartbeat = setInterval(() => this.prolong(), workingEveryMs);
  }

  /**
   * Not taken over yet, or not over the connection of now, or something was given to another since: nothing is to be taken before `reclaim`. What a
   * broker had given out when the last connection was cut may be lost on the way; and one that was started anew may have lost count.
   */
  get isToBeTakenOver(): boolean {
    return this.takenOver === undefined || this.takenOver !== presentConnection(this.connection);
  }

  /**
   * Begins anew, with what an earlier holder of this party had in hand: so that it comes first, in order, and not after the ack wait, behind
   * what was sent later. Only for who holds the party's lease.
   *
   * A nak by hand: `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>`; the server looks for the stream's
   * sequence among what is pending, and for a consumer's sequence that it has given out (nats-server, `processNak`). Nothing else gives a
   * message back: what its last holder gave back while a pull of its own was open came again in another order than it was given back in.
   *
   * @throws MeshError `answer-timeout`, `broker-unavailable`
   */
  async reclaim(): Promise<void> {
    const present = presentConnection(this.connection);
    this.forget();
    const { inHand, first, last, given } = await this.alone();
    if (inHand > 0)
      for (let seq = first; seq <= last; seq += 1)
        this.connection.publish(`${this.ackSubject}.1.${seq}.${given}.0.0`, '-NAK');
    this.nextSeq = inHand > 0 ? await this.gather() : last + 1;
    this.takenOver = present;
  }

  /**
   * Once no other pull is open. That of a guard which is stopped takes what comes until it ends, whoever has the lease: where its sessions ended
   * with the database, another may have it at once.
   */
  private async alone(): Promise<Standing> {
    const end = performance.now() + pullMs + lateMs;
    for (;;) {
      const standing = await this.standing();
      if (standing.waiting === 0) return standing;
      if (this.isStopped || performance.now() > end)
        throw new MeshError('answer-timeout', 'another guard takes from this ingress still');
      await delay(lookAgainMs);
    }
  }

  /**
   * Until all that is in hand at the broker is in this hand; then it is put in the order of the stream. The broker gives back in the order in
   * which it learnt that something is to be given again, and that of a message which it could not deliver (its puller had just gone) it had
   * learnt before: the newer came first in 1 to 2 of 100 takeovers. A broker that was killed counts as in hand what was answered just before and is
   * gone from the stream: such a one does not come.
   *
   * @returns where what is new begins
   */
  private async gather(): Promise<number> {
    let end = performance.now() + gatherMs;
    for (let before = -1; ;) {
      // Counted before it is asked, as what comes meanwhile may be new; and once each, as what was given back late comes twice.
      const held = new Set(this.queue.map(seqOf)).size;
      const isStill = held === before;
      // However much there is: as long as it comes.
      if (!isStill) end = performance.now() + gatherMs;
      before = held;
      const { inHand, first, last } = await this.standing();
      if (held >= inHand || (isStill && (await this.isAllThereIs(first, last)))) {
        this.queue.sort((one, other) => seqOf(one) - seqOf(other));
        return Math.max(last, ...this.queue.slice(-1).map(seqOf)) + 1;
      }
      if (this.isStopped || !this.mayPull() || performance.now() > end)
        throw new MeshError('answer-timeout', 'what was in hand does not come again yet');
      if (this.outstanding <= 0) this.request(inHand - held);
      await this.some();
    }
  }

  /** Whether nothing lies in the stream from there to there but what is in the queue. */
  private async isAllThereIs(first: number, last: number): Promise<boolean> {
    const held = new Set(this.queue.map(seqOf));
    const missing = Array.from(
      { length: Math.max(0, last - first + 1) },
      (_, index) => first + index,
    ).filter((seq) => !held.has(seq));
    const subject = `STREAM.MSG.GET.${ingressStream(this.party)}`;
    // Anything but the broker's word that it is not there may be a message.
    const lies = (seq: number): Promise<boolean> =>
      askJetStream(this.connection, subject, { seq }, answerMs).then(
        ({ error }) => error?.err_code !== noMessageFound,
      );
    for (let start = 0; start < missing.length; start += askedAtOnce)
      if ((await Promise.all(missing.slice(start, start + askedAtOnce).map(lies))).includes(true))
        return false;
    return true;
  }

  private async standing(): Promise<Standing> {
    const subject = `$JS.API.CONSUMER.INFO.${ingressStream(this.party)}.${ingressDurable}`;
    const state = (await requestJson(this.connection, subject, {}, answerMs)) as ConsumerState;
    const { delivered, num_ack_pending: inHand, num_waiting: waiting, ack_floor: floor } = state;
    if (delivered === undefined || inHand === undefined || waiting === undefined)
      throw new MeshError('broker-unavailable', 'the broker does not tell what is in hand');
    return {
      inHand,
      waiting,
      first: (floor?.stream_seq ?? 0) + 1,
      last: delivered.stream_seq,
      given: delivered.consumer_seq,
    };
  }

  /** Pulls that were open, and what they brought, are nothing to do with what is pulled from now on. */
  private forget(): void {
    this.subscription?.unsubscribe();
    for (const message of this.queue.splice(0)) this.unanswered.delete(message);
    this.outstanding = 0;
    this.takenOver = undefined;
    this.nextSeq = Infinity;
    if (this.isStopped) return;
    this.inbox = createInbox('_INBOX_guard');
    this.subscription = this.connection.subscribe(this.inbox, {
      callback: (error, message) => this.take(error === null ? message : undefined),
    });
  }

  /** The next batch, at most `batchSize`; empty when none came within a second or so, or after `stop()`. */
  async next(): Promise<readonly PulledMessage[]> {
    if (this.isStopped || this.isToBeTakenOver) return [];
    this.pull();
    if (this.queue.length === 0) await this.some();
    // While it waited: over a new connection the open pull goes on, without what was on its way over the old one.
    if (this.isToBeTakenOver) return [];
    const batch: PulledMessage[] = [];
    for (const message of this.queue.splice(0, this.batchSize)) batch.push(this.inHand(message));
    this.pull();
    return batch;
  }

  /** Pulls no more. */
  stop(): void {
    if (this.isStopped) return;
    this.isStopped = true;
    if (!this.connection.isClosed()) this.subscription?.unsubscribe();
    this.wake?.();
  }

  /** Prolongs nothing any more: what is left in hand is its next holder's. */
  letGo(): void {
    clearInterval(this.heartbeat);
    this.queue.length = 0;
  }

  private pull(): void {
    if (
      this.isStopped ||
      this.isToBeTakenOver ||
      this.connection.isClosed() ||
      this.queue.length >= this.batchSize
    )
      return;
    const isLost = performance.now() - this.pulledAt > pullMs + lateMs;
    if ((this.outstanding > 0 && !isLost) || !this.mayPull()) return;
    this.request(this.batchSize);
  }

  private request(batch: number): void {
    this.outstanding = batch;
    this.pulledAt = performance.now();
    this.connection.publish(
      this.pullSubject,
      JSON.stringify({ batch, expires: pullMs * 1_000_000 }),
      { reply: this.inbox },
    );
  }

  private take(message: Msg | undefined): void {
    // No reply subject: a status that ends the pull (no responders, expired, consumer gone).
    if (message?.reply?.startsWith('$JS.ACK.') === true) {
      this.queue.push(message);
      this.unanswered.set(message, this.beat);
      this.outstanding -= 1;
      this.follow(seqOf(message));
    } else {
      this.outstanding = 0;
    }
    this.wake?.();
  }

  /** One that is missing was given to another (a pull of a guard that was stopped, and goes on): it comes first. */
  private follow(seq: number): void {
    if (seq > this.nextSeq) this.takenOver = undefined;
    else if (seq === this.nextSeq) this.nextSeq += 1;
  }

  private some(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, 1_000);
      this.wake = done;
    });
  }

  /** A batch may have to wait for the database; until it is through, the broker must give none of it to another. */
  private prolong(): void {
    if (this.connection.isClosed()) return;
    this.beat += 1;
    for (const [message, beat] of this.unanswered) {
      // What came since the last beat has most of its ack wait before it.
      if (beat === this.beat - 1) continue;
      message.respond(words.working);
      this.unanswered.set(message, this.beat - 1);
    }
  }

  private inHand(message: Msg): PulledMessage {
    const answer = (word: Uint8Array): void => {
      this.unanswered.delete(message);
      if (!this.connection.isClosed()) message.respond(word);
    };
    return {
      subject: message.subject,
      data: message.data,
      ack: () => answer(words.ack),
      working: () => answer(words.working),
    };
  }
}

/** `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.…`: where it lies in its stream. */
const seqOf = ({ reply }: Msg): number => Number(reply?.split('.')[5]);
