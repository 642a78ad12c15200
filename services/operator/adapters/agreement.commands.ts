import type { Command } from 'commander';
import { addDays } from '#libs/calendar/local-date.js';
import { londonDate } from '#libs/calendar/london-time.js';
import { agreementsReply } from '#libs/contracts/ask-agreements.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { AgreementPut } from '#libs/contracts/service-forms.js';
import { agreementLines } from '../domain/agreement-state.js';
import type { MeshDesk } from '../domain/mesh-desk.js';
import { renderTable } from '../domain/render-table.js';
import type { OperatorContext } from './operator-context.js';
import { putEntry, readDay } from './put-entry.js';

/** Renewed yearly: the last day where none is given. */
const yearDays = 365;

/** Local sharing agreements: recorded, ended, and how each pair of agencies stands. A lapse warns and blocks nothing. */
export function addAgreementCommands(program: Command, context: OperatorContext): void {
  const agreement = program
    .command('agreement')
    .description(
      'local sharing agreements between offices of two agencies; a lapse blocks nothing',
    );

  agreement
    .command('put <office> <other>')
    .description('signed, or renewed; both managers are warned 8 and 2 weeks before its last day')
    .requiredOption('--signed <day>', 'YYYY-MM-DD')
    .option('--until <day>', 'last day, YYYY-MM-DD; else a year after it was signed')
    .action(async (one: string, other: string, given: { signed: string; until?: string }) => {
      const signedOn = readDay('--signed', given.signed);
      const until =
        given.until === undefined ? addDays(signedOn, yearDays) : readDay('--until', given.until);
      const data: AgreementPut = { offices: [one, other], signedOn, until, active: true };
      await context.withDesk((desk) => put(desk, data));
      context.show(data, `${one}, ${other}: taken, until ${until}`);
    });

  agreement
    .command('end <office> <other>')
    .description('ended before its last day: nobody is warned of it any more')
    .action(async (one: string, other: string) => {
      const data = await context.withDesk((desk) => end(desk, one, other));
      context.show(data, `${one}, ${other}: ended`);
    });

  addList(agreement, context);
}

function addList(agreement: Command, context: OperatorContext): void {
  agreement
    .command('list')
    .description('what is current, lapses within 8 weeks, has lapsed, or is missing')
    .action(async () => {
      const answer = agreementsReply.parse(
        await context.withDesk((desk) => desk.ask('agreements', {})),
      );
      const lines = agreementLines(answer, londonDate(context.now()));
      const rows = lines.map(({ agencies, state, offices, until }) => [
        agencies.join(', '),
        state,
        until ?? '',
        offices?.join(', ') ?? '',
      ]);
      context.show(
        lines,
        renderTable(
          ['agencies', 'state', 'until', 'offices'],
          rows,
          'no agreement, and no message has passed between two agencies',
        ),
      );
    });
}

const put = (desk: MeshDesk, data: AgreementPut): Promise<void> =>
  putEntry(desk, { type: 'directory.agreement-put', to: 'mesh', data });

/** @throws MeshError `config-invalid` where there is no such agreement */
async function end(desk: MeshDesk, one: string, other: string): Promise<AgreementPut> {
  const { agreements } = agreementsReply.parse(await desk.ask('agreements', {}));
  const found = agreements.find(({ offices }) => offices.includes(one) && offices.includes(other));
  if (found === undefined || one === other)
    throw new MeshError(
      'config-invalid',
      `there is no agreement of ${one} and ${other}; see \`agreement list\``,
    );
  const { agencies: _agencies, ...entry } = found;
  const data = { ...entry, active: false };
  await put(desk, data);
  return data;
}
