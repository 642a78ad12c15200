import type { NatsConnection } from '@nats-io/nats-core';
import type { Logger } from 'pino';
import type { Counter } from 'prom-client';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { InHand } from '../domain/in-hand.js';
import { PartyInbox, type TakeOptions } from '../domain/party-inbox.js';
import type { PartyLinks } from './party-links.js';
import { type Pulled, pullDeliveries } from './pull-deliveries.js';

/** The durable's ack wait, less a moment: what the broker may have given to another meanwhile is not acknowledged. */
const ackWaitMs = 60_000 - 1_000;
/** A long wait is made of pulls this long, so that stopping need not wait for the whole. */
const sliceMs = 2_000;
/** Calls of one party that may wait at once: each holds a subscription, of which an account has 256. */
const maxWaiting = 32;

interface PartyState {
  readonly inHand: InHand;
  waiting: number;
}

/** The inbox over the party's durable `dlv`. Handles are kept in memory, by message id, until the ack or the ack wait. */
export class NatsPartyInbox extends PartyInbox {
  readonly #states = new Map<string, PartyState>();
  #isStopped = false;

  constructor(
    private readonly links: PartyLinks,
    private readonly unreadable: Counter,
    private readonly logger: Logger,
  ) {
    super();
  }

  override async take(
    party: string,
    options: TakeOptions,
  ): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const state = this.#stateOf(party);
    if (state.waiting >= maxWaiting)
      throw new MeshError(
        'too-many-requests',
        'too many calls of your party wait for the inbox already',
      );
    state.waiting += 1;
    try {
      const { connection } = this.links.open(party);
      const taken = await this.#takeSome(connection, party, options);
      if (!options.isAbandoned()) return taken.map(({ message }) => message);
      for (const { pulled, message } of taken) {
        state.inHand.forget(message.id);
        connection.publish(pulled.ackSubject, '-NAK');
      }
      return [];
    } finally {
      state.waiting -= 1;
    }
  }

  override async acknowledge(party: string, id: string): Promise<'acknowledged' | 'not-in-hand'> {
    const { inHand } = this.#stateOf(party);
    const { connection } = this.links.open(party);
    const step = inHand.step(id, performance.now(), connection.info?.server_id);
    if (step.kind !== 'ack') return step.kind === 'done' ? 'acknowledged' : 'not-in-hand';
    connection.publish(step.handle.ackSubject, '+ACK');
    await connection.flush().catch((error: unknown) => {
      throw new MeshError('broker-unavailable', 'the acknowledgement did not reach the broker', {
        cause: error,
      });
    });
    inHand.acknowledged(id, performance.now());
    return 'acknowledged';
  }

  /** Calls that wait end within one slice, with what there is. */
  endWaiting(): void {
    this.#isStopped = true;
  }

  async #takeSome(
    connection: NatsConnection,
    party: string,
    options: TakeOptions,
  ): Promise<Taken[]> {
    const end = performance.now() + options.waitMs;
    for (;;) {
      const now = this.#hold(
        connection,
        party,
        await pullDeliveries(connection, party, { max: options.max, waitMs: 0 }),
      );
      const leftMs = Math.min(sliceMs, Math.ceil(end - performance.now()));
      if (now.length > 0 || leftMs <= 0 || this.#isStopped || options.isAbandoned()) return now;
      const first = this.#hold(
        connection,
        party,
        await pullDeliveries(connection, party, { max: 1, waitMs: leftMs }),
      );
      if (first.length === 0) continue;
      if (options.max === 1) return first;
      // What came first is in hand, whatever becomes of the rest.
      const rest = await pullDeliveries(connection, party, {
        max: options.max - 1,
        waitMs: 0,
      }).catch(() => []);
      return [...first, ...this.#hold(connection, party, rest)];
    }
  }

  /** Takes in hand what was pulled. What needs nobody's eyes is answered at once and left out. */
  #hold(connection: NatsConnection, party: string, pulled: readonly Pulled[]): Taken[] {
    const { inHand } = this.#stateOf(party);
    const now = performance.now();
    return pulled.flatMap((each) => {
      const message = readDelivery(each.body);
      if (message === undefined) {
        // Only the guard writes here, so this is a fault of ours; left in place it would come back for ever.
        this.unreadable.inc();
        this.logger.error(
          { event: 'delivery-unreadable', party, bytes: each.body.length },
          'a delivery is no message; terminated',
        );
        connection.publish(each.ackSubject, '+TERM');
        return [];
      }
      if (inHand.isAcknowledged(message.id)) {
        connection.publish(each.ackSubject, '+ACK');
        return [];
      }
      inHand.add(
        message.id,
        {
          ackSubject: each.ackSubject,
          untilMs: now + ackWaitMs,
          broker: connection.info?.server_id,
        },
        now,
      );
      return [{ pulled: each, message }];
    });
  }

  #stateOf(party: string): PartyState {
    const known = this.#states.get(party);
    if (known !== undefined) return known;
    const state = { inHand: new InHand(), waiting: 0 };
    this.#states.set(party, state);
    return state;
  }
}

interface Taken {
  readonly pulled: Pulled;
  readonly message: Readonly<Record<string, unknown>> & { readonly id: string };
}

function readDelivery(body: Uint8Array): Taken['message'] | undefined {
  try {
    const json = JSON.parse(Buffer.from(body).toString('utf8')) as { id?: unknown } | null;
    return typeof json === 'object' && typeof json?.id === 'string'
      ? (json as Taken['message'])
      : undefined;
  } catch {
    return undefined;
  }
}
