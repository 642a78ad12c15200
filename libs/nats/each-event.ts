import { type MeshEvent, meshEventSchema } from '#libs/contracts/mesh-event.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { Delivery } from './delivery.js';
import type { DeliveryConsumerOptions } from './delivery-consumer.js';
import { outcomeOfError } from './outcome-of-error.js';

export interface EventHandling {
  /** `isLast`: of its message; with it all of the message is done. */
  readonly handle: (event: MeshEvent, isLast: boolean) => Promise<void>;
  /** As the consumer's own; told of a single event, which it gets as the delivery's data. */
  readonly onDead: DeliveryConsumerOptions['onDead'];
}

/**
 * Hands out the events of a message of EVENTS, one after another. Trouble that passes ends it at once, so that no event overtakes another;
 * an event that cannot be worked for good becomes a dead letter of its own, and holds up none.
 *
 * @throws MeshError `malformed-json`, `malformed-message` for what is no list of events: none was handed out; what `handle` threw, where it
 *   passes; what `onDead` threw
 */
export async function eachEvent(
  delivery: Delivery,
  { handle, onDead }: EventHandling,
): Promise<void> {
  const entries = readList(delivery.data);
  for (const [index, entry] of entries.entries()) {
    try {
      await handle(readEvent(entry), index === entries.length - 1);
    } catch (error) {
      const outcome = outcomeOfError(error, delivery.deliveries);
      if (outcome.kind === 'nak') throw error;
      if (outcome.kind === 'dead')
        await onDead(
          { ...delivery, data: Buffer.from(JSON.stringify(entry)) },
          outcome.code,
          outcome.reason,
        );
    }
  }
}

function readList(data: Uint8Array): readonly unknown[] {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data));
  } catch (error) {
    throw new MeshError('malformed-json', 'the events are not JSON', { cause: error });
  }
  if (Array.isArray(json)) return json;
  throw new MeshError('malformed-message', 'a message of EVENTS is a list of events');
}

function readEvent(entry: unknown): MeshEvent {
  const parsed = meshEventSchema.safeParse(entry);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new MeshError('malformed-message', `the event is not one of this mesh: ${field}`, {
    field,
  });
}
