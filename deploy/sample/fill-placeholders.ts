import { bankHolidays } from '#libs/calendar/bank-holidays.js';
import { addDays } from '#libs/calendar/local-date.js';
import { londonDate, londonInstant, londonTime } from '#libs/calendar/london-time.js';
import { addWorkingDays } from '#libs/calendar/working-days.js';

/** What placeholders of a sample form may refer to. */
export interface PlaceholderContext {
  /** Mesh time at the moment of sending. */
  readonly now: Date;
  /** Tells one playing of the journey from another. */
  readonly run: string;
  /** Id of a message sent before, by the name its form gave it. */
  readonly idOf: (name: string) => string;
  /** Id of a case by its name; the first mention makes it. */
  readonly caseOf: (name: string) => string;
  /** `data` of a message sent before, filled. */
  readonly dataOf: (name: string) => Readonly<Record<string, unknown>>;
}

const holidays = bankHolidays('england-and-wales');
const whole = /\{\{([^{}]*)\}\}/g;
const day = /^(today|now)(?:([+-])(\d{1,3})(d|w|wd))?(?:@(\d{2}:\d{2}))?$/;

/**
 * A JSON value with every `{{…}}` in its texts replaced:
 * - `{{today}}` the day in London; `{{today+3d}}`, `{{today-1w}}`, `{{today+5wd}}`: days, weeks, working days from it;
 * - `{{now}}` the instant; `{{now+3wd@10:30}}`: that day at that time in London;
 * - `{{id:<name>}}`, `{{case:<name>}}`, `{{sent:<name>.<field>}}`, `{{run}}`.
 *
 * @throws RangeError that names the placeholder when it is none of these
 */
export function fillPlaceholders(value: unknown, context: PlaceholderContext): unknown {
  if (typeof value === 'string')
    return value.replaceAll(whole, (_match, inner: string) => textOf(inner.trim(), context));
  if (Array.isArray(value)) return value.map((item) => fillPlaceholders(item, context));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, fillPlaceholders(inner, context)]),
  );
}

function textOf(placeholder: string, context: PlaceholderContext): string {
  if (placeholder === 'run') return context.run;
  const [kind = '', name = ''] = splitOnce(placeholder, ':');
  if (kind === 'id') return context.idOf(name);
  if (kind === 'case') return context.caseOf(name);
  if (kind === 'sent') {
    const [message = '', field = ''] = splitOnce(name, '.');
    const sent = context.dataOf(message)[field];
    if (typeof sent === 'string') return sent;
  }
  const match = day.exec(placeholder);
  if (match === null) throw new RangeError(`the placeholder {{${placeholder}}} means nothing here`);
  const [, base, sign, count = '0', unit = 'd', time] = match;
  const date = shift(londonDate(context.now), Number(count) * (sign === '-' ? -1 : 1), unit);
  if (base === 'today') return date;
  if (sign === undefined && time === undefined) return context.now.toISOString();
  return londonInstant(date, time ?? londonTime(context.now)).toISOString();
}

function shift(date: string, count: number, unit: string): string {
  if (unit === 'wd') return addWorkingDays(date, count, holidays);
  return addDays(date, unit === 'w' ? count * 7 : count);
}

/** `a:b:c` at the first `:` → `a`, `b:c`. */
function splitOnce(text: string, by: string): readonly string[] {
  const at = text.indexOf(by);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + by.length)];
}
