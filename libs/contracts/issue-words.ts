import { z } from 'zod';

/** What zod says where no schema gave words of its own. */
const zodsOwn = /^(Invalid |Too (small|big)|Unrecognized )/;

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

/**
 * An issue as an advice that follows the field's name: what is expected, never the value. The name of an unknown field is the sender's text
 * and could be anything, so it is not repeated: what the form does know tells which one it is.
 *
 * @param schema what was read by, as a whole
 */
export function issueWords(issue: z.core.$ZodIssue, schema: z.ZodType): string {
  if (issue.code === 'unrecognized_keys') return unknownField(fieldsAt(schema, issue.path));
  if (!zodsOwn.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.endsWith('received undefined')
        ? 'is missing'
        : `must be ${kinds[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return issue.values.length === 1
        ? `must be ${String(issue.values[0])}`
        : `must be one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_format':
      return issue.format === 'uuid' ? 'must be a UUID' : 'has not the right form';
    case 'too_small':
      return `must ${measure(issue.origin, 'least', issue.minimum)}`;
    case 'too_big':
      return `must ${measure(issue.origin, 'most', issue.maximum)}`;
    default:
      return 'is wrong';
  }
}

function unknownField(known: readonly string[]): string {
  const has = 'has a field that this form does not know; remove it';
  return known.length === 0 ? has : `${has} (known are ${known.join(', ')})`;
}

function measure(origin: string, bound: 'least' | 'most', limit: number | bigint): string {
  if (origin === 'array') return `have at ${bound} ${limit} ${limit === 1 ? 'entry' : 'entries'}`;
  return `be at ${bound} ${limit}${origin === 'string' ? ' characters' : ''}`;
}

/** Names of the fields that an object of the schema may have; none where the path does not lead to one. */
export function fieldsAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] {
  const bare = unwrapped(schema);
  const [part, ...rest] = path;
  if (bare instanceof z.ZodArray) return part === undefined ? [] : fieldsAt(bare.element, rest);
  if (!(bare instanceof z.ZodObject)) return [];
  const shape: Readonly<Record<string, z.core.$ZodType>> = bare.shape;
  if (part === undefined) return Object.keys(shape);
  const inner = Object.hasOwn(shape, part) ? shape[String(part)] : undefined;
  return inner === undefined ? [] : fieldsAt(inner, rest);
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault)
    return unwrapped(schema.unwrap());
  return schema;
}
