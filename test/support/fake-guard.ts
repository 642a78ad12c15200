import type { NatsConnection } from '@nats-io/nats-core';
import type { Timeline } from '#libs/contracts/ask.js';
import type { VerdictKind } from '#libs/contracts/verdict.js';
import { messageDigest } from '#libs/digest/message-digest.js';
import { IngressTap } from './ingress-tap.js';
import type { NatsForTest } from './nats-for-test.js';
import { StandInInbox } from './stand-in-inbox.js';

export interface FakeMessage {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly to: string;
  readonly time: string;
  readonly case?: string;
}

export interface FakeDecision {
  readonly verdict: VerdictKind;
  readonly reason?: string;
  readonly field?: string;
  readonly detail?: string;
}

interface Kept {
  readonly sender: string;
  readonly digest: string;
  readonly message: FakeMessage;
  timeline: Timeline;
}

/**
 * Stands in for the guard with the guard's own key: takes from every ingress stream, decides as the test says, delivers, and answers
 * `seen`, `verdict`, `timeline`, and what the test puts into `answers`. It keeps everything in memory.
 */
export class FakeGuard {
  readonly kept = new Map<string, Kept>();
  /** What was taken from the road, in order, repeats included. */
  readonly taken: FakeMessage[] = [];
  /** Set to hear nothing and answer nothing. */
  isSilent = false;
  decide: (message: FakeMessage) => FakeDecision = () => ({ verdict: 'cleared' });
  /** Further verbs: the reply for the asking party, without `ok`. */
  readonly answers: Record<
    string,
    (party: string, payload: Record<string, unknown>) => object | undefined
  > = {};
  readonly inbox = new StandInInbox();
  readonly #taps: IngressTap[] = [];
  readonly #decided = new Set<() => void>();

  private constructor(private readonly connection: NatsConnection) {}

  static async start(nats: NatsForTest): Promise<FakeGuard> {
    const connection = await nats.connect('guard');
    const guard = new FakeGuard(connection);
    for (const { id } of nats.parties) guard.#follow(id);
    connection.subscribe('ask.>', {
      callback: (_error, message) => {
        if (guard.isSilent) return;
        const [, party = '', verb = ''] = message.subject.split('.');
        void guard
          .#answer(party, verb, message.json<Record<string, unknown>>())
          .then((reply) => message.respond(JSON.stringify(reply)));
      },
    });
    await connection.flush();
    return guard;
  }

  /** Puts anything at all into a party's inbox. */
  deliver(party: string, message: unknown, id: string): void {
    this.inbox.deliver(party, id, message);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#taps.map((tap) => tap.stop()));
  }

  #follow(party: string): void {
    this.#taps.push(new IngressTap(this.connection, party, (text) => this.#take(party, text)));
  }

  #take(party: string, text: string): void {
    const message = JSON.parse(text) as FakeMessage;
    this.taken.push(message);
    if (this.kept.has(message.id)) return;
    const decision = this.decide(message);
    const { id, type, to, time } = message;
    const records = [{ ...decision, at: time }];
    const timeline: Timeline = {
      id,
      type,
      sender: party,
      to,
      time,
      state: decision.verdict,
      records,
    };
    if (message.case !== undefined) timeline.case = message.case;
    this.kept.set(id, { sender: party, digest: messageDigest(message), message, timeline });
    if (decision.verdict === 'cleared' && to !== 'mesh' && !to.startsWith('area:'))
      this.deliver(to, message, id);
    for (const resolve of this.#decided) resolve();
  }

  async #answer(party: string, verb: string, payload: Record<string, unknown>): Promise<object> {
    if (verb === 'take') return this.inbox.take(party, payload);
    if (verb === 'settle') return this.inbox.settle(party, payload);
    const id = String(payload['id']);
    const known = this.kept.get(id);
    if (verb === 'seen') {
      const same = known?.digest === payload['digest'] ? 'same' : 'other';
      return { ok: true, seen: known === undefined ? 'no' : same };
    }
    if (verb === 'verdict') return this.#verdict(party, id, Number(payload['waitMs'] ?? 0));
    if (verb === 'timeline' && known?.sender === party) return { ok: true, ...known.timeline };
    const answer = this.answers[verb]?.(party, payload);
    return answer === undefined
      ? { ok: false, code: 'not-found', detail: 'no such record, or not one of yours' }
      : { ok: true, ...answer };
  }

  async #verdict(party: string, id: string, waitMs: number): Promise<object> {
    const end = performance.now() + waitMs;
    for (;;) {
      const known = this.kept.get(id);
      if (known?.sender === party) return { ok: true, ...known.timeline };
      const leftMs = end - performance.now();
      if (leftMs <= 0)
        return {
          ok: true,
          id,
          type: '',
          sender: party,
          to: '',
          time: '',
          state: 'undecided',
          records: [],
        } satisfies {
          ok: true;
        } & Timeline;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          this.#decided.delete(done);
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(done, leftMs);
        this.#decided.add(done);
      });
    }
  }
}
