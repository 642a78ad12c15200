import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { localDate, partyId, personId, phone } from '#libs/contracts/form-fields.js';
import { partyKinds } from '#libs/contracts/party.js';
import { jobs } from '#libs/contracts/steps.js';
import type { Agency } from '../domain/agency.js';

const agencyFile = z.strictObject({
  id: z.string().min(1),
  offices: z
    .array(
      z.strictObject({
        id: partyId,
        kind: z.enum(partyKinds),
        name: z.string().min(1).max(120),
        phone: phone.optional(),
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
 * The agency's own list of offices and people, and its tokens: `agency.json`, `<office>.token`. Read again when it is replaced, so that a
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
    try {
      return readFileSync(join(this.folder, `${office}.token`), 'utf8').trim();
    } catch (cause) {
      throw new MeshError('config-invalid', `the token of ${office} cannot be read`, { cause });
    }
  }
}
