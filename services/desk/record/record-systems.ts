import { SystemClock } from '#libs/clock/system-clock.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { AgencyFile } from '../adapters/agency.file.js';
import type { RecordSystem } from '../domain/record-system.js';
import { FileDropRecordSystem } from './file-drop.record-system.js';
import { WebhookRecordSystem } from './webhook.record-system.js';

/** Which office hands over to which record system, by the agency's own file; read again when it is replaced. */
export class RecordSystems {
  readonly #clock = new SystemClock();

  constructor(
    private readonly agencyFile: AgencyFile,
    /** Plain HTTP is for one machine only. */
    private readonly isLocal: boolean,
  ) {}

  /** A job centre keeps its record under DPA1; no other party here does. */
  isKeeper(office: string): boolean {
    return this.#office(office)?.kind === 'jobcentre';
  }

  isHandedOver(office: string): boolean {
    return this.#office(office)?.record !== undefined;
  }

  /** Undefined where the office has none. @throws MeshError `config-invalid` */
  of(office: string): RecordSystem | undefined {
    const record = this.#office(office)?.record;
    if (record === undefined) return undefined;
    if ('folder' in record)
      return new FileDropRecordSystem({
        folder: record.folder,
        key: this.agencyFile.recordKey(office),
      });
    if (!this.isLocal && !record.webhook.startsWith('https:'))
      throw new MeshError('config-invalid', `the record webhook of ${office} must be https`);
    return new WebhookRecordSystem({
      url: record.webhook,
      secret: this.agencyFile.recordSecret(office),
      clock: this.#clock,
    });
  }

  #office(id: string) {
    return this.agencyFile.current().offices.find((office) => office.id === id);
  }
}
