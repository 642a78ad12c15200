import { createInbox, type Msg } from '@nats-io/nats-core';
import { deliveryDurable, deliveryStream } from '#libs/contracts/subjects.js';
import type { MeshParty } from '#test/support/mesh-party.js';

/** Under the durable's `max_ack_pending`. */
const pulled = 512;
const pullMs = 30_000;

/** Takes and acknowledges what is delivered to a party with as little work as can be: ids only, read off a header. Until its connection ends. */
export class LightRecipient {
  onId: (id: string) => void = () => undefined;
  readonly #inbox = createInbox();
  #outstanding = 0;

  constructor(private readonly party: MeshParty) {
    party.connection.subscribe(this.#inbox, { callback: (_error, message) => this.#take(message) });
    this.#pull();
  }

  #take(message: Msg): void {
    if (message.reply?.startsWith('$JS.ACK.') === true) {
      this.#outstanding -= 1;
      message.respond();
      this.onId((message.headers?.get('Nats-Msg-Id') ?? '').slice(0, uuidLength));
    } else {
      // The pull ended.
      this.#outstanding = 0;
    }
    if (this.#outstanding < pulled / 2) this.#pull();
  }

  #pull(): void {
    this.#outstanding += pulled;
    const request = JSON.stringify({ batch: pulled, expires: pullMs * 1_000_000 });
    this.party.connection.publish(
      `$JS.API.CONSUMER.MSG.NEXT.${deliveryStream(this.party.id)}.${deliveryDurable}`,
      request,
      {
        reply: this.#inbox,
      },
    );
  }
}

const uuidLength = 36;
