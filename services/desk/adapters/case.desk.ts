import type { Logger } from 'pino';
import type { ConsentsShown } from '#libs/contracts/ask.js';
import type { OwnCases } from '#libs/contracts/ask-router.js';
import { uuidVersion } from '#libs/contracts/message-id.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { type Agency, type Office, type Viewer, officesOf } from '../domain/agency.js';
import type { CaseFile } from '../domain/case-file.js';
import { type CaseShown, caseShown } from '../domain/case-shown.js';
import type { KeptMessage } from '../domain/kept-message.js';
import type { AgencyFile } from './agency.file.js';
import type { GatewayClient } from './gateway.client.js';
import type { MessageStore } from './message.store.js';
import type { ViewingStore } from './viewing.store.js';
import type { WorklistCache } from './worklist-cache.js';

export interface CaseDeskParts {
  readonly agencyFile: AgencyFile;
  readonly gateway: GatewayClient;
  readonly messages: MessageStore;
  readonly viewings: ViewingStore;
  readonly worklists: Pick<WorklistCache, 'last'>;
  readonly logger: Logger;
}

/** The mesh answers for the whole agency: a case is an office's own where something of it came or went there, or is to be done there. */
const isOurs = ({ messages, steps, waiting }: CaseShown): boolean =>
  messages.length + steps.length + waiting.length > 0;

/** Whether it is the office's own, not one that its people have only while a colleague elsewhere is away. */
const liesWith = (office: string, { messages, steps, waiting }: CaseShown): boolean =>
  messages.some(({ sender, to }) => sender === office || to === office) ||
  [...steps, ...waiting].some(({ party }) => party === office);

interface FoundCase {
  readonly office: Office;
  readonly view: CaseShown;
}

/** Opens cases for people, and notes that they were opened. */
export class CaseDesk {
  constructor(private readonly parts: CaseDeskParts) {}

  /**
   * The case, once it is noted who looks at it.
   * @throws MeshError `not-found` alike for a case of others and for none; what the note or the mesh throws: then nothing is shown
   */
  async open(viewer: Viewer, caseId: string, page: string): Promise<CaseFile> {
    const { agencyFile, gateway, viewings } = this.parts;
    const agency = agencyFile.current();
    const found =
      uuidVersion(caseId) === undefined ? undefined : await this.find(viewer, agency, caseId);
    if (found !== undefined) {
      const { office, view } = found;
      await viewings.note({ person: viewer.person.id, office: office.id, caseId, page });
      const [kept, parties] = await Promise.all([
        this.kept(found, agency),
        gateway.parties(office.id),
      ]);
      return { viewer, agency, office, view, kept, parties };
    }
    throw new MeshError('not-found', 'no case of yours');
  }

  /** A page of the cases of the viewer's office, newest first, once it is noted who looks at it. */
  async list({ person, office }: Viewer, before: string | undefined): Promise<OwnCases> {
    await this.parts.viewings.note({ person: person.id, office: office.id, page: 'cases' });
    return this.parts.gateway.cases(office.id, before);
  }

  /** Undefined where they cannot be had at present: the rest of a page is of use without them. */
  async consentsIfHad({ office, view }: CaseFile): Promise<ConsentsShown | undefined> {
    return this.parts.gateway.consents(office.id, view.case).catch(() => undefined);
  }

  /**
   * At the office that it lies with; else at one whose people have something of it today. Where it is not known what they have today, the
   * desk goes by what they had when it last knew: a case of which it knows nothing is nobody's here.
   */
  private async find(
    viewer: Viewer,
    agency: Agency,
    caseId: string,
  ): Promise<FoundCase | undefined> {
    const found: FoundCase[] = [];
    for (const office of officesOf(agency, viewer)) {
      const had = await this.parts.gateway.case(office.id, caseId);
      if (had === undefined) continue;
      const view = caseShown(had, this.parts.worklists.last(office.id));
      if (!isOurs(view)) continue;
      if (liesWith(office.id, view)) return { office, view };
      found.push({ office, view });
    }
    return found[0];
  }

  /** What the desk kept of the case, at each office of the agency whose messages the mesh shows here. */
  private async kept({ office, view }: FoundCase, agency: Agency): Promise<readonly KeptMessage[]> {
    const ends = new Set(view.messages.flatMap(({ sender, to }) => [sender, to]));
    const offices = agency.offices.filter(({ id }) => id === office.id || ends.has(id));
    const kept = await Promise.all(
      offices.map(({ id }) => this.parts.messages.ofCase(id, view.case)),
    );
    const shown = new Set(view.messages.map(({ id }) => id));
    return kept
      .flat()
      .filter((message) => message.office === office.id || shown.has(message.id))
      .toSorted((one, other) => one.at.localeCompare(other.at));
  }
}
