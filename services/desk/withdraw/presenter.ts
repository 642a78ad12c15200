import { londonDate } from '#libs/calendar/london-time.js';
import type { ConsentsShown } from '#libs/contracts/ask.js';
import { nameOfType, ruleOf } from '#libs/contracts/message-table.js';
import {
  type ConsentForm,
  type Purpose,
  consentFormRules,
  consentForms,
} from '#libs/contracts/purposes.js';
import { type CaseFile, isSentByUs, otherEnd, partyName } from '../domain/case-file.js';
import { consentLines } from '../domain/consents-shown.js';
import { formWords, purposeWords } from '../domain/consent-words.js';
import { dayWords } from '#libs/calendar/day-words.js';
import type { Posted } from '../domain/form-values.js';
import { titleOfType } from '../domain/message-words.js';
import { referenceOf } from '../domain/reference.js';
import { type Refusal, refusalOf } from '../domain/told-words.js';
import type { ProblemShown } from '../domain/told-by-mesh.js';

const ways = ['in-person', 'by-telephone', 'in-writing'] as const;
const wayWords: Readonly<Record<(typeof ways)[number], string>> = {
  'in-person': 'In person',
  'by-telephone': 'By telephone',
  'in-writing': 'In writing',
};

const text = (posted: Posted, name: string): string => {
  const value = posted[name];
  return typeof value === 'string' ? value : '';
};

/** Undefined: they could not be had. */
export interface Standing {
  readonly consents: ConsentsShown | undefined;
  readonly now: Date;
}

/** The lines that a withdrawal would end: also those that have not begun. Undefined where that is not known. */
function linesThatEnd({ consents, now }: Standing): ConsentsShown['consents'] | undefined {
  return consents?.consents.filter(
    ({ decision, validUntil }) => decision === 'given' && now < new Date(validUntil),
  );
}

/**
 * The forms to choose from: those of which a line stands, as far as this office sees. An office does not see all that a client agreed to
 * elsewhere, and the client may take that back here too: so all three are a link away, and are there at once where nothing is seen.
 */
function formsOffered(standing: Standing, chosen: string): readonly ConsentForm[] {
  const lines = linesThatEnd(standing) ?? [];
  const seen = consentForms.filter((form) => lines.some((line) => line.form === form));
  const isElsewhere = chosen !== '' && !seen.some((form) => form === chosen);
  return seen.length === 0 || isElsewhere ? consentForms : seen;
}

export interface WithdrawShown extends Standing {
  readonly posted: Posted;
  /** It was sent, and lacks something. */
  readonly isWrong: boolean;
  /** The client means a consent that this office does not see. */
  readonly isAllAsked: boolean;
}

/** Step one: which consent, and how the client said so. No reason is asked. */
export function presentWithdraw(file: CaseFile, shown: WithdrawShown) {
  const { posted, isWrong, isAllAsked } = shown;
  const forms = isAllAsked ? consentForms : formsOffered(shown, text(posted, 'form'));
  const error = (name: string): string =>
    isWrong && text(posted, name) === '' ? 'Choose one' : '';
  const field = (
    name: string,
    label: string,
    choices: readonly { value: string; text: string }[],
  ) => ({
    name,
    id: `f-${name}`,
    label,
    hint: '',
    error: error(name),
    required: true,
    type: 'radios' as const,
    value: '',
    inline: false,
    choices: choices.map((each) => ({ ...each, selected: each.value === text(posted, name) })),
  });
  const form = field(
    'form',
    'Which consent does the client take back?',
    forms.map((value) => ({ value, text: formWords[value] })),
  );
  const how = field(
    'how',
    'How did the client say so?',
    ways.map((value) => ({ value, text: wayWords[value] })),
  );
  return {
    title: 'Withdraw or limit consent',
    caseId: file.view.case,
    reference: referenceOf(file.view),
    fields: [form, how],
    isMoreThere: forms.length < consentForms.length,
    problems: [form, how]
      .filter((each) => each.error !== '')
      .map((each) => ({ anchor: each.id, text: `${each.error}: ${each.label}` })),
  };
}

export interface WithdrawalAsked {
  readonly form: ConsentForm;
  readonly how: (typeof ways)[number];
  readonly keep: readonly Purpose[];
}

/** Undefined where one of the two is not chosen. */
export function readWithdrawal(posted: Posted): WithdrawalAsked | undefined {
  const form = consentForms.find((each) => each === text(posted, 'form'));
  const how = ways.find((each) => each === text(posted, 'how'));
  if (form === undefined || how === undefined) return undefined;
  const value = posted['keep'];
  const kept = value === undefined ? [] : typeof value === 'string' ? [value] : value;
  return { form, how, keep: consentFormRules[form].purposes.filter((each) => kept.includes(each)) };
}

export interface ConfirmShown extends Standing {
  readonly id: string;
  readonly refused?: ProblemShown | undefined;
}

/** Who may tell whom what, in words, of the lines that end. */
function stops(file: CaseFile, form: ConsentForm, standing: Standing): readonly string[] {
  const consents = (linesThatEnd(standing) ?? []).filter((line) => line.form === form);
  const lines = consentLines({ consents, history: [] }, file);
  return [...new Set(lines.map(({ what, until }) => `${what}, ${until}`))];
}

/** Step two: what stops, what the client expressly keeps, and what was already had by whom. */
export function presentConfirm(
  file: CaseFile,
  asked: WithdrawalAsked,
  { id, refused, ...standing }: ConfirmShown,
) {
  const { purposes } = consentFormRules[asked.form];
  return {
    title: 'What stops',
    caseId: file.view.case,
    reference: referenceOf(file.view),
    id,
    form: asked.form,
    how: asked.how,
    formWords: formWords[asked.form],
    stops: stops(file, asked.form, standing),
    isKnown: standing.consents !== undefined,
    purposes: purposes.map((value) => ({
      value,
      text: purposeWords[value],
      selected: asked.keep.includes(value),
    })),
    had: file.view.messages
      .filter((message) => isUnder(message.type, purposes) && message.collected === true)
      .map((message) => {
        const isOwn = isSentByUs(message, file);
        const other = partyName(file, otherEnd(message, file));
        const day = dayWords(londonDate(new Date(message.time)));
        return `${isOwn ? other : file.office.name}: ${titleOfType(message.type)}, ${day}`;
      }),
    refusal: refused === undefined ? (null as Refusal | null) : refusalOf(refused),
  };
}

function isUnder(type: string, purposes: readonly Purpose[]): boolean {
  const name = nameOfType(type);
  const purpose = name === undefined ? null : ruleOf(name).purpose;
  return purpose !== null && purposes.includes(purpose);
}

export const withdrawalData = (
  { form, how, keep }: WithdrawalAsked,
  { at, person }: { readonly at: string; readonly person: string },
): Readonly<Record<string, unknown>> => ({ form, how, keep, withdrawnAt: at, takenBy: person });
