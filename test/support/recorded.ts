import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { decrypt, readMessage, readPrivateKey } from 'openpgp';
import type { SampleRecord } from '#deploy/local/sample-record.js';

/** A delivery that the record system got. */
export interface RecordTold {
  readonly type: string;
  readonly data: { readonly case: string; readonly message?: { readonly type: string } };
}

/** What the record system of the sample's job centre was told of a case, in order, opened with its key. */
export async function recordedOf(
  { folder, keyFile }: SampleRecord,
  caseId: string,
): Promise<readonly RecordTold[]> {
  const decryptionKeys = await readPrivateKey({ armoredKey: await readFile(keyFile, 'utf8') });
  const names = (await readdir(folder)).filter((name) => name.endsWith('.asc')).toSorted();
  const all: RecordTold[] = [];
  for (const name of names) {
    const armoredMessage = await readFile(join(folder, name), 'utf8');
    const { data } = await decrypt({
      message: await readMessage({ armoredMessage }),
      decryptionKeys,
    });
    all.push(JSON.parse(data) as RecordTold);
  }
  return all.filter(({ data }) => data.case === caseId);
}
