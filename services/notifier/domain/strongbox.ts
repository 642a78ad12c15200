import type { Notice } from '#libs/contracts/service-forms.js';

/** Keeps a held notice unreadable at rest: only this notifier's own key, which is not in the database, opens it again. */
export abstract class Strongbox {
  abstract lock(notice: Notice): Promise<Uint8Array>;
  /** @throws MeshError `internal` when the key that locked it is no longer this notifier's. */
  abstract unlock(locked: Uint8Array): Promise<Notice>;
}
