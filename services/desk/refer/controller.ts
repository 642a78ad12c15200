import { createHash } from 'node:crypto';
import { Controller, Get, Param, Post, Query } from '@nestjs/common';
import { uuidVersion } from '#libs/contracts/message-id.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { type Visit, Visiting, fieldsOf, textIn } from '../adapters/desk-request.js';
import { sendPage } from '../adapters/page-renderer.js';
import { type OpenReferral, ReferralDesk } from '../adapters/referral.desk.js';
import type { TrialShown } from '../domain/trial-words.js';
import { type ReferralRead, presentPreview, presentRefer, readReferral } from './presenter.js';

/** One page, one preview, one Send. */
@Controller('refer')
export class ReferController {
  constructor(private readonly referrals: ReferralDesk) {}

  @Get()
  async ask(
    @Visiting() visit: Visit,
    @Query('case') caseId: unknown,
    @Query('draft') draft: unknown,
    @Query('kept') kept: unknown,
  ): Promise<void> {
    const open = await this.referrals.begin(visit.viewer, {
      caseId: typeof caseId === 'string' ? caseId : '',
      draft: uuidIn(draft),
      kept: uuidIn(kept),
    });
    sendPage(visit, 'refer/view.njk', presentRefer({ ...open, problems: [] }, open.draft));
  }

  @Post()
  async check(@Visiting() visit: Visit): Promise<void> {
    const posted = fieldsOf(visit.request);
    const open = await this.referrals.begin(visit.viewer, {
      caseId: textIn(posted, 'case'),
      draft: uuidIn(textIn(posted, 'draft')),
      kept: '',
    });
    const read = readReferral(posted, open);
    const page = { ...open, posted, problems: read.problems };
    if (read.problems.length > 0)
      return sendPage(visit, 'refer/view.njk', presentRefer(page, open.draft), 422);
    const draft = await this.referrals.keep(visit.viewer, open, posted);
    void visit.reply.redirect(`/refer/${draft}`, 303);
  }

  @Get(':draft')
  async preview(@Visiting() visit: Visit, @Param('draft') draft: string): Promise<void> {
    const open = await this.#open(visit, draft);
    const sent = await this.referrals.sentAlready(open);
    if (sent !== undefined) return void visit.reply.redirect(sent, 303);
    await this.#show(visit, open, { draft, hasChanged: false, status: 200 });
  }

  /** Where a sign-in leads after a session had ended at Send. */
  @Get(':draft/send')
  back(@Visiting() { reply }: Visit, @Param('draft') draft: string): void {
    void reply.redirect(`/refer/${uuidIn(draft)}`, 303);
  }

  @Post(':draft/send')
  async send(@Visiting() visit: Visit, @Param('draft') draft: string): Promise<void> {
    const open = await this.#open(visit, draft);
    const sent = await this.referrals.sentAlready(open);
    if (sent !== undefined) return void visit.reply.redirect(sent, 303);
    const read = readReferral(open.posted, open);
    const trial = await this.referrals.tried(visit.viewer, open, read);
    const seen = seenOf(read, trial);
    const isSeen = textIn(fieldsOf(visit.request), 'seen') === seen;
    if (!isSeen || (read.tpr1 !== 'refused' && trial?.mayGo !== true))
      return this.#show(visit, open, { draft, hasChanged: true, status: 409 });
    const refused = await this.referrals.send(visit.viewer, open, read);
    if (refused !== undefined) {
      const preview = {
        read,
        parties: open.parties,
        trial,
        draft,
        seen,
        hasChanged: false,
        refused,
      };
      return sendPage(visit, 'refer/preview.njk', presentPreview(preview), refused.status);
    }
    const next = read.tpr1 === 'refused' ? '' : `/messages/${open.ids.referral}`;
    void visit.reply.redirect(`/cases/${open.ids.caseId}${next}`, 303);
  }

  /** The draft as its author wrote it. @throws MeshError `not-found` for anybody else */
  async #open(visit: Visit, draft: string): Promise<OpenReferral> {
    const open = await this.referrals.open(visit.viewer, uuidIn(draft));
    if (open === undefined) throw new MeshError('not-found', 'no draft of yours');
    return open;
  }

  async #show(
    visit: Visit,
    open: OpenReferral,
    shown: { readonly draft: string; readonly hasChanged: boolean; readonly status: number },
  ): Promise<void> {
    const read = readReferral(open.posted, open);
    const trial = await this.referrals.tried(visit.viewer, open, read);
    const { draft, hasChanged, status } = shown;
    const preview = { read, parties: open.parties, trial, draft, hasChanged, refused: undefined };
    const seen = seenOf(read, trial);
    sendPage(visit, 'refer/preview.njk', presentPreview({ ...preview, seen }), status);
  }
}

/** The same for the same words to the same place with the same verdict: what somebody sends is what they saw, whatever another tab wrote meanwhile. */
const seenOf = (read: ReferralRead, trial: TrialShown | undefined): string =>
  createHash('sha256')
    .update(JSON.stringify([read, trial?.digest]))
    .digest('base64url');

const uuidIn = (value: unknown): string =>
  typeof value === 'string' && uuidVersion(value) !== undefined ? value : '';
