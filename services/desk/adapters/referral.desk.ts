import { randomUUID } from 'node:crypto';
import type { Clock } from '#libs/clock/clock.js';
import type { PartyShown } from '#libs/contracts/ask-around.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { typeOf } from '#libs/contracts/message-table.js';
import { referrers } from '#libs/contracts/participants.js';
import type { Office, Viewer } from '../domain/agency.js';
import { knownClient, newest } from '../domain/case-file.js';
import { consentData, consentTerms } from '../domain/take-consent.js';
import type { ProblemShown } from '../domain/told-by-mesh.js';
import { type TrialShown, trialOrRefusal, trialShown } from '../domain/trial-words.js';
import { type ReferralIds, type ReferralRead, consentsOf } from '../refer/presenter.js';
import type { CaseDesk } from './case.desk.js';
import type { DraftStore, Fields } from './draft.store.js';
import type { GatewayClient } from './gateway.client.js';
import type { Draft, MessageSender } from './message.sender.js';
import type { MessageStore } from './message.store.js';
import { expiredKind } from './sign-in.desk.js';
import type { ViewingStore } from './viewing.store.js';

/** A referral that is being written: its fields, and the ids that its messages will have. */
export interface OpenReferral {
  readonly posted: Fields;
  readonly office: Office;
  readonly parties: readonly PartyShown[];
  /** Empty while there is none. */
  readonly caseId: string;
  readonly previous: string | undefined;
  readonly ids: ReferralIds;
  readonly draft: string;
}

const kind = 'refer';

/** Referrals from the first word to the last message: draft, trial, sending. */
export class ReferralDesk {
  constructor(
    private readonly parts: {
      readonly gateway: GatewayClient;
      readonly cases: CaseDesk;
      readonly drafts: DraftStore;
      readonly messages: MessageStore;
      readonly viewings: ViewingStore;
      readonly sender: MessageSender;
      readonly clock: Clock;
    },
  ) {}

  /** A new one; one that goes on from a draft; one of a case that is there. @throws MeshError `not-found` for who refers nobody */
  async begin(
    viewer: Viewer,
    from: { readonly caseId: string; readonly draft: string; readonly kept: string },
  ): Promise<OpenReferral> {
    const { drafts } = this.parts;
    const person = viewer.person.id;
    if (from.draft !== '') {
      const open = await this.open(viewer, from.draft);
      if (open !== undefined) return open;
    }
    const kept = from.kept === '' ? undefined : await drafts.read(person, expiredKind, from.kept);
    const caseId =
      from.caseId !== '' ? from.caseId : ((kept?.['case'] as string | undefined) ?? '');
    const place = await this.#place(viewer, caseId);
    await this.#note(viewer, place, undefined);
    return { ...place, posted: kept ?? place.posted, draft: '', ids: this.#newIds(caseId) };
  }

  async open(viewer: Viewer, draft: string): Promise<OpenReferral | undefined> {
    if (draft === '') return undefined;
    const kept = await this.parts.drafts.read(viewer.person.id, kind, draft);
    if (kept === undefined) return undefined;
    const { ids, ...posted } = kept;
    const place = await this.#place(
      viewer,
      typeof posted['case'] === 'string' ? posted['case'] : '',
    );
    const chosen = JSON.parse(ids as string) as ReferralIds;
    await this.#note(viewer, place, chosen.caseId);
    return { ...place, posted, draft, ids: chosen };
  }

  /** A case that is there was noted when it was opened. A draft tells who the client is before there is one: it is noted under the case to be. */
  async #note(
    { person }: Viewer,
    { office, caseId }: Pick<OpenReferral, 'office' | 'caseId'>,
    caseToBe: string | undefined,
  ): Promise<void> {
    if (caseId !== '') return;
    const viewing = { person: person.id, office: office.id, page: 'refer' };
    await this.parts.viewings.note({ ...viewing, caseId: caseToBe });
  }

  /** What was refused before is sent under new ids: the old ones are answered for good. */
  async keep(viewer: Viewer, open: OpenReferral, posted: Fields): Promise<string> {
    const { csrf: _csrf, draft: _draft, ...fields } = posted;
    const ids = (await this.#wasRefused(open)) ? this.#newIds(open.ids.caseId) : open.ids;
    const text = { ...fields, ids: JSON.stringify(ids) };
    const id = open.draft === '' ? undefined : open.draft;
    return this.parts.drafts.write(viewer.person.id, kind, text, { id });
  }

  /** Where the referral, or the refusal to be referred, is to be seen, once the mesh has answered it. */
  async sentAlready({ ids, office }: OpenReferral): Promise<string | undefined> {
    const sent = await this.parts.messages.find(office.id, ids.referral);
    return sent === undefined || sent.answer === 'refused'
      ? undefined
      : `/cases/${ids.caseId}/messages/${ids.referral}`;
  }

  /** What would go today; undefined where nothing is to go. @throws MeshError where the mesh does not answer */
  async tried(
    { person }: Viewer,
    open: OpenReferral,
    read: ReferralRead,
  ): Promise<TrialShown | undefined> {
    const { gateway } = this.parts;
    const { office, parties, ids } = open;
    const type = typeOf('referral.requested');
    if (read.tpr1 === 'refused') return undefined;
    if (read.tpr1 === 'stands')
      return this.parts.sender.tried(referralDraft(open, read, person.id));
    const taken = consentsOf(read, { ids, office, person: person.id, parties }).find(
      ({ form }) => form === 'TPR1',
    );
    if (taken === undefined) return undefined;
    const asked = { consent: consentTerms(taken), messages: [{ type, data: read.data }] };
    const lines = await gateway.tryConsent(office.id, asked);
    if (!Array.isArray(lines)) return trialOrRefusal(lines as ProblemShown);
    // What waits for a route shows no fields: those who are named would all get the same.
    const line =
      lines.find(({ to, verdict }) => to === read.to && verdict !== 'waiting') ??
      lines.find(({ passes }) => passes.length > 0) ??
      lines[0];
    return line === undefined ? undefined : trialShown(line);
  }

  /** All is kept before the first goes, so that none is lost between two. @returns the refusal that ended it */
  async send(
    { person }: Viewer,
    open: OpenReferral,
    read: ReferralRead,
  ): Promise<ProblemShown | undefined> {
    const { office, ids, parties } = open;
    const common = { office: office.id, actor: person.id, caseId: ids.caseId };
    const consents = consentsOf(read, { ids, office, person: person.id, parties }).map(
      (taken): Draft => ({
        ...common,
        id: taken.id,
        name: 'consent.recorded',
        to: 'mesh',
        data: consentData(taken),
      }),
    );
    const referral = referralDraft(open, read, person.id);
    return this.#sendAll(read.tpr1 === 'refused' ? consents : [...consents, referral]);
  }

  async #sendAll(drafts: readonly Draft[]): Promise<ProblemShown | undefined> {
    for (const draft of drafts) await this.parts.sender.keep(draft);
    for (const [index, draft] of drafts.entries()) {
      const { answer } = await this.parts.sender.send(draft);
      if (answer.kind === 'refused') {
        await this.parts.sender.drop(drafts.slice(index + 1));
        return answer.problem;
      }
      // The rest goes by itself, in this order, when the mesh is back.
      if (answer.kind === 'waiting') return undefined;
    }
    return undefined;
  }

  async #wasRefused({ ids, office }: OpenReferral): Promise<boolean> {
    const sent = await Promise.all(
      [ids.dpa1, ids.tpr1, ids.referral].map((id) => this.parts.messages.find(office.id, id)),
    );
    return sent.some((message) => message?.answer === 'refused');
  }

  /** Whom and where, by the case where there is one. */
  async #place(viewer: Viewer, caseId: string): Promise<Omit<OpenReferral, 'draft' | 'ids'>> {
    const file = caseId === '' ? undefined : await this.parts.cases.open(viewer, caseId, 'refer');
    const office = file?.office ?? viewer.office;
    if (!referrers.includes(office.kind)) throw new MeshError('not-found', 'no such page');
    const parties = file?.parties ?? (await this.parts.gateway.parties(office.id));
    const client = file === undefined ? undefined : knownClient(file);
    const posted = Object.fromEntries(
      Object.entries(client ?? {}).map(([name, value]) => [`client.${name}`, String(value)]),
    );
    const previous =
      file === undefined
        ? undefined
        : newest(file, ['referral.requested'], ({ sender }) => sender === office.id);
    return { posted, office, parties, caseId, previous: previous?.id };
  }

  #newIds(caseId: string): ReferralIds {
    const { sender, clock } = this.parts;
    return {
      caseId: caseId === '' ? randomUUID() : caseId,
      dpa1: sender.newId(),
      tpr1: sender.newId(),
      referral: sender.newId(),
      takenAt: clock.now().toISOString(),
    };
  }
}

const referralDraft = (
  { ids, office }: OpenReferral,
  read: ReferralRead,
  actor: string,
): Draft => ({
  id: ids.referral,
  office: office.id,
  actor,
  name: 'referral.requested',
  caseId: ids.caseId,
  to: read.to,
  data: read.data,
});
