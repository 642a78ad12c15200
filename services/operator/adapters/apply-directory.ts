import { directoryReply } from '#libs/contracts/ask.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { checkDirectory } from '../domain/check-directory.js';
import type { DirectoryFile } from '../domain/directory-file.js';
import type { MeshDesk } from '../domain/mesh-desk.js';
import { planDirectory } from '../domain/plan-directory.js';

export interface AppliedEntry {
  readonly what: string;
  readonly verdict: string;
  readonly reason: string;
}

/**
 * Brings the mesh's directory to what the file says and waits for the verdict on each entry; what is so already is left alone, so that it
 * may be run any number of times. Nothing is sent when the file is wrong. Entries the file does not name stay as they are.
 *
 * @returns one line an entry, in order; `unchanged` where nothing was sent
 * @throws MeshError `config-invalid` that names what is wrong in the file
 */
export async function applyDirectory(
  desk: MeshDesk,
  file: DirectoryFile,
  keys: ReadonlyMap<string, string>,
): Promise<readonly AppliedEntry[]> {
  const has = directoryReply.parse(await desk.ask('directory', {}));
  const [first, ...others] = checkDirectory(file, has);
  if (first !== undefined) {
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
    throw new MeshError('config-invalid', `${first.field}: ${first.detail}${more}`);
  }
  const sent: { readonly what: string; readonly id: string | undefined }[] = [];
  for (const put of planDirectory(file, has, keys)) {
    const id = put.needed
      ? await desk.send({ type: put.type, to: put.to, data: put.data })
      : undefined;
    sent.push({ what: put.what, id });
  }
  const applied: AppliedEntry[] = [];
  for (const { what, id } of sent) {
    if (id === undefined) {
      applied.push({ what, verdict: 'unchanged', reason: '' });
      continue;
    }
    const { records } = await desk.verdict(id);
    const last = records.at(-1);
    applied.push({
      what,
      verdict: last?.verdict ?? 'undecided',
      reason: [last?.reason, last?.detail].filter(Boolean).join(': '),
    });
  }
  return applied;
}

export const isApplied = ({ verdict }: AppliedEntry): boolean =>
  verdict === 'unchanged' || verdict === 'cleared';
