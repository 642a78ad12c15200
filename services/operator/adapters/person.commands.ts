import type { Command } from 'commander';
import { directoryReply } from '#libs/contracts/ask.js';
import {
  fewestShown,
  overdueFiguresReply,
  unattendedOfficesReply,
} from '#libs/contracts/ask-router.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { PersonPut } from '#libs/contracts/service-forms.js';
import type { MeshDesk } from '../domain/mesh-desk.js';
import { renderTable } from '../domain/render-table.js';
import type { OperatorContext } from './operator-context.js';
import { putEntry, readDay } from './put-entry.js';

type Change = Partial<PersonPut>;

/** People who join, leave, are away: from that day on their steps lie with who stands in, and the heir is told in one mail. */
export function addPersonCommands(program: Command, context: OperatorContext): void {
  const person = program.command('person').description('people who join, leave, or are away');
  const change = (id: string, what: (has: PersonPut) => Change): Promise<void> =>
    context
      .withDesk((desk) => putChanged(desk, id, what))
      .then((said) => context.show(said, said.text));

  person
    .command('away <person>')
    .description('from a day until a day; the deputy stands in, else the duty person')
    .requiredOption('--from <day>', 'first day away, YYYY-MM-DD')
    .requiredOption('--until <day>', 'last day away, YYYY-MM-DD')
    .action((id: string, { from, until }: { from: string; until: string }) => {
      const days = { absentFrom: readDay('--from', from), absentUntil: readDay('--until', until) };
      if (days.absentUntil < days.absentFrom)
        throw new MeshError('config-invalid', '--until must not lie before --from');
      return change(id, () => days);
    });

  person
    .command('back <person>')
    .description('is here again')
    .action((id: string) => change(id, () => ({ absentFrom: undefined, absentUntil: undefined })));

  person
    .command('leaves <person>')
    .description('for good, after that day')
    .requiredOption('--on <day>', 'last day, YYYY-MM-DD')
    .action((id: string, { on }: { on: string }) => {
      const leavesOn = readDay('--on', on);
      return change(id, ({ joinsOn }) => {
        if (joinsOn !== undefined && leavesOn < joinsOn)
          throw new MeshError(
            'config-invalid',
            `--on must not lie before ${joinsOn}, the first day`,
          );
        return { leavesOn };
      });
    });
}

/** @throws MeshError `config-invalid` where nobody has this id, or the guard does not take the change */
async function putChanged(
  desk: MeshDesk,
  id: string,
  what: (has: PersonPut) => Change,
): Promise<{ readonly person: string; readonly text: string }> {
  const { people } = directoryReply.parse(await desk.ask('directory', {}));
  const has = people.find(({ person }) => person === id);
  if (has === undefined)
    throw new MeshError('config-invalid', `there is no person ${id}; see \`directory show\``);
  const data = Object.fromEntries(
    Object.entries({ ...has, ...what(has) }).filter(([, value]) => value !== undefined),
  );
  await putEntry(desk, { type: 'directory.person-put', to: 'mesh', data });
  return { person: id, text: `${id}: taken` };
}

/** Where nobody would answer, and where steps stay undone: numbers and offices, never a case. */
export function addOfficeCommands(program: Command, context: OperatorContext): void {
  program
    .command('offices')
    .description('offices where nobody could answer today')
    .action(async () => {
      const answer = unattendedOfficesReply.parse(
        await context.withDesk((desk) => desk.ask('unattended-offices', {})),
      );
      const rows = answer.offices.map((office) => [office]);
      context.show(answer, renderTable(['office'], rows, 'somebody answers for every office'));
    });

  program
    .command('overdue')
    .description('steps of job centres that were not done though the team leader knew, by region')
    .option('--region <region>', 'only this region')
    .action(async ({ region }: { region?: string }) => {
      const asked = region === undefined ? {} : { region };
      const answer = overdueFiguresReply.parse(
        await context.withDesk((desk) => desk.ask('overdue-figures', asked)),
      );
      const rows = answer.figures.map(({ region: where, overdue }) => [
        where,
        overdue === null ? `fewer than ${fewestShown}` : String(overdue),
      ]);
      const table = renderTable(['region', 'steps'], rows, 'none');
      context.show(answer, `${answer.from} to ${answer.to}\n${table}`);
    });
}
