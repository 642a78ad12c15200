import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as openpgp from 'openpgp';

/** The record system of one job centre of the sample: a folder, as a stand-in for the LMS. */
export interface SampleRecord {
  readonly office: string;
  readonly folder: string;
  readonly publicKey: string;
  /** File of the private key: its files are opened with it. */
  readonly keyFile: string;
}

/** Makes the folder and its key; what is there is kept. */
export async function makeSampleRecord(state: string, secrets: string): Promise<SampleRecord> {
  const office = 'jcp_wandsworth';
  const folder = join(state, 'record', office);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const keyFile = join(secrets, 'record.key.asc');
  if (!existsSync(keyFile)) {
    const { privateKey } = await openpgp.generateKey({
      userIDs: [{ name: 'Record system of the sample', email: 'records@example.org' }],
      format: 'armored',
    });
    await writeFile(keyFile, privateKey, { mode: 0o600 });
  }
  const key = await openpgp.readPrivateKey({ armoredKey: await readFile(keyFile, 'utf8') });
  return { office, folder, publicKey: key.toPublic().armor(), keyFile };
}
