import { Controller, Get, Param, Post, Query } from '@nestjs/common';
import { Clock } from '#libs/clock/clock.js';
import { formShape } from '#libs/contracts/form-shape.js';
import { uuidVersion } from '#libs/contracts/message-id.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { type MessageName, messageNames, ruleOf } from '#libs/contracts/message-table.js';
import { CaseDesk } from '../adapters/case.desk.js';
import { type Visit, Visiting, fieldsOf, textIn } from '../adapters/desk-request.js';
import type { Fields } from '../adapters/draft.store.js';
import { type Draft, MessageSender } from '../adapters/message.sender.js';
import { sendPage } from '../adapters/page-renderer.js';
import { SavedForms } from '../adapters/saved-forms.js';
import { type ActionForm, actionForm, isSendable } from '../domain/action-form.js';
import type { CaseFile } from '../domain/case-file.js';
import { usualValues } from '../domain/field-models.js';
import { readForm } from '../domain/form-values.js';
import { knownHints, knownValues } from '../domain/known-values.js';
import { isPreviewed } from '../domain/previewed.js';
import { referenceOf } from '../domain/reference.js';
import { addressOfSaved } from '../domain/saved-form.js';
import type { TrialShown } from '../domain/trial-words.js';
import { type ActionShown, fieldsShown, presentAction } from './presenter.js';

/**
 * One page for every message that a person may send from a case: the form follows from the contract. The message's id is in the address of
 * its form: who goes back to it, or loads it again, finds what was sent, and no second form.
 */
@Controller('cases/:case/do/:name')
export class ActionController {
  constructor(
    private readonly cases: CaseDesk,
    private readonly sender: MessageSender,
    private readonly savedForms: SavedForms,
    private readonly clock: Clock,
  ) {}

  @Get()
  async show(
    @Visiting() visit: Visit,
    @Param('case') caseId: string,
    @Param('name') text: string,
    @Query() { kept, id: given }: { readonly kept?: unknown; readonly id?: unknown },
  ): Promise<void> {
    const file = await this.cases.open(visit.viewer, caseId, 'action');
    const id = typeof given === 'string' && uuidVersion(given) === 7 ? given : undefined;
    if (id !== undefined && wasSent(file, id))
      return void visit.reply.redirect(`/cases/${caseId}/messages/${id}`, 303);
    const form = formOf(file, text);
    const person = visit.viewer.person.id;
    const from = { caseId, page: form.name, kept, id };
    const { posted: written, saved } = await this.savedForms.written(visit.viewer, from);
    const usual = {
      ...usualValues(form.fields, { now: this.clock.now(), person }),
      ...knownValues(file, form, this.clock.now()),
    };
    const known = typeof kept === 'string' && written !== undefined ? textIn(written, 'id') : id;
    if (known === undefined)
      return void visit.reply.redirect(
        `/cases/${caseId}/do/${form.name}?id=${this.sender.newId()}`,
        303,
      );
    this.#show(visit, file, { form, posted: written ?? usual, id: known, saved });
  }

  @Post()
  async send(
    @Visiting() visit: Visit,
    @Param('case') caseId: string,
    @Param('name') text: string,
  ): Promise<void> {
    const file = await this.cases.open(visit.viewer, caseId, 'action');
    const posted = fieldsOf(visit.request);
    const id = textIn(posted, 'id');
    // The second of two posts finds the case changed by the first: it is answered as the first was.
    if (wasSent(file, id)) return void visit.reply.redirect(`/cases/${caseId}/messages/${id}`, 303);
    const form = formOf(file, text);
    if (textIn(posted, 'later') !== '') return this.#save(visit, file, { form, posted, id });
    const values = textIn(posted, 'tap') === '' ? posted : this.#tapped(visit, form, posted);
    const read = readForm(form.name, fieldsOfRead(form), values, givenOf(form, posted));
    const to = form.to ?? textIn(posted, 'to');
    const problems = to === '' ? [{ path: 'to', text: 'Choose who gets it' }] : read.problems;
    if (problems.length > 0)
      return this.#show(visit, file, { form, posted, id, read: { ...read, problems } }, 422);
    const { office } = file;
    const actor = visit.viewer.person.id;
    const draft = { id, office: office.id, actor, name: form.name, caseId, to, data: read.data };
    const trial = await this.#tried(draft);
    if (trial?.problem !== undefined)
      return this.#show(
        visit,
        file,
        { form, posted, id, refused: trial.problem },
        trial.problem.status,
      );
    if (trial !== undefined && (!trial.mayGo || trial.digest !== textIn(posted, 'seen')))
      return this.#show(visit, file, { form, posted, id, trial });
    const { answer } = await this.sender.send(draft);
    await this.savedForms.forget(visit.viewer, id);
    if (answer.kind !== 'refused')
      return void visit.reply.redirect(`/cases/${caseId}/messages/${id}`, 303);
    const shown = { form, posted, id: this.sender.newId(), refused: answer.problem };
    this.#show(visit, file, shown, answer.problem.status);
  }

  /** As it is, wrong or not: it is looked at when it is sent. @throws MeshError `malformed-message` */
  async #save(
    visit: Visit,
    { view }: CaseFile,
    { form, posted, id }: Pick<ActionShown, 'form' | 'id'> & { readonly posted: Fields },
  ): Promise<void> {
    if (uuidVersion(id) !== 7) throw new MeshError('malformed-message', 'the form has no id');
    const saved = { id, caseId: view.case, reference: referenceOf(view), page: form.name, posted };
    await this.savedForms.save(visit.viewer, saved);
    void visit.reply.redirect(addressOfSaved(saved), 303);
  }

  /** Of a form that tells of the client, what would go of it today; asked again at Send. */
  async #tried(draft: Draft): Promise<TrialShown | undefined> {
    return isPreviewed(draft.name) ? this.sender.tried(draft) : undefined;
  }

  #show(visit: Visit, file: CaseFile, shown: ActionShown, status = 200): void {
    const hints = knownHints(file, shown.form, this.clock.now());
    sendPage(visit, 'action/view.njk', presentAction(file, { ...shown, hints }), status);
  }

  #tapped({ viewer }: Visit, { fields }: ActionForm, posted: Fields): Fields {
    return {
      ...usualValues(fields, { now: this.clock.now(), person: viewer.person.id }),
      ...posted,
    };
  }
}

function formOf(file: CaseFile, text: string): ActionForm {
  const name = messageNames.find((each) => each === text);
  if (name === undefined || !isSendable(name, file.office.kind))
    throw new MeshError('not-found', 'no such action');
  const form = name === 'step.done' ? stepDoneForm(name) : actionForm(file, name);
  if (form === undefined) throw new MeshError('not-found', 'the case has no such action now');
  return form;
}

const wasSent = ({ kept }: CaseFile, id: string): boolean =>
  kept.some((each) => each.id === id && each.answer !== 'refused');

/** Its fields come from the step's own button. */
const stepDoneForm = (name: MessageName): ActionForm => ({
  name,
  to: 'mesh',
  given: {},
  fields: formShape(ruleOf(name).form),
  corrects: undefined,
});

/** Ids of what is cited come from the hidden fields of a button. */
const fieldsOfRead = (form: ActionForm) =>
  fieldsShown({ form }).filter(({ path }) => path !== 'to');

/** What the page knew when it was shown: what somebody recorded meanwhile refuses it, instead of being overwritten unseen. */
function givenOf(form: ActionForm, posted: Fields): Readonly<Record<string, unknown>> {
  const given: Record<string, unknown> = { ...form.given };
  if (textIn(posted, 'tap') !== '') return given;
  const ids = [...Object.keys(given).filter((name) => typeof given[name] === 'string'), 'corrects'];
  for (const name of ids) {
    const value = textIn(posted, `given.${name}`);
    if (value === '') delete given[name];
    else given[name] = value;
  }
  return given;
}
