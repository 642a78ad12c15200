import type { Logger } from 'pino';
import type { CaseView } from '#libs/contracts/ask.js';
import { uuidVersion } from '#libs/contracts/message-id.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { type Viewer, officesOf } from '../domain/agency.js';
import type { CaseFile } from '../domain/case-file.js';
import type { AgencyFile } from './agency.file.js';
import type { GatewayClient } from './gateway.client.js';
import type { MessageStore } from './message.store.js';
import type { ViewingStore } from './viewing.store.js';

export interface CaseDeskParts {
  readonly agencyFile: AgencyFile;
  readonly gateway: GatewayClient;
  readonly messages: MessageStore;
  readonly viewings: ViewingStore;
  readonly logger: Logger;
}

/** The mesh answers for the whole agency: a case is an office's own where something of it came or went there, or is to be done there. */
const isOurs = ({ messages, steps, waiting }: CaseView): boolean =>
  messages.length + steps.length + waiting.length > 0;

/** Opens cases for people, and notes that they were opened. */
export class CaseDesk {
  constructor(private readonly parts: CaseDeskParts) {}

  /**
   * The case, once it is noted who looks at it.
   * @throws MeshError `not-found` alike for a case of others and for none; what the note or the mesh throws: then nothing is shown
   */
  async open(viewer: Viewer, caseId: string, page: string): Promise<CaseFile> {
    const { agencyFile, gateway, messages, viewings } = this.parts;
    const agency = agencyFile.current();
    if (uuidVersion(caseId) !== undefined)
      for (const office of officesOf(agency, viewer)) {
        const view = await gateway.case(office.id, caseId);
        if (view === undefined || !isOurs(view)) continue;
        await viewings.note({ person: viewer.person.id, office: office.id, caseId, page });
        const [kept, parties] = await Promise.all([
          messages.ofCase(office.id, caseId),
          gateway.parties(office.id),
        ]);
        return { viewer, agency, office, view, kept, parties };
      }
    throw new MeshError('not-found', 'no case of yours');
  }
}
