import type { PartyShown } from '#libs/contracts/ask-around.js';
import { type FormField, formShape } from '#libs/contracts/form-shape.js';
import { ruleOf } from '#libs/contracts/message-table.js';
import type { Office } from '../domain/agency.js';
import { languages } from '../domain/consent-words.js';
import { type Choice, type FieldModel, errorList, fieldModel } from '../domain/field-models.js';
import { type FieldProblem, type FormRead, type Posted, readForm } from '../domain/form-values.js';
import { type ConsentTaken, dpa1Terms, namedFor } from '../domain/take-consent.js';
import { type Refusal, refusalOf } from '../domain/told-words.js';
import type { ProblemShown } from '../domain/told-by-mesh.js';
import type { TrialShown } from '../domain/trial-words.js';

type Data = Readonly<Record<string, unknown>>;

const asked = [
  'client.surname',
  'client.otherNames',
  'client.dateOfBirth',
  'client.nino',
  'contact.phone',
  'benefit',
  'told',
  'travelCostsConsidered',
];
const referralFields = formShape(ruleOf('referral.requested').form).filter(({ path }) =>
  asked.includes(path),
);

const choice = (path: string): FormField => ({
  path,
  kind: 'choice',
  required: true,
  choices: [],
  maxLength: 40,
});

/** What one page asks: who, where to, what was told, what the client agrees to. */
export interface ReferralPage {
  readonly posted: Posted;
  readonly office: Office;
  readonly parties: readonly PartyShown[];
  /** A case that is there already: the client is referred again. */
  readonly caseId: string;
  readonly problems: readonly FieldProblem[];
}

/** Whom the client can be referred to: each provider and point of contact, and the areas that they serve. */
export function placesOf(parties: readonly PartyShown[]): readonly Choice[] {
  const takers = parties.filter(({ kind }) => ['treatment-provider', 'spoc'].includes(kind));
  const districts = new Set(takers.flatMap(({ serves }) => serves.map(({ district }) => district)));
  return [
    ...takers.map(({ id, name }) => ({ value: id, text: name })),
    ...[...districts].toSorted().map((district) => ({
      value: `area:${district}/treatment`,
      text: `Whoever serves the area: ${district.replaceAll('-', ' ')}`,
    })),
  ];
}

const dpa1Choices: readonly Choice[] = [
  { value: 'given', text: 'Yes: the job centre may keep it on its record' },
  { value: 'refused', text: 'No' },
  { value: 'not-asked', text: 'Not asked today' },
];
const tpr1Choices: readonly Choice[] = [
  { value: 'given', text: 'Yes: to the referral, and to hearing what comes of it' },
  { value: 'refused', text: 'No' },
];
const standing: Choice = {
  value: 'stands',
  text: 'The consent that was recorded before still stands',
};

const usualLanguage = 'en';

/** A group of radios of the page's own. */
function radios(
  field: { name: string; label: string; hint?: string },
  choices: readonly Choice[],
  page: ReferralPage,
) {
  const model = fieldModel(choice(field.name), {
    posted: page.posted,
    problems: page.problems,
    which: [],
    people: [],
    parties: [],
  });
  return {
    ...model,
    label: field.label,
    hint: field.hint ?? '',
    choices: choices.map((each) => ({ ...each, selected: page.posted[field.name] === each.value })),
  };
}

/** What is recorded of how the client was asked. */
const howTold = (page: ReferralPage): readonly FieldModel[] => [
  radios({ name: 'copy', label: 'Was a copy of the form given?' }, yesNo, page),
  radios({ name: 'language', label: 'In which language was the client told?' }, languages, {
    ...page,
    posted: { language: usualLanguage, ...page.posted },
  }),
];

const yesNo: readonly Choice[] = [
  { value: 'yes', text: 'Yes' },
  { value: 'no', text: 'No' },
];

/** All that is ticked as it is said, in one list. Travel costs that are not ticked were not considered. */
function scriptOf(told: readonly FieldModel[], { posted }: ReferralPage): readonly FieldModel[] {
  const travel = {
    name: 'travelCostsConsidered',
    value: 'yes',
    text: 'Travel costs were considered',
    selected: posted['travelCostsConsidered'] === 'yes',
  };
  return told.map((field) => ({ ...field, choices: [...field.choices, travel] }));
}

export function presentRefer(page: ReferralPage, draft: string) {
  const ground = {
    posted: page.posted,
    problems: page.problems,
    which: [],
    people: [],
    parties: [],
  };
  const models = referralFields.map((field) => fieldModel(field, ground));
  const pick = (...paths: readonly string[]) => models.filter(({ name }) => paths.includes(name));
  const place = fieldModel(
    { ...choice('to'), kind: 'party' },
    { ...ground, parties: placesOf(page.parties) },
  );
  return {
    title: page.caseId === '' ? 'Refer a client' : 'Refer again',
    caseId: page.caseId,
    draft,
    problems: errorList(page.problems),
    who: pick(
      'client.surname',
      'client.otherNames',
      'client.dateOfBirth',
      'client.nino',
      'contact.phone',
    ),
    benefit: pick('benefit'),
    script: scriptOf(pick('told'), page),
    dpa1: [
      radios(
        {
          name: 'dpa1',
          label: 'DPA1: may the job centre record it?',
          hint: 'The referral does not depend on it',
        },
        dpa1Choices,
        page,
      ),
    ],
    tpr1: [
      { ...place, label: 'Refer to' },
      radios(
        { name: 'tpr1', label: 'TPR1: does the client agree to be referred?' },
        page.caseId === '' ? tpr1Choices : [standing, ...tpr1Choices],
        page,
      ),
      ...howTold(page),
    ],
  };
}

export interface ReferralRead {
  readonly data: Data;
  readonly problems: FormRead['problems'];
  readonly to: string;
  readonly dpa1: 'given' | 'refused' | 'not-asked';
  readonly tpr1: 'given' | 'refused' | 'stands';
  readonly isCopyGiven: boolean;
  readonly language: string;
  /** What was ticked in the script. */
  readonly told: readonly string[];
}

const text = (posted: Posted, name: string): string => {
  const value = posted[name];
  return typeof value === 'string' ? value : '';
};

const oneOf = <T extends string>(value: string, known: readonly T[]): T | undefined =>
  known.find((each) => each === value);

export function readReferral(
  posted: Posted,
  {
    parties,
    caseId,
    previous,
  }: { parties: readonly PartyShown[]; caseId: string; previous: string | undefined },
): ReferralRead {
  const given = previous === undefined ? {} : { previousReferral: previous };
  const { data, problems } = readForm('referral.requested', referralFields, cleaned(posted), given);
  const dpa1 = oneOf(text(posted, 'dpa1'), ['given', 'refused', 'not-asked'] as const);
  const tpr1 = oneOf(text(posted, 'tpr1'), ['given', 'refused', 'stands'] as const);
  const to = placesOf(parties).find(({ value }) => value === text(posted, 'to'))?.value;
  const missing: FieldProblem[] = [];
  if (to === undefined) missing.push({ path: 'to', text: 'Choose whom the client is referred to' });
  if (dpa1 === undefined)
    missing.push({ path: 'dpa1', text: 'Choose what the client said to the DPA1' });
  if (tpr1 === undefined || (tpr1 === 'stands' && caseId === ''))
    missing.push({ path: 'tpr1', text: 'Choose what the client said to the referral' });
  if (!['yes', 'no'].includes(text(posted, 'copy')))
    missing.push({ path: 'copy', text: 'Choose whether a copy was given' });
  const language = languages.find(({ value }) => value === text(posted, 'language'))?.value;
  if (language === undefined) missing.push({ path: 'language', text: 'Choose the language' });
  return {
    data,
    problems: [...problems, ...missing],
    to: to ?? '',
    dpa1: dpa1 ?? 'not-asked',
    tpr1: tpr1 ?? 'refused',
    isCopyGiven: text(posted, 'copy') === 'yes',
    language: language ?? usualLanguage,
    told: Array.isArray(data['told']) ? data['told'].map(String) : [],
  };
}

/** NI numbers are typed with spaces and small letters. A box that is not ticked is not sent. */
const cleaned = (posted: Posted): Posted => ({
  ...posted,
  travelCostsConsidered: text(posted, 'travelCostsConsidered') === 'yes' ? 'yes' : 'no',
  'client.nino': text(posted, 'client.nino').toUpperCase().replaceAll(/\s/g, ''),
});

export interface ReferralIds {
  readonly caseId: string;
  readonly dpa1: string;
  readonly tpr1: string;
  readonly referral: string;
  readonly takenAt: string;
}

/** The answers of the client to be recorded, in this order. */
export function consentsOf(
  read: ReferralRead,
  ground: {
    readonly ids: ReferralIds;
    readonly office: Office;
    readonly person: string;
    readonly parties: readonly PartyShown[];
  },
): readonly ConsentTaken[] {
  const { ids, office, person, parties } = ground;
  const common = {
    client: read.data['client'] as Data,
    excludedCategories: [],
    isCriminalJusticeIncluded: false,
    takenAt: ids.takenAt,
    takenBy: person,
    language: read.language,
    isCopyGiven: read.isCopyGiven,
  };
  const taken: ConsentTaken[] = [];
  if (read.dpa1 !== 'not-asked')
    taken.push({
      ...common,
      ...dpa1Terms(office.kind === 'contracted-provider', parties),
      form: 'DPA1',
      // The script is about the referral: of the record it says nothing.
      statements: [],
      decision: read.dpa1,
      id: ids.dpa1,
    });
  if (read.tpr1 !== 'stands')
    taken.push({
      ...common,
      form: 'TPR1',
      statements: read.told,
      decision: read.tpr1,
      purposes: ['refer-to-treatment', 'attendance-feedback'],
      to: namedFor(read.to, parties),
      id: ids.tpr1,
    });
  return taken;
}

export interface Preview {
  readonly read: ReferralRead;
  readonly parties: readonly PartyShown[];
  readonly trial: TrialShown | undefined;
  readonly draft: string;
  readonly hasChanged: boolean;
  readonly refused: ProblemShown | undefined;
  /** Of all that is shown here and would be sent: `seenOf`. */
  readonly seen: string;
}

/** Before sending. A refusal to be referred is recorded, and nothing goes. */
export function presentPreview(preview: Preview) {
  const { read, parties, trial, draft, hasChanged, refused, seen } = preview;
  const nameOfPlace = placesOf(parties).find(({ value }) => value === read.to)?.text ?? read.to;
  const named = (namedFor(read.to, parties)['parties'] as readonly string[])
    .map((id) => parties.find((party) => party.id === id)?.name ?? id)
    .toSorted();
  const isRefused = read.tpr1 === 'refused';
  return {
    title: 'Before you send',
    draft,
    to: nameOfPlace,
    isRefused,
    named: read.tpr1 === 'given' ? named : [],
    language: languages.find(({ value }) => value === read.language)?.text ?? read.language,
    dpa1: { given: 'Yes', refused: 'No', 'not-asked': 'Not asked' }[read.dpa1],
    tpr1: { given: 'Yes', refused: 'No', stands: 'As recorded before' }[read.tpr1],
    trial: trial ?? null,
    seen,
    hasChanged,
    refusal: refused === undefined ? (null as Refusal | null) : refusalOf(refused),
    maySend: isRefused || trial?.mayGo === true,
    button: isRefused ? 'Record the answer' : 'Send',
  };
}
