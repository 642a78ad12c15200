import { z } from 'zod';
import { trimmedText } from './checked-text.js';
import { type Category, isMoreSensitive, offByDefault } from './purposes.js';

/** What the table knows of a field beyond its shape. `whenValue` raises the category for particular values. */
interface FieldMark {
  readonly category: Category;
  readonly freeText?: boolean;
  readonly whenValue?: Readonly<Record<string, Category>>;
}

const marks = z.registry<FieldMark>();

/** One field of one form, as the guard's minimisation sees it. `path` is from `data`, at most two names deep: `client.nino`. */
export interface FieldRule {
  readonly path: readonly string[];
  readonly category: Category;
  /** The form makes no sense without it: where it may not pass, the whole message is refused. */
  readonly required: boolean;
  readonly freeText: boolean;
  readonly whenValue: Readonly<Record<string, Category>>;
}

/** Marks a field with its category of information. A field without a mark never passes the guard. */
export function inCategory<T extends z.ZodType>(
  category: Category,
  schema: T,
  whenValue: Readonly<Record<string, Category>> = {},
): T {
  const marked = schema.clone();
  marks.add(marked, { category, whenValue });
  return marked;
}

/** Lines and tabs, but no other control character: readers keep texts in databases that refuse them. */
const printable = /^(?:[\t\n\r]|[^\p{Cc}\p{Cs}])*$/u;

/** What is wrong with a text. */
function textProblem(text: string, max: number): string | undefined {
  if (text === '') return 'must not be empty';
  if (text.length > max) return `must be at most ${max} characters`;
  return printable.test(text) ? undefined : 'must be text without control characters';
}

/** Free text: it can hold anything, so it counts as the most sensitive category of its form (checked by `fieldRules`). */
export function freeText(category: Category, max = 2000): z.ZodString {
  const schema = trimmedText((text) => textProblem(text, max)).meta({
    description: `Free text, at most ${max} characters; treated as ${category}`,
    minLength: 1,
    maxLength: max,
  });
  marks.add(schema, { category, freeText: true });
  return schema;
}

/** The rules of a form's fields, read off its schema. Throws at start, never later, when a free text is marked too mildly. */
export function fieldRules(form: z.ZodObject): readonly FieldRule[] {
  const rules = rulesOf(form, [], true);
  const ordinary = rules
    .map((rule) => rule.category)
    .filter((category) => !offByDefault.includes(category));
  for (const rule of rules) {
    if (rule.freeText && ordinary.some((category) => isMoreSensitive(category, rule.category)))
      throw new Error(
        `free text ${rule.path.join('.')} must count as the most sensitive category of its form`,
      );
  }
  return rules;
}

function rulesOf(form: z.ZodObject, prefix: readonly string[], required: boolean): FieldRule[] {
  return Object.entries(form.shape).flatMap(([name, schema]) => {
    const { inner, optional } = unwrap(schema as z.ZodType);
    const path = [...prefix, name];
    const mark = marks.get(schema as z.ZodType) ?? marks.get(inner);
    const needed = required && !optional;
    if (mark !== undefined) {
      const { category, freeText: isFree = false, whenValue = {} } = mark;
      return [{ path, category, required: needed, freeText: isFree, whenValue }];
    }
    return inner instanceof z.ZodObject ? rulesOf(inner, path, needed) : [];
  });
}

function unwrap(schema: z.ZodType): { inner: z.ZodType; optional: boolean } {
  if (schema instanceof z.ZodOptional)
    return { inner: unwrap(schema.unwrap() as z.ZodType).inner, optional: true };
  return { inner: schema, optional: false };
}
