import { z } from 'zod';
import type { Clock } from '#libs/clock/clock.js';
import { londonDate } from '#libs/calendar/london-time.js';
import { uuidVersion } from '#libs/contracts/message-id.js';
import type { Viewer } from '../domain/agency.js';
import {
  type HandOver,
  type HandOverState,
  type HeldCase,
  heldBy,
  stateOf,
} from '../domain/hand-over.js';
import { referenceOf } from '../domain/reference.js';
import type { DraftStore, Fields } from './draft.store.js';
import type { GatewayClient } from './gateway.client.js';
import type { Draft, MessageSender } from './message.sender.js';
import type { MessageStore } from './message.store.js';
import { expiredKind } from './sign-in.desk.js';
import type { ViewingStore } from './viewing.store.js';

const kind = 'hand-over';
const keptItems = z.array(
  z.strictObject({ caseId: z.uuid(), id: z.uuid(), reference: z.string() }),
);
const keptHandOver = z.strictObject({
  office: z.string(),
  from: z.string(),
  to: z.string(),
  day: z.string(),
  items: z.string().transform((text) => keptItems.parse(JSON.parse(text))),
});

/** A hand-over, and how each of its cases stands now. */
export interface HandOverSeen {
  readonly handOver: HandOver;
  readonly states: readonly HandOverState[];
}

/** Cases that go to another person of the office, many at once: one message a case. */
export class HandOverDesk {
  constructor(
    private readonly parts: {
      readonly gateway: GatewayClient;
      readonly drafts: DraftStore;
      readonly messages: MessageStore;
      readonly sender: MessageSender;
      readonly viewings: ViewingStore;
      readonly clock: Clock;
    },
  ) {}

  /** What was chosen on the board when the session had ended. */
  async written({ person }: Viewer, kept: string): Promise<Fields | undefined> {
    if (uuidVersion(kept) === undefined) return undefined;
    return this.parts.drafts.read(person.id, expiredKind, kept);
  }

  /** Chooses the ids of the messages, once. @returns the address of the preview */
  begin(
    { person }: Viewer,
    asked: Pick<HandOver, 'office' | 'from' | 'to'> & { readonly cases: readonly HeldCase[] },
  ): Promise<string> {
    const { drafts, sender, clock } = this.parts;
    const { cases, ...ends } = asked;
    const items = cases.map((held) => ({
      caseId: held.caseId,
      id: sender.newId(),
      reference: referenceOf(held),
    }));
    return drafts.write(person.id, kind, {
      ...ends,
      day: londonDate(clock.now()),
      items: JSON.stringify(items),
    });
  }

  /** Undefined alike for another person's and for one that is gone. @throws MeshError where the mesh does not answer */
  async open({ person }: Viewer, draft: string): Promise<HandOverSeen | undefined> {
    const { drafts, gateway, messages, viewings } = this.parts;
    if (uuidVersion(draft) === undefined) return undefined;
    const kept = await drafts.read(person.id, kind, draft);
    if (kept === undefined) return undefined;
    const handOver = keptHandOver.parse(kept);
    const { office, from, items } = handOver;
    await viewings.note({ person: person.id, office, page: 'hand-over' });
    const held = heldBy(await gateway.worklist(office), { office, person: from });
    const sent = await Promise.all(items.map(({ id }) => messages.find(office, id)));
    return { handOver, states: items.map((item, index) => stateOf(item, sent[index], held)) };
  }

  /**
   * Sends what is not sent yet and still lies with that person. All is kept before the first goes; where the mesh is away, the rest goes by
   * itself when it is back.
   */
  async send({ person }: Viewer, { handOver, states }: HandOverSeen): Promise<void> {
    const { sender } = this.parts;
    const drafts = handOver.items
      .filter((_item, index) => states[index]?.kind === 'ready')
      .map(({ caseId, id }): Draft => ({
        id,
        caseId,
        office: handOver.office,
        actor: person.id,
        name: 'case.caseworker-named',
        to: 'mesh',
        data: { person: handOver.to, from: handOver.day },
      }));
    for (const draft of drafts) await sender.keep(draft);
    for (const draft of drafts) {
      const { answer } = await sender.send(draft);
      if (answer.kind === 'waiting') return;
    }
  }
}
