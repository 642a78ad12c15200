import type { Timeline } from '#libs/contracts/ask.js';
import { type FormField, formShape } from '#libs/contracts/form-shape.js';
import { type MessageName, messageNames, ruleOf } from '#libs/contracts/message-table.js';
import type { PartyKind } from '#libs/contracts/party.js';
import {
  type CaseFile,
  citedBy,
  keptData,
  knownClient,
  mayGet,
  isSentByUs,
  newest,
  recipientOf,
} from './case-file.js';
import { inPageOrder } from './page-order.js';
import { isPreviewed } from './previewed.js';

type Data = Readonly<Record<string, unknown>>;

/** What an action needs beside the person's own words. */
export interface ActionForm {
  readonly name: MessageName;
  /** Who gets it; undefined where the person chooses. */
  readonly to: string | undefined;
  /** Filled by the case itself: ids of what it answers, who the client is. */
  readonly given: Data;
  readonly fields: readonly FormField[];
  /** The outcome that stands already, where this one corrects it. */
  readonly corrects: string | undefined;
}

/** These have pages of their own: consents, referrals, withdrawals, the client's view. */
const withOwnPage: ReadonlySet<MessageName> = new Set([
  'consent.recorded',
  'consent.withdrawn',
  'referral.requested',
  'client-view.requested',
  'client-view.approved',
]);

/** Who gets these is for the person to choose, whoever is in the case already. */
const chosen: ReadonlySet<MessageName> = new Set(['referral.forwarded', 'case.moved-office']);

const outcomes: readonly MessageName[] = ['appointment.attended', 'appointment.did-not-attend'];
const appointments: readonly MessageName[] = ['appointment.booked', 'appointment.moved'];

/** May this kind of office send it from a case, by a form of the desk? */
export const isSendable = (name: MessageName, kind: PartyKind): boolean =>
  ruleOf(name).from.includes(kind) && ruleOf(name).caseUse === 'needs' && !withOwnPage.has(name);

/** The form of an action in a case; undefined where the case has nothing that it could answer, or nobody it could go to. */
export function actionForm(file: CaseFile, name: MessageName): ActionForm | undefined {
  const rule = ruleOf(name);
  const cited = citedBy(file, name);
  if (rule.cites !== undefined && cited === undefined) return undefined;
  const to = chosen.has(name) ? undefined : recipientOf(file, name);
  if (to === undefined && mayGet(file, name).length === 0) return undefined;
  const shape = formShape(rule.form);
  const given: Record<string, unknown> = {
    ...filledBy(file, name, cited),
    ...(rule.cites === undefined ? {} : { [rule.cites]: cited?.id }),
  };
  const corrects = correctedBy(file, name, cited);
  if (corrects !== undefined) given['corrects'] = corrects;
  if (needsClient(shape) && given['client'] === undefined) return undefined;
  const isAsked = ({ path, kind }: FormField): boolean =>
    kind !== 'id' && given[path.split('.')[0] ?? ''] === undefined;
  return { name, to, given, corrects, fields: inPageOrder(name, shape.filter(isAsked)) };
}

const needsClient = (shape: readonly FormField[]): boolean =>
  shape.some(({ path, required }) => path === 'client.surname' && required);

/** What the case knows by itself. */
function filledBy(file: CaseFile, name: MessageName, cited: Timeline | undefined): Data {
  const client = knownClient(file);
  const about = client === undefined ? {} : { client };
  if (name === 'referral.forwarded') return { ...keptData(file, cited?.id) };
  if (name === 'provider.notice' || name === 'dpa1.returned') return about;
  if (name === 'tpr2.shared') {
    const { name: office, phone } = file.office;
    return { ...about, provider: { name: office, ...(phone === undefined ? {} : { phone }) } };
  }
  if (!outcomes.includes(name)) return {};
  const appointment = newest(file, appointments, ownSince(file, cited));
  return appointment === undefined ? {} : { appointment: appointment.id };
}

/** Appointments and outcomes of an earlier referral are settled: a client who is referred again begins anew. */
const ownSince =
  (file: CaseFile, referral: Timeline | undefined) =>
  (message: Timeline): boolean =>
    isSentByUs(message, file) && (referral === undefined || message.time >= referral.time);

/** An appointment has one outcome: a second one says which was wrong. */
function correctedBy(
  file: CaseFile,
  name: MessageName,
  cited: Timeline | undefined,
): string | undefined {
  if (!outcomes.includes(name)) return undefined;
  const appointment = newest(file, appointments, ownSince(file, cited));
  const outcome = newest(file, outcomes, ownSince(file, cited));
  if (outcome === undefined || (appointment !== undefined && outcome.time < appointment.time))
    return undefined;
  return outcome.id;
}

/** All that this office could send in this case now, in the order of the table. */
export function possibleActions(file: CaseFile): readonly MessageName[] {
  return messageNames.filter(
    (name) =>
      name !== 'step.done' &&
      isSendable(name, file.office.kind) &&
      actionForm(file, name) !== undefined,
  );
}

/** A day that the button may fill in by itself: today. */
const isToday = ({ path, kind }: FormField): boolean => kind === 'date' && path === 'notedOn';

/** One tap: nothing to be typed, nothing to be chosen, nothing told that the client's consent could cut. */
export const isOneTap = ({ name, fields, to }: ActionForm): boolean =>
  to !== undefined &&
  !isPreviewed(name) &&
  fields.every((field) => !field.required || isToday(field));
