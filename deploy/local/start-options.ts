import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { londonDate, londonInstant, londonTime } from '#libs/calendar/london-time.js';
import { type ServiceName, serviceNames } from './mesh-services.js';

export const usage = `npm start [-- --once] [--from <instant>] [--scale <service>=<n>]… [--folder <path>] [--no-journey] [--no-desk]

  --once        play the sample journey, stop everything, exit 0 only if every step came out as expected
  --from        what the local clock shows at the start, as 2026-12-24T16:55 in London; default: now
  --scale       so many of one service, as consent-guard=2
  --folder      where the mesh keeps its state; default var
  --no-journey  start the mesh and load the sample directory, play nothing
  --no-desk     start no desk: an inbox is taken by its desk or by your own calls, never by both`;

export interface StartOptions {
  readonly once: boolean;
  readonly journey: boolean;
  readonly desk: boolean;
  readonly folder: string;
  readonly scale: Partial<Record<ServiceName, number>>;
  readonly startsAt?: Date;
}

/**
 * What `npm start` was told. Undefined: the use is asked for.
 * @param now of this machine, against which `--from` is held
 * @throws Error that names the option and what it wants
 */
export function readStartOptions(args: readonly string[], now: Date): StartOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      once: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      from: { type: 'string' },
      scale: { type: 'string', multiple: true, default: [] },
      folder: { type: 'string', default: 'var' },
      'no-journey': { type: 'boolean', default: false },
      'no-desk': { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    once: values.once,
    journey: !values['no-journey'],
    desk: !values['no-desk'],
    folder: resolve(values.folder),
    scale: readScale(values.scale),
    ...(values.from === undefined ? {} : { startsAt: readStart(values.from, now) }),
  };
}

function readScale(wishes: readonly string[]): Partial<Record<ServiceName, number>> {
  const scale: Partial<Record<ServiceName, number>> = {};
  for (const wish of wishes) {
    const [name, count] = wish.split('=');
    const service = serviceNames.find((known) => known === name);
    if (service === undefined || service === 'gateway' || !/^[1-9]$/.test(count ?? ''))
      throw new Error(
        `--scale ${wish}: one of ${serviceNames.slice(0, -1).join(', ')} and a number from 1 to 9, as consent-guard=2`,
      );
    scale[service] = Number(count);
  }
  return scale;
}

/** The bank holidays are known from this year on. */
const firstYear = 2024;
/** The sample's keys are made by this machine's clock and last 15 years. The journey takes half a year. */
const yearsAhead = 10;

/**
 * A local day and time in London. A time that comes twice, in the night when the clock goes back, is the first of the two (summer time).
 * A time that is left out, in the night when it goes forward, is refused: no clock ever shows it.
 */
function readStart(text: string, now: Date): Date {
  const [, date = '', time = ''] = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})$/.exec(text) ?? [];
  const at = instantOf(date, time);
  if (at === undefined)
    throw new Error(
      `--from ${text}: a day and a time that London's clocks show, as 2026-12-24T16:55`,
    );
  const lastYear = now.getUTCFullYear() + yearsAhead;
  const year = Number(date.slice(0, 4));
  if (year < firstYear || year > lastYear)
    throw new Error(
      `--from ${text}: from ${firstYear}, where the calendar of bank holidays begins, to ${lastYear}, when the sample's keys still hold`,
    );
  return at;
}

function instantOf(date: string, time: string): Date | undefined {
  try {
    const at = londonInstant(date, time);
    return londonDate(at) === date && londonTime(at) === time ? at : undefined;
  } catch {
    return undefined;
  }
}
