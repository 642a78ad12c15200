import { randomUUID } from 'node:crypto';
import { settleReply, takeReply } from '#libs/contracts/ask-inbox.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { uuidVersion } from '#libs/contracts/message-id.js';
import { askFor } from '#libs/nats/ask-client.js';
import { PartyInbox, type TakeOptions } from '../domain/party-inbox.js';
import type { PartyLinks } from './party-links.js';

type Message = Readonly<Record<string, unknown>> & { readonly id: string };

/** A long wait is made of waits this long, so that stopping need not wait for the whole. */
const sliceMs = 2_000;
const answerMs = 5_000;
/** Calls of one party that may wait here at once. */
const maxWaiting = 32;

/** The inbox at the guard, which keeps what is in hand: any gateway gives and acknowledges. */
export class MeshPartyInbox extends PartyInbox {
  readonly #waiting = new Map<string, number>();
  #isStopped = false;

  constructor(private readonly links: PartyLinks) {
    super();
  }

  override async take(party: string, options: TakeOptions): Promise<readonly Message[]> {
    const already = this.#waiting.get(party) ?? 0;
    if (already >= maxWaiting)
      throw new MeshError(
        'too-many-requests',
        'too many calls of your party wait for the inbox already',
      );
    this.#waiting.set(party, already + 1);
    try {
      const messages = await this.#takeSome(party, options);
      if (!options.isAbandoned() || messages.length === 0) return messages;
      const again = messages.map(({ id }) => ({ id, afterMs: 0 }));
      await this.#settle(party, { again });
      return [];
    } finally {
      this.#waiting.set(party, (this.#waiting.get(party) ?? 1) - 1);
    }
  }

  override async acknowledge(party: string, id: string): Promise<'acknowledged' | 'not-in-hand'> {
    if (uuidVersion(id) === undefined) return 'not-in-hand';
    const { done } = await this.#settle(party, { done: [id] });
    return done.length > 0 ? 'acknowledged' : 'not-in-hand';
  }

  /** Calls that wait end within one slice, with what there is. */
  endWaiting(): void {
    this.#isStopped = true;
  }

  async #takeSome(party: string, { max, waitMs, isAbandoned }: TakeOptions): Promise<Message[]> {
    const end = performance.now() + waitMs;
    for (;;) {
      const slice = Math.max(0, Math.min(sliceMs, Math.ceil(end - performance.now())));
      const { messages } = await askFor(this.links.open(party).connection, 'take', {
        payload: { take: randomUUID(), max, waitMs: slice },
        reply: takeReply,
        timeoutMs: slice + answerMs,
      });
      const isOver = performance.now() >= end || this.#isStopped || isAbandoned();
      if (messages.length > 0 || isOver) return messages.map(({ message }) => message);
    }
  }

  #settle(party: string, payload: Readonly<Record<string, unknown>>) {
    const { connection } = this.links.open(party);
    return askFor(connection, 'settle', { payload, reply: settleReply });
  }
}
