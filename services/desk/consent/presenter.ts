import { type FormField, formShape } from '#libs/contracts/form-shape.js';
import { ruleOf } from '#libs/contracts/message-table.js';
import type { PartyKind } from '#libs/contracts/party.js';
import {
  type Category,
  type ConsentForm,
  type Purpose,
  categories,
  consentFormRules,
  consentForms,
} from '#libs/contracts/purposes.js';
import { type CaseFile, knownClient, otherEnd } from '../domain/case-file.js';
import { categoryWords, formWords, languages, purposeWords } from '../domain/consent-words.js';
import { type Choice, type FieldModel, errorList, fieldModel } from '../domain/field-models.js';
import { type FieldProblem, type Posted, readForm } from '../domain/form-values.js';
import { valueWords } from '../domain/field-words.js';
import { referenceOf } from '../domain/reference.js';
import { type SavedForm, savedWords } from '../domain/saved-form.js';
import { type ConsentTaken, dpa1Terms } from '../domain/take-consent.js';
import { type Refusal, refusalOf } from '../domain/told-words.js';
import type { ProblemShown } from '../domain/told-by-mesh.js';

type Data = Readonly<Record<string, unknown>>;

/** Whom each form lets be told. */
const mayBeTold: Readonly<Record<ConsentForm, readonly PartyKind[]>> = {
  DPA1: [],
  TPR1: ['treatment-provider', 'spoc'],
  TPR2: ['jobcentre', 'contracted-provider', 'probation'],
};

/** Categories that a client is asked about. The others say nothing of the client, or a form makes no sense without them. */
const asked: readonly Category[] = categories.filter(
  (name) => !['administration', 'identity', 'criminal-justice-route'].includes(name),
);

export const formsTakenBy = (kind: PartyKind): readonly ConsentForm[] =>
  consentForms.filter((form) => consentFormRules[form].takenBy.includes(kind));

const listOf = (posted: Posted, name: string): readonly string[] => {
  const value = posted[name];
  if (value === undefined) return [];
  return typeof value === 'string' ? (value === '' ? [] : [value]) : value;
};
const textOf = (posted: Posted, name: string): string => listOf(posted, name)[0] ?? '';

const identity: readonly FormField[] = formShape(ruleOf('consent.recorded').form).filter(
  ({ path }) =>
    ['client.surname', 'client.otherNames', 'client.dateOfBirth', 'client.nino'].includes(path),
);

interface Shown {
  readonly form: ConsentForm;
  readonly posted: Posted;
  readonly problems: readonly FieldProblem[];
  readonly id: string;
  readonly refused?: ProblemShown | undefined;
  /** Where it was put aside before. */
  readonly saved?: SavedForm | undefined;
}

const yesNo: readonly Choice[] = [
  { value: 'yes', text: 'Yes' },
  { value: 'no', text: 'No' },
];
const decisions: readonly Choice[] = [
  { value: 'given', text: 'Yes' },
  { value: 'refused', text: 'No' },
];

type Fill = Pick<Shown, 'posted' | 'problems'>;

const groundOf = ({ posted, problems }: Fill) => ({
  posted,
  problems,
  which: [],
  people: [],
  parties: [],
});

/** A group of boxes of the page's own. */
function boxes(
  { name, label }: { readonly name: string; readonly label: string },
  choices: readonly Choice[],
  fill: Fill,
): FieldModel {
  const field = {
    path: name,
    kind: 'choices',
    required: true,
    choices: [],
    maxLength: 60,
  } as const;
  return {
    ...fieldModel(field, groundOf(fill)),
    label,
    hint: '',
    choices: choices.map((each) => ({
      ...each,
      selected: listOf(fill.posted, name).includes(each.value),
    })),
  };
}

const radios = (...parts: Parameters<typeof boxes>): FieldModel => ({
  ...boxes(...parts),
  type: 'radios',
});

/** Seek consent: one page, the same whether the client was never asked, said no, took it back, or it lapsed. */
export function presentConsent(file: CaseFile, shown: Shown) {
  const { form, problems, id, refused } = shown;
  return {
    title: 'Seek consent',
    caseId: file.view.case,
    reference: referenceOf(file.view),
    id,
    form,
    formWords: formWords[form],
    otherForms: formsTakenBy(file.office.kind)
      .filter((each) => each !== form)
      .map((each) => ({
        text: formWords[each],
        href: `/cases/${file.view.case}/consent?form=${each}`,
      })),
    script: scriptOf(shown),
    decision: [radios({ name: 'decision', label: 'What does the client say?' }, decisions, shown)],
    scope: [...scopeOf(file, shown), ...exclusionsOf(shown)],
    record: [
      radios({ name: 'copy', label: 'Was a copy of the form given?' }, yesNo, shown),
      radios(
        { name: 'language', label: 'In which language was the client told?' },
        languages,
        shown,
      ),
    ],
    who:
      knownClient(file) === undefined
        ? identity.map((field) => fieldModel(field, groundOf(shown)))
        : [],
    saved: savedWords(shown.saved),
    problems: errorList(problems),
    refusal: refused === undefined ? (null as Refusal | null) : refusalOf(refused),
  };
}

function scriptOf(shown: Shown): readonly FieldModel[] {
  const choices = consentFormRules[shown.form].statements.map((value) => ({
    value,
    text: valueWords(value),
  }));
  const label = 'Tell the client, and tick each point as you say it';
  return choices.length === 0 ? [] : [boxes({ name: 'statements', label }, choices, shown)];
}

/** A DPA1 is about one's own record: nothing to choose. */
function scopeOf(file: CaseFile, shown: Shown): readonly FieldModel[] {
  if (shown.form === 'DPA1') return [];
  const purposes = consentFormRules[shown.form].purposes.map((value) => ({
    value,
    text: capital(purposeWords[value]),
  }));
  return [
    boxes({ name: 'purposes', label: 'What may be told?' }, purposes, shown),
    boxes({ name: 'parties', label: 'Who may be told?' }, toldChoices(file, shown.form), shown),
  ];
}

function exclusionsOf(shown: Shown): readonly FieldModel[] {
  if (shown.form !== 'TPR2') return [];
  const excluded = asked.map((value) => ({ value, text: categoryWords[value] }));
  const never = { name: 'excluded', label: 'What is never to be told?' };
  const route = {
    name: 'criminalJustice',
    label: 'May it be told that the route was criminal justice?',
  };
  return [
    { ...boxes(never, excluded, shown), required: false },
    { ...radios(route, yesNo, shown), required: false },
  ];
}

const capital = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}`;

const toldChoices = (file: CaseFile, form: ConsentForm): readonly Choice[] =>
  file.parties
    .filter(({ kind }) => mayBeTold[form].includes(kind))
    .map(({ id, name }) => ({ value: id, text: name }));

/** What the page shows before anybody typed: those who are in the case already are named. */
export function usualConsent(file: CaseFile, form: ConsentForm): Posted {
  const inCase = new Set(file.view.messages.map((message) => otherEnd(message, file)));
  return {
    parties: toldChoices(file, form)
      .map(({ value }) => value)
      .filter((id) => inCase.has(id)),
    purposes: consentFormRules[form].purposes.filter((each) => each !== 'agree-ete-lead'),
    language: 'en',
  };
}

export interface ConsentRead {
  readonly taken: ConsentTaken | undefined;
  readonly problems: readonly FieldProblem[];
}

export function readConsent(
  file: CaseFile,
  { form, posted }: Pick<Shown, 'form' | 'posted'>,
  ground: { readonly id: string; readonly at: string },
): ConsentRead {
  const rule = consentFormRules[form];
  const known = knownClient(file);
  const decision = (['given', 'refused'] as const).find(
    (each) => each === textOf(posted, 'decision'),
  );
  const purposes = rule.purposes.filter((each) => listOf(posted, 'purposes').includes(each));
  const parties = toldChoices(file, form)
    .map(({ value }) => value)
    .filter((each) => listOf(posted, 'parties').includes(each));
  const who = known === undefined ? readIdentity(posted) : { client: known, problems: [] };
  const problems = [...missing(posted, form, { purposes, parties, decision }), ...who.problems];
  if (problems.length > 0 || decision === undefined) return { taken: undefined, problems };
  const dpa1 = dpa1Terms(file.office.kind === 'contracted-provider', file.parties);
  const taken: ConsentTaken = {
    form,
    decision,
    client: who.client,
    purposes: form === 'DPA1' ? dpa1.purposes : purposes,
    to: form === 'DPA1' ? dpa1.to : { parties },
    excludedCategories: asked.filter((each) => listOf(posted, 'excluded').includes(each)),
    isCriminalJusticeIncluded: textOf(posted, 'criminalJustice') === 'yes',
    takenAt: ground.at,
    takenBy: file.viewer.person.id,
    statements: rule.statements.filter((each) => listOf(posted, 'statements').includes(each)),
    language: textOf(posted, 'language'),
    isCopyGiven: textOf(posted, 'copy') === 'yes',
    id: ground.id,
  };
  return { taken, problems: [] };
}

function missing(
  posted: Posted,
  form: ConsentForm,
  read: {
    readonly purposes: readonly Purpose[];
    readonly parties: readonly string[];
    readonly decision: string | undefined;
  },
): readonly FieldProblem[] {
  const { statements } = consentFormRules[form];
  const said = listOf(posted, 'statements');
  const isUntold = read.decision === 'given' && statements.some((each) => !said.includes(each));
  return [
    ...(isUntold
      ? [{ path: 'statements', text: 'Tell the client all of it, and tick each point' }]
      : []),
    ...(read.decision === undefined
      ? [{ path: 'decision', text: 'Choose what the client says' }]
      : []),
    ...(form !== 'DPA1' && read.purposes.length === 0
      ? [{ path: 'purposes', text: 'Choose what may be told' }]
      : []),
    ...(form !== 'DPA1' && read.parties.length === 0
      ? [{ path: 'parties', text: 'Choose who may be told' }]
      : []),
    ...(textOf(posted, 'copy') === ''
      ? [{ path: 'copy', text: 'Choose whether a copy was given' }]
      : []),
    ...(textOf(posted, 'language') === ''
      ? [{ path: 'language', text: 'Choose the language' }]
      : []),
  ];
}

/** Typed where the desk has no form of the client any more. */
function readIdentity(posted: Posted): {
  readonly client: Data;
  readonly problems: readonly FieldProblem[];
} {
  const nino = textOf(posted, 'client.nino').toUpperCase().replaceAll(/\s/g, '');
  const { data, problems } = readForm('consent.recorded', identity, {
    ...posted,
    'client.nino': nino,
  });
  return {
    client: (data['client'] ?? {}) as Data,
    problems: problems.filter(({ path }) => path.startsWith('client.')),
  };
}
