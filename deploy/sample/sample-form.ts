import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { errorRules, type MeshErrorCode } from '#libs/contracts/error-codes.js';
import { messageNames, type MessageName } from '#libs/contracts/message-table.js';
import { verdictKinds } from '#libs/contracts/verdict.js';
import { sampleFolder } from './sample-folder.js';

const codes = Object.keys(errorRules) as [MeshErrorCode, ...MeshErrorCode[]];

/** One message of the journey as a person reads and edits it; `{{…}}` in `case`, `caseref` and `data` as `fillPlaceholders` says. */
const sampleForm = z.strictObject({
  say: z.string().min(1).meta({ description: 'What happens, in one line' }),
  name: z
    .string()
    .min(1)
    .meta({ description: 'What later forms call this message, as {{id:<name>}}' }),
  from: z.string(),
  actor: z.string(),
  type: z.enum(messageNames as [MessageName, ...MessageName[]]),
  to: z.string(),
  case: z.string(),
  caseref: z.string().optional(),
  data: z.record(z.string(), z.unknown()),
  expect: z.strictObject({ verdict: z.enum(verdictKinds), reason: z.enum(codes).optional() }),
});
export type SampleForm = z.infer<typeof sampleForm>;

/** A form does not change while a journey is played: each file is read once. */
const known = new Map<string, Promise<SampleForm>>();

/**
 * Reads `forms/<path>.json`.
 * @throws Error that names the file and the field that is wrong
 */
export function readSampleForm(path: string): Promise<SampleForm> {
  const form = known.get(path) ?? readForm(path);
  known.set(path, form);
  return form;
}

async function readForm(path: string): Promise<SampleForm> {
  const text = await readFile(join(sampleFolder, 'forms', `${path}.json`), 'utf8');
  const parsed = sampleForm.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(
    `forms/${path}.json: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is wrong'}`,
  );
}
