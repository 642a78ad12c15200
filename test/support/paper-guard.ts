import { createHash } from 'node:crypto';
import type { Timeline } from '#libs/contracts/ask.js';
import type { DeliveredMessage } from '#libs/contracts/mesh-message.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { effectId } from '#libs/contracts/message-id.js';
import { typeOf } from '#libs/contracts/message-table.js';
import type { Problem } from '#libs/contracts/problem.js';
import { type ReadMessage, readMessageText } from '#libs/contracts/read-message.js';
import { toEvent } from '#services/consent-guard/adapters/event.book.js';
import { decide } from '#services/consent-guard/domain/decide.js';
import { Directory, partyOf, personOf } from '#services/consent-guard/domain/directory.js';
import type { Effect } from '#services/consent-guard/domain/effect.js';
import {
  type GuardRecord,
  isCleared,
  reasonOf,
} from '#services/consent-guard/domain/guard-record.js';
import { restsOnLines } from '#services/consent-guard/domain/rests-on-lines.js';
import { World } from '#services/consent-guard/domain/world.js';
import type { PartyPut, PersonPut } from '#libs/contracts/service-forms.js';
import { printsOf, uuidOf } from './guard-builders.js';
import type { ClientShown } from './guard-forms.js';

/** A message that the guard cleared, for whoever is to have it. */
export interface PaperDelivery {
  readonly recipient: string;
  readonly message: DeliveredMessage;
}

export interface Judged {
  readonly problems: readonly Problem[];
  readonly events: readonly MeshEvent[];
  readonly deliveries: readonly PaperDelivery[];
}

/** The guard's own decisions, one message after the other, with the world in memory instead of a database. */
export class PaperGuard {
  readonly #world: World;
  readonly #records: { readonly record: GuardRecord; readonly at: Date }[] = [];

  constructor(parties: readonly PartyPut[], people: readonly PersonPut[]) {
    this.#world = new World({
      directory: Directory.of(parties.map(partyOf), people.map(personOf)),
      clients: [],
      cases: [],
      scopes: [],
      records: [],
      held: [],
    });
  }

  /** What the guard decides of a message at an instant; problems where its shape is wrong. */
  judge(text: string, sender: string, at: Date): Judged {
    const read = readMessageText(text, at.getTime());
    if (!read.ok) return { problems: read.problems, events: [], deliveries: [] };
    const decision = decide(this.#incoming(read.message, sender, text), this.#world, at.getTime());
    const records = [decision.record, ...decision.others];
    const deliveries: PaperDelivery[] = [];
    for (const effect of decision.effects) {
      this.#world.apply(effect);
      if (effect.kind === 'deliver') deliveries.push(effect);
      if (effect.kind === 'withdraw') this.#withdraw(effect, { at, records, deliveries });
    }
    return { problems: [], events: records.map((record) => this.#keep(record, at)), deliveries };
  }

  timeline(id: string): Timeline | undefined {
    const own = this.#records.filter(({ record }) => record.id === id);
    const last = own.at(-1)?.record;
    if (last === undefined) return undefined;
    return {
      id,
      type: typeOf(last.name),
      sender: last.sender,
      to: last.recipient ?? last.to,
      time: last.time,
      state: last.verdict.kind,
      records: own.map(({ record: { verdict }, at }) => {
        const reason = reasonOf(verdict);
        const told = reason === undefined ? {} : { reason };
        return { verdict: verdict.kind, at: at.toISOString(), ...told };
      }),
    };
  }

  #incoming(read: ReadMessage, sender: string, text: string): Parameters<typeof decide>[0] {
    const client = read.envelope.data['client'] as ClientShown | undefined;
    const prints = client === undefined ? undefined : printsOf(client);
    const known = prints?.identity ?? `case ${read.envelope.case}`;
    const digest = createHash('sha256').update(text).digest('hex');
    return {
      read,
      sender,
      digest,
      prints,
      derivedClient: prints === undefined ? undefined : uuidOf(known),
    };
  }

  #keep(record: GuardRecord, at: Date): MeshEvent {
    this.#world.putRecord(record);
    this.#records.push({ record, at });
    return toEvent({ ...record, seq: this.#records.length, recordedAt: at });
  }

  /** Each party that had something under the lines gets one instruction a case. On paper all that was delivered was collected, too. */
  #withdraw(
    { client, withdrawalId, lines }: Effect & { readonly kind: 'withdraw' },
    { at, records, deliveries }: Ended,
  ): void {
    if (lines.some(({ ruledOut }) => ruledOut !== undefined)) return;
    const told = this.#records
      .map(({ record }) => record)
      .filter(
        (record) => record.client === client && isCleared(record) && restsOnLines(record, lines),
      );
    const holders = new Map(told.map((record) => [`${record.recipient}/${record.caseId}`, record]));
    for (const [holder, about] of holders) {
      const { recipient = '', caseId } = about;
      const id = effectId(withdrawalId, 'stop-using', holder);
      const message = instruction(id, recipient, at);
      deliveries.push({ recipient, message: { ...message, case: caseId } as DeliveredMessage });
      records.push(instructionRecord(about, { id, cause: withdrawalId, at }));
    }
  }
}

interface Ended {
  readonly at: Date;
  readonly records: GuardRecord[];
  readonly deliveries: PaperDelivery[];
}

const instruction = (id: string, to: string, at: Date): Record<string, unknown> => ({
  specversion: '1.0',
  id,
  source: '/parties/guard',
  type: typeOf('instruction.stop-using'),
  time: at.toISOString(),
  to,
  data: { what: 'stop-using-and-take-off-the-record' },
});

/** The guard's own record about what a party had. */
function instructionRecord(
  about: GuardRecord,
  { id, cause, at }: { readonly id: string; readonly cause: string; readonly at: Date },
): GuardRecord {
  const guard = { sender: 'guard', senderKind: 'guard', senderAgency: 'guard' } as const;
  const nothing = { actor: undefined, facts: {}, consents: [], inner: undefined, ordinal: 0 };
  return {
    ...about,
    ...guard,
    ...nothing,
    id,
    name: 'instruction.stop-using',
    to: about.recipient ?? '',
    cause,
    time: at.toISOString(),
    digest: '',
    verdict: { kind: 'cleared' },
  };
}
