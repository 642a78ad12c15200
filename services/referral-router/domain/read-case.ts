import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { nameOfType } from '#libs/contracts/message-table.js';
import { isPartyId } from '#libs/contracts/party.js';
import { isUntoldStop } from '#libs/contracts/verdict.js';
import { advanceCase } from './advance-case.js';
import { partOf } from './case-part.js';
import { type CaseState, type Surroundings, type View, newView } from './case-state.js';
import type { StepClocks } from './due-date.js';
import { lapseWaits } from './keep-waits.js';
import { whoTreats } from './who-treats.js';

/** What a case is read with. `at`: up to when the clock has run; answers that were late by then are. */
export interface Reading {
  readonly clocks: StepClocks;
  readonly at: Date;
  /** The agency of a party; the party's own id where the directory does not know it. */
  readonly agencyOf: (party: string) => string;
}

/**
 * A case told from its events, whatever order they came in and however often: each record once, by `seq`. A case has some tens of
 * events, so it is told anew each time; nothing has to be mended when one comes late.
 *
 * It is told once for each agency, from what that agency sent, what was cleared to it, and its clock. So no agency's worklist can show
 * what another did not tell it (a refusal, a withdrawal elsewhere, silence): its steps are not made of that.
 */
export function readCase(events: readonly MeshEvent[], reading: Reading): CaseState {
  const records = [
    ...new Map(events.map((event) => [`${event.id}.${event.verdict}`, event])).values(),
  ].sort((a, b) => a.seq - b.seq);
  const common = surroundingsOf(records, reading);
  // To whom nothing passed, a refused message for one, has no part in the case.
  const views = agenciesOf(records, reading).flatMap((agency) => {
    const around = { ...common, agency };
    const known = records.filter((event) => isKnown(event, around));
    return known.length === 0 ? [] : [{ agency, known, view: viewOf(known, reading.at, around) }];
  });
  const isOf = (agency: string) => (row: { readonly holder: { readonly party: string } }) =>
    reading.agencyOf(row.holder.party) === agency;
  const seqOf = new Map(records.map(({ id, seq }) => [id, seq]));
  const bySeq = (a: { readonly cause: string }, b: { readonly cause: string }): number =>
    (seqOf.get(a.cause) ?? 0) - (seqOf.get(b.cause) ?? 0);
  const steps = views.flatMap(({ agency, view }) => view.steps.filter(isOf(agency)));
  return {
    steps: steps.sort(bySeq),
    waits: views.flatMap(({ agency, view }) => view.waits.filter(isOf(agency))).sort(bySeq),
    namings: views
      .flatMap(({ agency, view }) =>
        view.namings.filter(({ party }) => reading.agencyOf(party) === agency),
      )
      .sort((a, b) => a.seq - b.seq),
    tellings: views
      .flatMap(({ agency, view }) => view.tellings.filter(isOf(agency)))
      .filter(
        ({ whileOpen, cause }) => whileOpen !== true || steps.some((step) => step.cause === cause),
      )
      .sort(bySeq),
    parts: views.map(({ agency, known, view }) =>
      partOf(ofAgency(view, isOf(agency)), agency, partiesOf(known, agency, reading)),
    ),
    ...whoTreats(records.filter(isCleared)),
  };
}

const isCleared = ({ verdict }: MeshEvent): boolean =>
  verdict === 'cleared' || verdict === 'cleared-in-part';

function surroundingsOf(
  records: readonly MeshEvent[],
  { clocks, agencyOf }: Reading,
): Omit<Surroundings, 'agency'> {
  const messages = new Map(records.filter(isCleared).map((event) => [event.id, event]));
  const stopped = new Map(
    records.filter(({ verdict }) => verdict === 'stopped').map(({ id, reason }) => [id, reason]),
  );
  const spocs = new Set(
    records.flatMap(({ sender, senderKind, to, recipientKind }) => [
      ...(senderKind === 'spoc' ? [sender] : []),
      ...(recipientKind === 'spoc' ? [to] : []),
    ]),
  );
  return {
    clocks,
    agencyOf,
    isSpoc: (party) => spocs.has(party),
    messageOf: (id) => messages.get(id),
    isStopped: (id) => stopped.has(id),
    isDropped: (id) => stopped.has(id) && !isUntoldStop(stopped.get(id)),
  };
}

/** The agencies that sent or got something, in the order in which they come in. */
function agenciesOf(records: readonly MeshEvent[], { agencyOf }: Reading): readonly string[] {
  const parties = records.flatMap(({ sender, senderKind, to, recipientKind }) => [
    ...(senderKind === 'guard' || senderKind === 'service' ? [] : [sender]),
    ...(recipientKind === 'service' ? [] : [to]),
  ]);
  return [...new Set(parties.filter(isPartyId).map(agencyOf))];
}

/** What an agency knows of: its own, what it got, its reminders, and what the guard made of its own withdrawal. */
function isKnown(event: MeshEvent, around: Surroundings): boolean {
  if (isSentOrHad(event, around)) return true;
  const anchor = event.cause === undefined ? undefined : around.messageOf(event.cause);
  if (anchor === undefined) return false;
  return nameOfType(event.type) === 'reminder.due'
    ? isSentOrHad(anchor, around)
    : event.senderKind === 'guard' && around.agencyOf(anchor.sender) === around.agency;
}

const isSentOrHad = (event: MeshEvent, { agency, agencyOf, isStopped }: Surroundings): boolean =>
  agencyOf(event.sender) === agency ||
  (isCleared(event) && !isStopped(event.id) && agencyOf(event.to) === agency);

function viewOf(known: readonly MeshEvent[], at: Date, around: Surroundings): View {
  const told = known.reduce(
    (view, event) =>
      advanceCase(lapseWaits(view, new Date(event.recordedAt), around), event, around),
    newView(known[0]?.recordedAt ?? at.toISOString()),
  );
  return lapseWaits(told, at, around);
}

const ofAgency = (
  view: View,
  isOf: (row: { readonly holder: { readonly party: string } }) => boolean,
): View => ({ ...view, steps: view.steps.filter(isOf), waits: view.waits.filter(isOf) });

function partiesOf(
  known: readonly MeshEvent[],
  agency: string,
  { agencyOf }: Reading,
): readonly string[] {
  const parties = known.flatMap(({ sender, to }) => [sender, to]).filter(isPartyId);
  return [...new Set(parties)].filter((party) => agencyOf(party) === agency);
}
