import type { PartyShown } from '#libs/contracts/ask-around.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { nameOfType } from '#libs/contracts/message-table.js';
import { type Office, type Viewer, officesOf } from '../domain/agency.js';
import type { KeptMessage } from '../domain/kept-message.js';
import { type QueueStep, toPassOn } from '../domain/to-pass-on.js';
import type { AgencyFile } from './agency.file.js';
import type { GatewayClient } from './gateway.client.js';
import type { MessageStore } from './message.store.js';
import type { ViewingStore } from './viewing.store.js';
import type { WorklistCache } from './worklist-cache.js';

/** More are not looked into at once: each takes a question to the mesh. */
const atOnce = 30;

export interface Queue {
  readonly office: Office;
  readonly waiting: readonly QueueStep[];
  /** Beyond those. */
  readonly more: number;
  /** Whom the office may write to; undefined where that cannot be had at present. */
  readonly parties: readonly PartyShown[] | undefined;
  readonly asOf: Date | undefined;
  readonly isThere: boolean;
}

/** What waits at a single point of contact, each with whom it could go to. */
export class QueueDesk {
  constructor(
    private readonly parts: {
      readonly agencyFile: AgencyFile;
      readonly gateway: GatewayClient;
      readonly messages: MessageStore;
      readonly worklists: WorklistCache;
      readonly viewings: ViewingStore;
    },
  ) {}

  /** @throws MeshError `not-found` for who works at no single point of contact; what the note of who looks throws */
  async read(viewer: Viewer): Promise<Queue> {
    const { agencyFile, gateway, worklists, viewings } = this.parts;
    const office = officesOf(agencyFile.current(), viewer).find(({ kind }) => kind === 'spoc');
    if (office === undefined) throw new MeshError('not-found', 'no such page');
    await viewings.note({ person: viewer.person.id, office: office.id, page: 'queue' });
    const [found, parties] = await Promise.all([
      worklists.of(office.id),
      orUndefined(gateway.parties(office.id)),
    ]);
    const steps = toPassOn(found?.worklist.steps ?? [], office.id);
    const waiting = await Promise.all(
      steps.slice(0, atOnce).map(async (step) => ({
        step,
        providers: await orUndefined(gateway.nextProviders(office.id, step.case)),
        isFormKept: hasForm(await this.parts.messages.ofCase(office.id, step.case)),
      })),
    );
    return {
      office,
      waiting,
      more: Math.max(0, steps.length - atOnce),
      parties,
      asOf: found?.asOf,
      isThere: found !== undefined,
    };
  }
}

/** The form that is passed on: the newest of the case, while its content is kept. */
function hasForm(kept: readonly KeptMessage[]): boolean {
  const newest = kept.findLast(
    ({ type, answer }) =>
      ['referral.requested', 'referral.forwarded'].includes(nameOfType(type) ?? '') &&
      answer !== 'refused',
  );
  return newest?.message !== undefined;
}

/** A part that cannot be had leaves the rest readable. */
async function orUndefined<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof MeshError && error.code === 'broker-unavailable') return undefined;
    throw error;
  }
}
