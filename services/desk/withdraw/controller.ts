import { Controller, Get, Param, Post, Query } from '@nestjs/common';
import { Clock } from '#libs/clock/clock.js';
import { uuidVersion } from '#libs/contracts/message-id.js';
import { CaseDesk } from '../adapters/case.desk.js';
import { type Visit, Visiting, fieldsOf, textIn } from '../adapters/desk-request.js';
import { DraftStore, type Fields } from '../adapters/draft.store.js';
import { MessageSender } from '../adapters/message.sender.js';
import { sendPage } from '../adapters/page-renderer.js';
import { expiredKind } from '../adapters/sign-in.desk.js';
import type { CaseFile } from '../domain/case-file.js';
import type { ProblemShown } from '../domain/told-by-mesh.js';
import {
  type Standing,
  type WithdrawalAsked,
  presentConfirm,
  presentWithdraw,
  readWithdrawal,
  withdrawalData,
} from './presenter.js';

/** As easy as giving: two steps, no reason. */
@Controller('cases/:case/withdraw')
export class WithdrawController {
  constructor(
    private readonly cases: CaseDesk,
    private readonly sender: MessageSender,
    private readonly drafts: DraftStore,
    private readonly clock: Clock,
  ) {}

  @Get()
  async ask(
    @Visiting() visit: Visit,
    @Param('case') caseId: string,
    @Query() { kept, all }: { readonly kept?: unknown; readonly all?: unknown },
  ): Promise<void> {
    const file = await this.cases.open(visit.viewer, caseId, 'withdraw');
    const standing = await this.#standing(file);
    const written = await this.#written(visit, kept);
    const asked = readWithdrawal(written);
    const id = textIn(written, 'id');
    // The session ended at step two: the same form is shown again, under its own id.
    if (asked !== undefined && id !== '')
      return sendPage(
        visit,
        'withdraw/confirm.njk',
        presentConfirm(file, asked, { ...standing, id }),
      );
    const shown = { ...standing, posted: written, isWrong: false, isAllAsked: all === 'yes' };
    sendPage(visit, 'withdraw/view.njk', presentWithdraw(file, shown));
  }

  @Post()
  async confirm(@Visiting() visit: Visit, @Param('case') caseId: string): Promise<void> {
    const file = await this.cases.open(visit.viewer, caseId, 'withdraw');
    const posted = fieldsOf(visit.request);
    const asked = readWithdrawal(posted);
    if (asked === undefined) {
      const shown = { ...(await this.#standing(file)), posted, isWrong: true, isAllAsked: false };
      return sendPage(visit, 'withdraw/view.njk', presentWithdraw(file, shown), 422);
    }
    const id = textIn(posted, 'id');
    if (id === '') return this.#confirm(visit, file, { asked, refused: undefined });
    const person = visit.viewer.person.id;
    const { answer } = await this.sender.send({
      id,
      office: file.office.id,
      actor: person,
      name: 'consent.withdrawn',
      caseId,
      to: 'mesh',
      data: withdrawalData(asked, { at: this.clock.now().toISOString(), person }),
    });
    if (answer.kind !== 'refused')
      return void visit.reply.redirect(`/cases/${caseId}/messages/${id}`, 303);
    return this.#confirm(visit, file, { asked, refused: answer.problem });
  }

  async #confirm(
    visit: Visit,
    file: CaseFile,
    { asked, refused }: { asked: WithdrawalAsked; refused: ProblemShown | undefined },
  ): Promise<void> {
    const shown = { ...(await this.#standing(file)), id: this.sender.newId(), refused };
    const model = presentConfirm(file, asked, shown);
    sendPage(visit, 'withdraw/confirm.njk', model, refused?.status ?? 200);
  }

  /** Without the consents the client can say no all the same. */
  async #standing(file: CaseFile): Promise<Standing> {
    return { consents: await this.cases.consentsIfHad(file), now: this.clock.now() };
  }

  async #written({ viewer }: Visit, kept: unknown): Promise<Fields> {
    if (typeof kept !== 'string' || uuidVersion(kept) === undefined) return {};
    return (await this.drafts.read(viewer.person.id, expiredKind, kept)) ?? {};
  }
}
