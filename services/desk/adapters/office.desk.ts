import type { Viewer } from '../domain/agency.js';
import type { OfficeTrouble } from '../domain/trouble-words.js';
import type { RecordStore } from '../record/record.store.js';
import type { Worklist } from './gateway.client.js';
import type { UnreadStore } from './unread.store.js';
import type { ViewingStore } from './viewing.store.js';
import type { WorklistCache } from './worklist-cache.js';

export interface OfficeSeen {
  readonly steps: Worklist['steps'];
  readonly waiting: Worklist['waiting'];
  /** Undefined: as it is now. Else when it was had, because the mesh does not answer. */
  readonly asOf: Date | undefined;
  /** False where nothing could be had at all. */
  readonly isThere: boolean;
  /** Messages of the office that the desk could not keep. */
  readonly unread: OfficeTrouble | undefined;
  /** What the record system does not take. */
  readonly failing: OfficeTrouble | undefined;
}

/** How an office stands: its steps, as new as they can be had, and what is wrong at its desk. */
export class OfficeDesk {
  constructor(
    private readonly parts: {
      readonly worklists: WorklistCache;
      readonly unread: UnreadStore;
      readonly records: RecordStore;
      readonly viewings: ViewingStore;
    },
  ) {}

  /** For a page that this person looks at, once it is noted. @throws MeshError where it cannot be: then nothing is shown */
  async of({ person }: Viewer, office: string, page: string): Promise<OfficeSeen> {
    const { worklists, unread, records, viewings } = this.parts;
    await viewings.note({ person: person.id, office, page });
    const [found, unreadHere, failing] = await Promise.all([
      worklists.of(office),
      unread.of(office),
      records.failing(office),
    ]);
    return {
      steps: found?.worklist.steps ?? [],
      waiting: found?.worklist.waiting ?? [],
      asOf: found?.asOf,
      isThere: found !== undefined,
      unread: unreadHere,
      failing,
    };
  }
}
