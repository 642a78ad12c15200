import { londonDate } from '#libs/calendar/london-time.js';
import type { FormField } from '#libs/contracts/form-shape.js';
import type { ActionForm } from '../domain/action-form.js';
import { type CaseFile, knownClient, mayGet, partyName } from '../domain/case-file.js';
import { dayWords } from '#libs/calendar/day-words.js';
import { type Choice, errorList, fieldModel } from '../domain/field-models.js';
import type { FormRead, Posted } from '../domain/form-values.js';
import { addressees } from '../domain/known-values.js';
import { meanwhileWords } from '../domain/meanwhile-words.js';
import { actionWords } from '../domain/message-words.js';
import { isPreviewed } from '../domain/previewed.js';
import { referenceOf } from '../domain/reference.js';
import { type SavedForm, savedWords } from '../domain/saved-form.js';
import { type Refusal, refusalOf } from '../domain/told-words.js';
import type { ProblemShown } from '../domain/told-by-mesh.js';
import type { TrialShown } from '../domain/trial-words.js';

export interface ActionShown {
  readonly form: ActionForm;
  readonly posted: Posted;
  readonly id: string;
  readonly read?: Pick<FormRead, 'problems' | 'which'> | undefined;
  readonly refused?: ProblemShown | undefined;
  /** What would go of what is written. */
  readonly trial?: TrialShown | undefined;
  /** Where it was put aside before. */
  readonly saved?: SavedForm | undefined;
  /** What the case says to a field, by its path. */
  readonly hints?: Readonly<Record<string, string>> | undefined;
}

/** Where it goes to a provider or an office that the person chooses. */
export const toField: FormField = {
  path: 'to',
  kind: 'party',
  required: true,
  choices: [],
  maxLength: 40,
};

export const fieldsShown = ({ form }: Pick<ActionShown, 'form'>): readonly FormField[] =>
  form.to === undefined ? [toField, ...form.fields] : form.fields;

export function presentAction(file: CaseFile, shown: ActionShown) {
  const { form, posted, read, refused } = shown;
  const problems = read?.problems ?? [];
  const ground = {
    posted,
    problems,
    which: read?.which ?? [],
    people: colleaguesOf(file),
    hints: shown.hints ?? {},
    parties: mayGet(file, form.name).map(({ id, name }) => ({ value: id, text: name })),
  };
  const client = knownClient(file);
  return {
    title: actionWords(form.name),
    caseId: file.view.case,
    reference: referenceOf(file.view),
    name: form.name,
    id: shown.id,
    goesTo:
      form.to === undefined
        ? ''
        : form.to === 'mesh'
          ? 'It is recorded here. Nobody outside your agency is told.'
          : `It goes to ${partyName(file, form.to)}.`,
    about: client === undefined ? '' : aboutOf(client),
    corrects: form.corrects === undefined ? '' : correctionOf(file, form.corrects),
    hidden: Object.entries(form.given).flatMap(([name, value]) =>
      typeof value === 'string' ? [{ name: `given.${name}`, value }] : [],
    ),
    fields: fieldsShown(shown).map((field) =>
      fieldModel(
        field,
        field.path === 'addressee' ? { ...ground, people: addressees(file, form) } : ground,
      ),
    ),
    problems: errorList(problems),
    refusal: refused === undefined ? (null as Refusal | null) : refusalShown(file, posted, refused),
    trial: shown.trial ?? null,
    saved: savedWords(shown.saved),
    maySave: fieldsShown(shown).length > 0,
    seen: shown.trial?.digest ?? '',
    button: buttonOf(shown),
  };
}

/** Where the record says otherwise, what was recorded meanwhile stands in place of the mesh's own words. */
function refusalShown(file: CaseFile, posted: Posted, problem: ProblemShown): Refusal {
  const refusal = refusalOf(problem);
  const id = posted['id'];
  const meanwhile =
    problem.code === 'contradicts-record' && typeof id === 'string' ? meanwhileWords(file, id) : '';
  return meanwhile === '' ? refusal : { ...refusal, text: `Meanwhile: ${meanwhile}` };
}

function buttonOf({ form, trial }: ActionShown): string {
  if (form.to === 'mesh') return 'Record';
  return isPreviewed(form.name) && trial?.mayGo !== true ? 'See what will go' : 'Send';
}

function aboutOf(client: Readonly<Record<string, unknown>>): string {
  const name = [client['otherNames'], client['surname']]
    .filter((part) => typeof part === 'string')
    .join(' ');
  const born = client['dateOfBirth'];
  return typeof born === 'string' ? `${name}, born ${dayWords(born)}` : name;
}

function correctionOf(file: CaseFile, id: string): string {
  const stands = file.view.messages.find((message) => message.id === id);
  const when = stands === undefined ? '' : ` of ${dayWords(londonDate(new Date(stands.time)))}`;
  return `An outcome${when} is on record already. This one takes its place.`;
}

const colleaguesOf = ({ agency, office }: CaseFile): readonly Choice[] =>
  agency.people
    .filter((person) => person.office === office.id)
    .map(({ id, name }) => ({ value: id, text: name }));
