import { z } from 'zod';
import { messageNames } from '#libs/contracts/message-table.js';
import type { Viewer } from '../domain/agency.js';
import { type SavedForm, writtenIn } from '../domain/saved-form.js';
import type { Posted } from '../domain/form-values.js';
import type { DraftStore, KeptDraft } from './draft.store.js';
import { expiredKind } from './sign-in.desk.js';

const kind = 'form';
const keptForm = z.strictObject({
  case: z.uuid(),
  reference: z.string(),
  page: z.enum(messageNames as [SavedForm['page'], ...SavedForm['page'][]]),
  posted: z
    .string()
    .transform((text) =>
      z.record(z.string(), z.union([z.string(), z.array(z.string())])).parse(JSON.parse(text)),
    ),
});

/** Forms of cases that their authors put aside. Nobody else finds them. */
export class SavedForms {
  constructor(private readonly drafts: DraftStore) {}

  /** @param form under the id that its message will have; what was saved under it before is written over */
  async save({ person }: Viewer, form: Omit<SavedForm, 'keptUntil'>): Promise<void> {
    const { id, caseId, reference, page, posted } = form;
    const fields = { case: caseId, reference, page, posted: JSON.stringify(writtenIn(posted)) };
    await this.drafts.write(person.id, kind, fields, { id, caseId });
  }

  /** The oldest first. */
  async of({ person }: Viewer): Promise<readonly SavedForm[]> {
    return (await this.drafts.list(person.id, kind)).flatMap((each) => formOf(each) ?? []);
  }

  /** Undefined alike for another person's, for one that is gone, and for one of another case or page. */
  async find(
    { person }: Viewer,
    { id, caseId, page }: Pick<SavedForm, 'id' | 'caseId' | 'page'>,
  ): Promise<SavedForm | undefined> {
    const found = (await this.drafts.list(person.id, kind)).find((each) => each.id === id);
    const form = found === undefined ? undefined : formOf(found);
    return form !== undefined && form.caseId === caseId && form.page === page ? form : undefined;
  }

  /**
   * What its author wrote into a form before: what was kept when the session had ended, or else what was saved for later.
   * @param from `kept` and `id` as they stand in the address
   */
  async written(
    viewer: Viewer,
    from: Pick<SavedForm, 'caseId' | 'page'> & { readonly kept: unknown; readonly id: unknown },
  ): Promise<{ readonly posted: Posted | undefined; readonly saved: SavedForm | undefined }> {
    const { kept, id, ...place } = from;
    const saved = typeof id === 'string' ? await this.find(viewer, { ...place, id }) : undefined;
    if (typeof kept !== 'string') return { posted: saved?.posted, saved };
    return { posted: await this.drafts.read(viewer.person.id, expiredKind, kept), saved };
  }

  /** It was sent, or answered for good. */
  async forget({ person }: Viewer, id: string): Promise<void> {
    await this.drafts.remove(person.id, id);
  }
}

/** Undefined for one that another version of the desk saved: a list is not to fail for it. */
function formOf({ id, fields, keptUntil }: KeptDraft): SavedForm | undefined {
  const read = keptForm.safeParse(fields);
  if (!read.success) return undefined;
  const { case: caseId, reference, page, posted } = read.data;
  return { id, caseId, reference, page, posted, keptUntil };
}
