import { londonDate, londonTime } from '#libs/calendar/london-time.js';
import type { FormField } from '#libs/contracts/form-shape.js';
import type { FieldProblem, Posted, WhichAsked } from './form-values.js';
import { labelOf, valueWords } from './field-words.js';

export interface Choice {
  readonly value: string;
  readonly text: string;
}

/** A field as its view shows it. `id` is where an error leads. */
export interface FieldModel {
  readonly name: string;
  readonly id: string;
  readonly label: string;
  readonly hint: string;
  readonly error: string;
  readonly required: boolean;
  readonly type: 'radios' | 'checkboxes' | 'instant' | 'date' | 'text' | 'textarea' | 'select';
  readonly value: string;
  readonly date: string;
  readonly time: string;
  readonly inline: boolean;
  /** `name`: of a box that stands with the others, and is a field of its own. */
  readonly choices: readonly (Choice & { readonly selected: boolean; readonly name?: string })[];
  readonly which: readonly Choice[];
}

export interface FieldGround {
  /** What was typed, or what is known beforehand. */
  readonly posted: Posted;
  readonly problems: readonly FieldProblem[];
  readonly which: readonly WhichAsked[];
  /** Whom a person or a party may be chosen from. */
  readonly people: readonly Choice[];
  readonly parties: readonly Choice[];
  readonly hints?: Readonly<Record<string, string>>;
}

export const fieldId = (path: string): string => `f-${path.replaceAll('.', '-')}`;

/** More choices than this are a list to open. */
const mostRadios = 8;

const textsOf = (posted: Posted, path: string): readonly string[] => {
  const value = posted[path];
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
};

export function fieldModel(field: FormField, ground: FieldGround): FieldModel {
  const { path, kind, required } = field;
  const texts = textsOf(ground.posted, path);
  const choices = choicesOf(field, ground).map((choice) => ({
    ...choice,
    selected: texts.includes(choice.value),
  }));
  const type = typeOf(kind, choices.length);
  return {
    name: path,
    id: fieldId(path),
    label: labelOf(path),
    hint: ground.hints?.[path] ?? (kind === 'lines' ? 'One on each line' : ''),
    error: ground.problems.find((problem) => problem.path === path)?.text ?? '',
    required,
    type,
    value: texts[0] ?? '',
    date: textsOf(ground.posted, `${path}.date`)[0] ?? '',
    time: textsOf(ground.posted, `${path}.time`)[0] ?? '',
    inline: kind === 'yes-no',
    choices:
      type === 'select'
        ? [{ value: '', text: 'Choose', selected: texts.length === 0 }, ...choices]
        : choices,
    which: ground.which.find((each) => each.path === path)?.choices ?? [],
  };
}

function choicesOf(
  { kind, choices }: FormField,
  { people, parties }: FieldGround,
): readonly Choice[] {
  switch (kind) {
    case 'person':
      return people;
    case 'party':
      return parties;
    case 'yes-no':
      return [
        { value: 'yes', text: 'Yes' },
        { value: 'no', text: 'No' },
      ];
    default:
      return choices.map((value) => ({ value, text: valueWords(value) }));
  }
}

function typeOf(kind: FormField['kind'], count: number): FieldModel['type'] {
  switch (kind) {
    case 'choice':
    case 'yes-no':
      return count > mostRadios ? 'select' : 'radios';
    case 'choices':
      return 'checkboxes';
    case 'person':
    case 'party':
      return 'select';
    case 'date':
    case 'instant':
      return kind;
    case 'text':
    case 'lines':
      return 'textarea';
    default:
      return 'text';
  }
}

/** The summary at the top: each leads to its field. */
export const errorList = (problems: readonly FieldProblem[]) =>
  problems.map(({ path, text }) => ({ anchor: fieldId(path), text }));

/** Days that a page fills in by itself: what happened, happened today, unless the person says otherwise. */
const usuallyToday: ReadonlySet<string> = new Set([
  'on',
  'notedOn',
  'checkedOn',
  'heldOn',
  'agreedOn',
  'from',
  'startedOn',
]);

/** What a form shows before anybody typed. */
export function usualValues(
  fields: readonly FormField[],
  { now, person }: { readonly now: Date; readonly person: string },
): Posted {
  return Object.fromEntries(
    fields.flatMap(({ path, kind, required }): [string, string][] => {
      if (kind === 'date' && required && usuallyToday.has(path)) return [[path, londonDate(now)]];
      if (path === 'keyworker') return [[path, person]];
      return [];
    }),
  );
}

/** An instant that is known already, in the two fields of a form. */
export const whenFields = (path: string, instant: Date): Posted => ({
  [`${path}.date`]: londonDate(instant),
  [`${path}.time`]: londonTime(instant),
});
