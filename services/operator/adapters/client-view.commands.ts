import { open, readFile, rm, type FileHandle } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { renderClientView } from '#libs/client-view/render-client-view.js';
import { londonDate } from '#libs/calendar/london-time.js';
import { type ClientView, clientViewReply } from '#libs/contracts/client-view.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { MeshDesk } from '../domain/mesh-desk.js';
import { type AgencyEdge, sendAsAgency } from './agency-edge.js';
import type { OperatorContext } from './operator-context.js';

const formats = ['page', 'slip', 'json'] as const;
type Format = (typeof formats)[number];

interface AgencyOptions extends AgencyEdge {
  readonly case: string;
  readonly by: string;
}

/**
 * A client's view, released with three keys: `request` and `approve` are run by people of two agencies, each with their own agency's token;
 * `release` by the operator. None of the three can do another's part.
 */
export function addClientViewCommands(program: Command, context: OperatorContext): void {
  const view = program
    .command('client-view')
    .description('who was told what about one client: for the client alone');
  addRequest(view, context);
  addApprove(view, context);
  addRelease(view, context);
  addRender(view, context);
}

function addRequest(view: Command, context: OperatorContext): void {
  byAgency(
    view
      .command('request')
      .description(
        'for a person of one agency: the client asks to see it; gives the id of the request',
      ),
  )
    .option('--asked-on <day>', 'the day the client asked, YYYY-MM-DD; else today')
    .action(async (options: AgencyOptions & { askedOn?: string }) => {
      const now = context.now();
      const data = { clientAskedOn: options.askedOn ?? londonDate(now) };
      const { id } = await sendAsAgency(options, {
        name: 'client-view.requested',
        case: options.case,
        actor: options.by,
        data,
        now,
      });
      context.show(
        { request: id },
        `requested: ${id}\nNow a person of another agency of the case: client-view approve ${id}`,
      );
    });
}

function addApprove(view: Command, context: OperatorContext): void {
  byAgency(
    view
      .command('approve <request>')
      .description('for a person of another agency of the same case; gives the id of the approval'),
  ).action(async (request: string, options: AgencyOptions) => {
    const message = {
      name: 'client-view.approved' as const,
      case: options.case,
      actor: options.by,
      data: { request },
      now: context.now(),
    };
    const { id } = await sendAsAgency(options, message);
    context.show(
      { approval: id },
      `approved: ${id}\nNow the operator: client-view release ${id} --out <file>`,
    );
  });
}

function addRelease(view: Command, context: OperatorContext): void {
  view
    .command('release <approval>')
    .description(
      'take it out, once, into a file that only its owner reads; give it to the client and to nobody else',
    )
    .requiredOption('--out <file>', 'a file that is not there yet')
    .option('--format <format>', formats.join(' | '), readFormat, 'page')
    .action((approval: string, options: { out: string; format: Format }) =>
      release(context, approval, options),
    );
}

function addRender(view: Command, context: OperatorContext): void {
  view
    .command('render <file>')
    .description(
      "an agency's own part, as GET /v1/cases/{case}/client-view gave it, as a page or slip",
    )
    .requiredOption('--out <file>', 'a file that is not there yet')
    .option('--format <format>', formats.join(' | '), readFormat, 'page')
    .action(async (path: string, options: { out: string; format: Format }) => {
      const part = clientViewReply.parse(JSON.parse(await readFile(path, 'utf8')));
      await write(options.out, async () => [part], options.format);
      context.show({ file: options.out }, `written: ${options.out}`);
    });
}

function byAgency(command: Command): Command {
  return command
    .requiredOption('--case <id>', 'the case, as both agencies know it')
    .requiredOption('--by <person>', 'your own id in the directory')
    .requiredOption('--party <party>', 'your own party')
    .requiredOption('--gateway <url>', "the mesh's HTTP edge")
    .requiredOption('--token-file <file>', "file with your party's bearer token");
}

async function release(
  context: OperatorContext,
  approval: string,
  options: { out: string; format: Format },
): Promise<void> {
  await write(
    options.out,
    () =>
      context.withDesk(async (desk) => {
        const id = await desk.send({
          type: 'client-view.released',
          to: 'mesh',
          data: { approval },
        });
        const { state, records } = await desk.verdict(id);
        if (state !== 'cleared')
          throw new MeshError('not-found', `not released: ${records.at(-1)?.detail ?? state}`);
        return readPages(desk, id);
      }),
    options.format,
  );
  context.show({ file: options.out }, `written, for the client alone: ${options.out}`);
}

async function readPages(desk: MeshDesk, released: string): Promise<readonly ClientView[]> {
  const views: ClientView[] = [];
  for (let page = 0; page < (views[0]?.pages ?? 1); page += 1)
    views.push(clientViewReply.parse(await desk.ask('client-view', { release: released, page })));
  return views;
}

/** The file is made first: a release is given once, and must not be lost for want of a place. It goes again when nothing came. */
async function write(
  path: string,
  load: () => Promise<readonly ClientView[]>,
  format: Format,
): Promise<void> {
  const file = await create(path);
  try {
    const views = await load();
    await file.writeFile(
      format === 'json' ? `${JSON.stringify(views, null, 2)}\n` : renderClientView(views, format),
    );
    await file.close();
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(path, { force: true });
    throw error;
  }
}

async function create(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (cause) {
    throw new MeshError(
      'config-invalid',
      `${path} cannot be made: it may not be there yet, its folder must`,
      { cause },
    );
  }
}

function readFormat(text: string): Format {
  const format = formats.find((known) => known === text);
  if (format === undefined) throw new InvalidArgumentError(`one of ${formats.join(', ')}`);
  return format;
}
