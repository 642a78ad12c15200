import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readSampleDirectory } from '#deploy/sample/sample-directory.js';
import { makeSampleKeys } from '#deploy/sample/sample-keys.js';

const run = promisify(execFile);

/** Where the run of tests keeps the OpenPGP keys of the sample's people. Making them takes seconds, copying does not. */
export const peopleVariable = 'TEST_SAMPLE_PEOPLE';

/** Fills `folder`, as `npm start` would: `gnupg` with the secret keys, `sample-keys` with the public ones. */
export async function makePeople(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { people } = await readSampleDirectory();
  const places = { gpgHome: join(folder, 'gnupg'), keysFolder: join(folder, 'sample-keys') };
  await makeSampleKeys({ ...places, people, print: () => undefined });
}

/** Puts the run's keys into `folder`; new ones outside a run of tests. */
export async function copyPeople(folder: string): Promise<void> {
  const source = process.env[peopleVariable];
  if (source === undefined) return makePeople(folder);
  await run('cp', ['-a', join(source, 'gnupg'), join(source, 'sample-keys'), folder]);
}
