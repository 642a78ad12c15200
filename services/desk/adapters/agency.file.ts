import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { localDate, partyId, personId, phone } from '#libs/contracts/form-fields.js';
import { partyKinds } from '#libs/contracts/party.js';
import { jobs } from '#libs/contracts/steps.js';
import type { Agency } from '../domain/agency.js';

const recordPlace = z.union([
  z.strictObject({ webhook: z.url({ protocol: /^https?$/ }) }),
  z.strictObject({ folder: z.string().startsWith('/') }),
]);

const agencyFile = z.strictObject({
  id: z.string().min(1),
  offices: z
    .array(
      z
        .strictObject({
          id: partyId,
          kind: z.enum(partyKinds),
          name: z.string().min(1).max(120),
          phone: phone.optional(),
          record: recordPlace.optional(),
        })
        .refine(({ kind, record }) => record === undefined || kind === 'jobcentre', {
          path: ['record'],
          error: 'only a job centre has a record system here: DPA1 covers no other record',
        }),
    )
    .min(1),
  people: z.array(
    z.strictObject({
      id: personId,
      office: partyId,
      job: z.enum(jobs),
      name: z.string().min(1).max(80),
      deputy: personId,
      awayFrom: localDate.optional(),
      awayUntil: localDate.optional(),
    }),
  ),
});

/**
 * The agency's own list of offices and people, and its tokens: `agency.json`, `<office>.token`. Of an office with a record system also
 * `<office>.record-secret` (webhook) or `<office>.record-key.asc` (files). Read again when it is replaced, so that a
 * person who is no longer in it is out at their next page.
 */
export class AgencyFile {
  readonly #path: string;
  #readAtMs = -1;
  #agency: Agency | undefined;

  constructor(private readonly folder: string) {
    this.#path = join(folder, 'agency.json');
  }

  /** @throws MeshError `config-invalid` where the file cannot be read or is not as it must be */
  current(): Agency {
    try {
      const changedAtMs = statSync(this.#path).mtimeMs;
      if (this.#agency === undefined || changedAtMs !== this.#readAtMs) {
        this.#agency = agencyFile.parse(JSON.parse(readFileSync(this.#path, 'utf8')));
        this.#readAtMs = changedAtMs;
      }
      return this.#agency;
    } catch (cause) {
      throw new MeshError('config-invalid', 'agency.json in DESK_FOLDER cannot be read', { cause });
    }
  }

  /** The bearer token of an office. @throws MeshError `config-invalid` */
  token(office: string): string {
    return this.#read(`${office}.token`);
  }

  /** What the deliveries of a webhook are signed with: `whsec_…`. @throws MeshError `config-invalid` */
  recordSecret(office: string): string {
    return this.#read(`${office}.record-secret`);
  }

  /** The OpenPGP public key that files are sealed with, armoured. @throws MeshError `config-invalid` */
  recordKey(office: string): string {
    return this.#read(`${office}.record-key.asc`);
  }

  #read(name: string): string {
    try {
      return readFileSync(join(this.folder, name), 'utf8').trim();
    } catch (cause) {
      throw new MeshError('config-invalid', `${name} in DESK_FOLDER cannot be read`, { cause });
    }
  }
}
