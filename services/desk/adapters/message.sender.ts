import { randomBytes } from 'node:crypto';
import type { Clock } from '#libs/clock/clock.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { type MeshEnvelope, sourceOf } from '#libs/contracts/mesh-message.js';
import { uuidV7, uuidVersion } from '#libs/contracts/message-id.js';
import { type MessageName, nameOfType, typeOf } from '#libs/contracts/message-table.js';
import type { KeptMessage } from '../domain/kept-message.js';
import type { MeshAnswer } from '../domain/told-by-mesh.js';
import { type TrialShown, trialOrRefusal } from '../domain/trial-words.js';
import type { GatewayClient } from './gateway.client.js';
import type { MessageStore } from './message.store.js';

export interface Draft {
  /** Chosen when the form was shown. */
  readonly id: string;
  readonly office: string;
  readonly actor: string;
  readonly name: MessageName;
  readonly caseId: string;
  readonly to: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** `waiting`: the mesh is away; it goes by itself when the mesh is back. `before`: the same form was sent already. */
export type Sent = {
  readonly message: KeptMessage;
  readonly answer: MeshAnswer | { readonly kind: 'waiting' };
  readonly before: boolean;
};

/** Sends what a person wrote: kept first, then sent, so that nothing is lost between the two; one form is one message. */
export class MessageSender {
  constructor(
    private readonly parts: {
      readonly gateway: GatewayClient;
      readonly messages: MessageStore;
      readonly clock: Clock;
    },
  ) {}

  /** For a form that is shown now. */
  newId(): string {
    return uuidV7(this.parts.clock.now().getTime(), randomBytes(10));
  }

  /** What would go of it today. The guard notes that it was asked. */
  async tried({ office, name, caseId, to, actor, data }: Draft): Promise<TrialShown> {
    const asked = { type: typeOf(name), case: caseId, to, actor, data };
    return trialOrRefusal(await this.parts.gateway.tryMessage(office, asked));
  }

  /** Keeps one of several, before the first of them goes. */
  async keep(draft: Draft): Promise<KeptMessage> {
    return this.parts.messages.keepSent(draft.office, this.#envelope(draft));
  }

  /** @throws MeshError `malformed-message` where the id is not one that a form was shown with */
  async send(draft: Draft): Promise<Sent> {
    if (uuidVersion(draft.id) !== 7)
      throw new MeshError('malformed-message', 'the form has no id', { field: 'id' });
    const { messages } = this.parts;
    const known = await messages.find(draft.office, draft.id);
    if (known !== undefined && !isOf(known, draft))
      throw new MeshError('id-reused', 'this form was sent from another page');
    if (known?.answer !== undefined)
      return { message: known, answer: answerOf(known), before: true };
    const message = known ?? (await messages.keepSent(draft.office, this.#envelope(draft)));
    return { message, answer: await this.put(message), before: known !== undefined };
  }

  /**
   * Sends what is kept, again and again the same bytes, until the mesh has answered. In a case nothing overtakes: while a withdrawal waits for
   * the mesh, what is written after it waits too.
   */
  async put(kept: KeptMessage): Promise<Sent['answer']> {
    for (const before of await this.parts.messages.unansweredBefore(kept))
      if ((await this.#give(before)).kind === 'waiting') return { kind: 'waiting' };
    return this.#give(kept);
  }

  /** What was to follow one that was refused is not sent by itself later: its author decides anew. */
  async drop(drafts: readonly Draft[]): Promise<void> {
    for (const { office, id } of drafts) await this.parts.messages.drop(office, id);
  }

  async #give(kept: KeptMessage): Promise<Sent['answer']> {
    const { gateway, messages } = this.parts;
    if (kept.message === undefined) return { kind: 'waiting' };
    try {
      const answer = await gateway.send(kept.office, kept.message);
      await messages.answered(kept, answer);
      if (nameOfType(kept.type) === 'tpr2.no-trace' && answer.kind !== 'refused')
        await messages.eraseReceived(kept.office, kept.caseId);
      return answer;
    } catch (error) {
      if (error instanceof MeshError && error.code === 'broker-unavailable')
        return { kind: 'waiting' };
      throw error;
    }
  }

  #envelope({ id, office, actor, name, caseId, to, data }: Draft): MeshEnvelope {
    return {
      specversion: '1.0',
      id,
      source: sourceOf(office),
      type: typeOf(name),
      time: this.parts.clock.now().toISOString(),
      case: caseId,
      to,
      actor,
      data: { ...data },
    };
  }
}

const isOf = (known: KeptMessage, { name, caseId, actor }: Draft): boolean =>
  known.direction === 'sent' &&
  known.type === typeOf(name) &&
  known.caseId === caseId &&
  known.actor === actor;

function answerOf({ answer, problem }: KeptMessage): MeshAnswer {
  return answer === 'refused' && problem !== undefined
    ? { kind: 'refused', problem }
    : { kind: 'accepted' };
}
