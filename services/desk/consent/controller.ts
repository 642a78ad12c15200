import { Controller, Get, Param, Post, Query } from '@nestjs/common';
import { Clock } from '#libs/clock/clock.js';
import { uuidVersion } from '#libs/contracts/message-id.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { ConsentForm } from '#libs/contracts/purposes.js';
import { CaseDesk } from '../adapters/case.desk.js';
import { type Visit, Visiting, fieldsOf, textIn } from '../adapters/desk-request.js';
import type { Fields } from '../adapters/draft.store.js';
import { MessageSender } from '../adapters/message.sender.js';
import { sendPage } from '../adapters/page-renderer.js';
import { SavedForms } from '../adapters/saved-forms.js';
import type { CaseFile } from '../domain/case-file.js';
import { referenceOf } from '../domain/reference.js';
import { addressOfSaved } from '../domain/saved-form.js';
import { consentData } from '../domain/take-consent.js';
import { formsTakenBy, presentConsent, readConsent, usualConsent } from './presenter.js';

const page = 'consent.recorded' as const;

@Controller('cases/:case/consent')
export class ConsentController {
  constructor(
    private readonly cases: CaseDesk,
    private readonly sender: MessageSender,
    private readonly savedForms: SavedForms,
    private readonly clock: Clock,
  ) {}

  @Get()
  async ask(
    @Visiting() visit: Visit,
    @Param('case') caseId: string,
    @Query() { form: wanted, kept, id }: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const file = await this.cases.open(visit.viewer, caseId, 'consent');
    const from = { caseId, page, kept, id };
    const { posted: written, saved } = await this.savedForms.written(visit.viewer, from);
    const form = formOf(file, written === undefined ? wanted : written['form']);
    const posted = written ?? usualConsent(file, form);
    const shown = { form, posted, problems: [], id: saved?.id ?? this.sender.newId(), saved };
    sendPage(visit, 'consent/view.njk', presentConsent(file, shown));
  }

  @Post()
  async record(@Visiting() visit: Visit, @Param('case') caseId: string): Promise<void> {
    const file = await this.cases.open(visit.viewer, caseId, 'consent');
    const posted = fieldsOf(visit.request);
    const form = formOf(file, textIn(posted, 'form'));
    const id = textIn(posted, 'id');
    if (textIn(posted, 'later') !== '') return this.#save(visit, file, { posted, id });
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
    await this.savedForms.forget(visit.viewer, id);
    if (answer.kind !== 'refused')
      return void visit.reply.redirect(`/cases/${caseId}/messages/${id}`, 303);
    const shown = { form, posted, problems: [], id: this.sender.newId(), refused: answer.problem };
    sendPage(visit, 'consent/view.njk', presentConsent(file, shown), answer.problem.status);
  }

  /** As it is, wrong or not: it is looked at when it is recorded. @throws MeshError `malformed-message` */
  async #save(
    visit: Visit,
    { view }: CaseFile,
    { posted, id }: { readonly posted: Fields; readonly id: string },
  ): Promise<void> {
    if (uuidVersion(id) !== 7) throw new MeshError('malformed-message', 'the form has no id');
    const saved = { id, caseId: view.case, reference: referenceOf(view), page, posted };
    await this.savedForms.save(visit.viewer, saved);
    void visit.reply.redirect(addressOfSaved(saved), 303);
  }
}

/** @throws MeshError `not-found` where this kind of office takes no consent */
function formOf(file: CaseFile, wanted: unknown): ConsentForm {
  const forms = formsTakenBy(file.office.kind);
  const found = forms.find((form) => form === wanted) ?? forms.at(-1);
  if (found === undefined) throw new MeshError('not-found', 'no such page');
  return found;
}
