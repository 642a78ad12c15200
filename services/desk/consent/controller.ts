import { Controller, Get, Param, Post, Query } from '@nestjs/common';
import { Clock } from '#libs/clock/clock.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { ConsentForm } from '#libs/contracts/purposes.js';
import { CaseDesk } from '../adapters/case.desk.js';
import { type Visit, Visiting, fieldsOf, textIn } from '../adapters/desk-request.js';
import { DraftStore } from '../adapters/draft.store.js';
import { MessageSender } from '../adapters/message.sender.js';
import { sendPage } from '../adapters/page-renderer.js';
import { expiredKind } from '../adapters/sign-in.desk.js';
import type { CaseFile } from '../domain/case-file.js';
import { consentData } from '../domain/take-consent.js';
import { formsTakenBy, presentConsent, readConsent, usualConsent } from './presenter.js';

@Controller('cases/:case/consent')
export class ConsentController {
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
    @Query('form') wanted: unknown,
    @Query('kept') kept: unknown,
  ): Promise<void> {
    const file = await this.cases.open(visit.viewer, caseId, 'consent');
    const { person } = visit.viewer;
    const written =
      typeof kept === 'string' ? await this.drafts.read(person.id, expiredKind, kept) : undefined;
    const form = formOf(file, written === undefined ? wanted : written['form']);
    const posted = written ?? usualConsent(file, form);
    const shown = { form, posted, problems: [], id: this.sender.newId() };
    sendPage(visit, 'consent/view.njk', presentConsent(file, shown));
  }

  @Post()
  async record(@Visiting() visit: Visit, @Param('case') caseId: string): Promise<void> {
    const file = await this.cases.open(visit.viewer, caseId, 'consent');
    const posted = fieldsOf(visit.request);
    const form = formOf(file, textIn(posted, 'form'));
    const id = textIn(posted, 'id');
    const at = this.clock.now().toISOString();
    const { taken, problems } = readConsent(file, { form, posted }, { id, at });
    if (taken === undefined)
      return sendPage(
        visit,
        'consent/view.njk',
        presentConsent(file, { form, posted, problems, id }),
        422,
      );
    const { answer } = await this.sender.send({
      id,
      office: file.office.id,
      actor: visit.viewer.person.id,
      name: 'consent.recorded',
      caseId,
      to: 'mesh',
      data: consentData(taken),
    });
    if (answer.kind !== 'refused')
      return void visit.reply.redirect(`/cases/${caseId}/messages/${id}`, 303);
    const shown = { form, posted, problems: [], id: this.sender.newId(), refused: answer.problem };
    sendPage(visit, 'consent/view.njk', presentConsent(file, shown), answer.problem.status);
  }
}

/** @throws MeshError `not-found` where this kind of office takes no consent */
function formOf(file: CaseFile, wanted: unknown): ConsentForm {
  const forms = formsTakenBy(file.office.kind);
  const found = forms.find((form) => form === wanted) ?? forms.at(-1);
  if (found === undefined) throw new MeshError('not-found', 'no such page');
  return found;
}
