import type { FormField } from '#libs/contracts/form-shape.js';
import { issueWords } from '#libs/contracts/issue-words.js';
import { type MessageName, ruleOf } from '#libs/contracts/message-table.js';
import { momentWords } from '#libs/calendar/day-words.js';
import { isDay } from '#libs/calendar/local-date.js';
import { readWhen } from './read-when.js';
import { labelOf } from './field-words.js';

export type Posted = Readonly<Record<string, string | readonly string[]>>;

/** What is wrong with a field, in words that say what to do. */
export interface FieldProblem {
  readonly path: string;
  readonly text: string;
}

/** The hour comes twice that night: which is meant is asked. */
export interface WhichAsked {
  readonly path: string;
  readonly choices: readonly { readonly value: string; readonly text: string }[];
}

export interface FormRead {
  readonly data: Readonly<Record<string, unknown>>;
  readonly problems: readonly FieldProblem[];
  readonly which: readonly WhichAsked[];
}

const one = (posted: Posted, name: string): string => {
  const value = posted[name];
  return (typeof value === 'string' ? value : (value?.[0] ?? '')).trim();
};
const many = (posted: Posted, name: string): readonly string[] => {
  const value = posted[name];
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
};

type Got =
  | { readonly value: unknown }
  | { readonly problem: string; readonly which?: WhichAsked['choices'] }
  | undefined;

/**
 * A form's data out of what a browser posted. What was left empty is left out. `given` is what the page knows by itself and no field asks
 * for. The form's own schema has the last word.
 */
export function readForm(
  name: MessageName,
  fields: readonly FormField[],
  posted: Posted,
  given: Readonly<Record<string, unknown>> = {},
): FormRead {
  const data: Record<string, unknown> = structuredClone({ ...given }) as Record<string, unknown>;
  const problems: FieldProblem[] = [];
  const which: WhichAsked[] = [];
  for (const field of fields) {
    const got = valueOf(field, posted);
    if (got === undefined) {
      if (field.required) problems.push({ path: field.path, text: missingWords(field) });
    } else if ('problem' in got) {
      problems.push({ path: field.path, text: got.problem });
      if (got.which !== undefined) which.push({ path: field.path, choices: got.which });
    } else putAt(data, field.path.split('.'), got.value);
  }
  if (problems.length > 0) return { data, problems, which };
  return { data, problems: problemsOf(name, data), which };
}

/** What the form's own schema says against the data. */
export function problemsOf(
  name: MessageName,
  data: Readonly<Record<string, unknown>>,
): readonly FieldProblem[] {
  const { form } = ruleOf(name);
  const parsed = form.safeParse(data);
  if (parsed.success) return [];
  return parsed.error.issues.map((issue) => {
    const path = issue.path.map(String).join('.');
    return { path, text: `${labelOf(path)} ${issueWords(issue, form)}` };
  });
}

function valueOf(field: FormField, posted: Posted): Got {
  const text = one(posted, field.path);
  switch (field.kind) {
    case 'instant':
      return instantOf(field.path, posted);
    case 'date':
      if (text === '') return undefined;
      return isDay(text)
        ? { value: text }
        : { problem: `${labelOf(field.path)} must be a real date, such as 2 March 2026` };
    case 'yes-no':
      return text === '' ? undefined : { value: text === 'yes' };
    case 'number':
      if (text === '') return undefined;
      return /^\d{1,4}$/.test(text)
        ? { value: Number(text) }
        : { problem: `${labelOf(field.path)} must be a whole number` };
    case 'lines': {
      const lines = one(posted, field.path)
        .split('\n')
        .map((line) => line.trim());
      const filled = lines.filter((line) => line !== '');
      return filled.length === 0 ? undefined : { value: filled };
    }
    case 'choices': {
      const chosen = many(posted, field.path);
      return chosen.length === 0 ? undefined : { value: chosen };
    }
    default:
      return text === '' ? undefined : { value: text };
  }
}

function instantOf(path: string, posted: Posted): Got {
  const [date, time] = [one(posted, `${path}.date`), one(posted, `${path}.time`)];
  if (date === '' && time === '') return undefined;
  const read = readWhen(date, time);
  if (read.kind === 'wrong') return { problem: read.problem };
  if (read.kind === 'instant') return { value: read.instant };
  const chosen = one(posted, `${path}.which`);
  if (read.instants.includes(chosen)) return { value: chosen };
  const [first, second] = read.instants;
  return {
    problem: 'This time comes twice that night. Choose which one you mean',
    which: [
      { value: first, text: `${momentWords(first)}, before the clocks go back` },
      { value: second, text: `${momentWords(second)}, after the clocks go back` },
    ],
  };
}

const missingWords = ({ path, kind }: FormField): string =>
  kind === 'choice' || kind === 'yes-no' || kind === 'choices' || kind === 'person'
    ? `Choose: ${labelOf(path)}`
    : `Enter: ${labelOf(path)}`;

function putAt(data: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [head = '', ...rest] = path;
  if (rest.length === 0) data[head] = value;
  else {
    const inner = (data[head] ?? {}) as Record<string, unknown>;
    data[head] = inner;
    putAt(inner, rest, value);
  }
}
