import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { areaRoles } from '#libs/contracts/address.js';
import { districts } from '#libs/contracts/districts.js';
import { localDate, personId, phone } from '#libs/contracts/form-fields.js';
import { issueWords } from '#libs/contracts/issue-words.js';
import { mailAddress } from '#libs/contracts/mail-address.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { partyKinds } from '#libs/contracts/party.js';
import { jobs } from '#libs/contracts/steps.js';
import { decodeText } from '../domain/decode-text.js';
import type { DirectoryFile } from '../domain/directory-file.js';

const partyId = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,39}$/, { error: 'must be a party id, as jcp_leeds' });
const name = z.string().trim().min(1).max(120);

const directoryFile = z.strictObject({
  parties: z.array(
    z.strictObject({
      id: partyId,
      kind: z.enum(partyKinds),
      agency: partyId,
      name,
      serves: z
        .array(z.strictObject({ role: z.enum(areaRoles), district: z.string() }))
        .default([]),
      dutyPerson: personId,
      teamLeader: personId,
      manager: personId.optional(),
      contract: z.enum(['pathways', 'flexible-new-deal']).optional(),
      phone: phone.optional(),
      district: z.enum(districts.map(({ slug }) => slug)).optional(),
      active: z.boolean().default(true),
    }),
  ),
  people: z.array(
    z.strictObject({
      id: personId,
      party: partyId,
      job: z.enum(jobs),
      deputy: personId,
      name,
      address: mailAddress,
      key: z.boolean().default(true),
      active: z.boolean().default(true),
      joinsOn: localDate.optional(),
      leavesOn: localDate.optional(),
      absentFrom: localDate.optional(),
      absentUntil: localDate.optional(),
    }),
  ),
});

/**
 * Reads a directory file (JSON `{ parties, people }`, as deploy/sample/directory.json). Its shape only; `checkDirectory` reads its sense.
 * @throws MeshError `config-invalid` that names the first field that is wrong, and how many more there are
 */
export async function readDirectoryFile(path: string): Promise<DirectoryFile> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new MeshError('config-invalid', `${path} cannot be read`, { cause });
  });
  let json: unknown;
  try {
    json = JSON.parse(decodeText(bytes));
  } catch (cause) {
    throw new MeshError('config-invalid', `${path} is not valid JSON`, { cause });
  }
  const parsed = directoryFile.safeParse(json);
  if (parsed.success) return parsed.data;
  const [first, ...others] = parsed.error.issues;
  const where = (first?.path ?? []).reduce<string>(
    (at, part) =>
      typeof part === 'number' ? `${at}[${part}]` : `${at}${at === '' ? '' : '.'}${String(part)}`,
    '',
  );
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  throw new MeshError(
    'config-invalid',
    `${where === '' ? 'the file' : where}: ${first === undefined ? 'is wrong' : issueWords(first, directoryFile)}${more}`,
  );
}

/**
 * Armoured public keys of the file's people, from `<folder>/<person>.asc`. People with `key: false` have none.
 * @throws MeshError `config-invalid` when a key that should be there is not
 */
export async function readKeys(
  file: DirectoryFile,
  folder: string,
): Promise<ReadonlyMap<string, string>> {
  const keys = new Map<string, string>();
  for (const [at, person] of file.people.entries()) {
    if (!person.key) continue;
    const path = join(folder, `${person.id}.asc`);
    const bytes = await readFile(path).catch((cause: unknown) => {
      throw new MeshError(
        'config-invalid',
        `people[${at}].key: ${path} cannot be read; give the key, or say "key": false`,
        { cause },
      );
    });
    keys.set(person.id, decodeText(bytes));
  }
  return keys;
}
