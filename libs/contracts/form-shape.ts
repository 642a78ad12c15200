import { z } from 'zod';
import { partyId, personId } from './form-fields.js';

/** A field of a form as a page needs it. `path` is from `data`, with dots: `client.surname`. */
export interface FormField {
  readonly path: string;
  readonly kind:
    | 'date'
    | 'instant'
    | 'choice'
    | 'yes-no'
    | 'line'
    | 'text'
    | 'lines'
    | 'choices'
    | 'person'
    | 'party'
    | 'number'
    | 'id';
  /** The form cannot be sent without it. */
  readonly required: boolean;
  readonly choices: readonly string[];
  readonly maxLength: number;
}

interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly maxLength?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

/** A text that may be longer than this is written over several lines. */
const longestLine = 200;
const patternOf = (schema: z.ZodType): string | undefined =>
  (z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema).pattern;
const personPattern = patternOf(personId);
const partyPattern = patternOf(partyId);

const shapes = new WeakMap<z.ZodType, readonly FormField[]>();

/** The fields of a form in their order, as its schema says. Worked out once a form: a page of a case asks for some forty. */
export function formShape(form: z.ZodType): readonly FormField[] {
  const shape = shapes.get(form) ?? shapeOf(form);
  shapes.set(form, shape);
  return shape;
}

function shapeOf(form: z.ZodType): readonly FormField[] {
  const schema = z.toJSONSchema(form, { io: 'input', unrepresentable: 'any', reused: 'inline' });
  return fieldsOf(
    inlined(schema as Schema & { readonly $defs?: Record<string, Schema> }),
    '',
    true,
  );
}

/** Parts with an id of their own stand under `$defs`; here each stands in its place. */
function inlined(schema: Schema & { readonly $defs?: Record<string, Schema> }): Schema {
  const defs = schema.$defs ?? {};
  const resolve = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null) return part;
    if (Array.isArray(part)) return part.map(resolve);
    const ref = (part as { readonly $ref?: string }).$ref;
    if (ref !== undefined) return resolve(defs[ref.slice('#/$defs/'.length)]);
    return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, resolve(value)]));
  };
  const { $defs: _defs, ...rest } = schema;
  return resolve(rest) as Schema;
}

function fieldsOf(schema: Schema, prefix: string, isNeeded: boolean): readonly FormField[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, part]) => {
    const required = isNeeded && (schema.required ?? []).includes(name);
    const path = `${prefix}${name}`;
    if (part.type === 'object') return fieldsOf(part, `${path}.`, required);
    return [
      {
        path,
        kind: kindOf(part),
        required,
        choices: part.enum ?? part.items?.enum ?? (part.const === undefined ? [] : [part.const]),
        maxLength: part.maxLength ?? part.items?.maxLength ?? longestLine,
      },
    ];
  });
}

function kindOf(part: Schema): FormField['kind'] {
  if (part.type === 'array') return part.items?.enum === undefined ? 'lines' : 'choices';
  if (part.type === 'boolean') return 'yes-no';
  if (part.type === 'integer' || part.type === 'number') return 'number';
  if (part.enum !== undefined || part.const !== undefined) return 'choice';
  if (part.format === 'date') return 'date';
  if (part.format === 'date-time') return 'instant';
  if (part.format === 'uuid') return 'id';
  if (part.pattern !== undefined && part.pattern === personPattern) return 'person';
  if (part.pattern !== undefined && part.pattern === partyPattern) return 'party';
  return (part.maxLength ?? 0) > longestLine ? 'text' : 'line';
}
