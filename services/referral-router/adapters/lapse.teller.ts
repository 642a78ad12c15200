import type { Transaction } from 'kysely';
import { londonDate } from '#libs/calendar/london-time.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { officesNamed } from '#libs/contracts/service-forms.js';
import { lapseWarningId, noticeMessage } from '../domain/compose-message.js';
import { warnedOfLapse } from '../domain/warn-of-lapse.js';
import { loadDirectory } from './directory.store.js';
import { askNotices } from './notice.store.js';
import { findRecord } from './record.store.js';
import type { RouterTables } from './router-tables.js';

/** Warns both sides that their local sharing agreement lapses. `due` is its reminder, and rests on the entry that names the two offices. */
export async function warnOfLapse(
  tx: Transaction<RouterTables>,
  due: MeshEvent,
  now: Date,
): Promise<void> {
  const entry = due.cause === undefined ? undefined : await findRecord(tx, due.cause);
  if (due.verdict !== 'cleared' || entry === undefined) return;
  const offices = officesNamed(entry.facts);
  const directory = await loadDirectory(tx, offices, []);
  await askNotices(
    tx,
    warnedOfLapse(offices, directory, londonDate(now)).map((person) => {
      const data = { kind: 'agreement-lapsing' as const, cause: due.id, person };
      return {
        person,
        told: [person],
        ...noticeMessage(lapseWarningId(due.id, person), data, now),
      };
    }),
  );
}
