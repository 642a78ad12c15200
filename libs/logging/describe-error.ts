/** What a log line says of an error. */
export interface ErrorDescription {
  readonly name: string;
  readonly code?: string;
  /** Only a MeshError's: it is written to be read. A foreign message may quote a row or a form. */
  readonly message?: string;
  readonly field?: string;
  /** Where it was thrown: the frames without the line that repeats the message. */
  readonly at?: readonly string[];
  readonly cause?: ErrorDescription;
}

const framesShown = 6;
const causesShown = 4;

/** An error as data for the log: names, codes and places, and never a foreign error's text (pg's `detail` is a row). */
export function describeError(error: unknown, depth = 0): ErrorDescription {
  if (typeof error !== 'object' || error === null) return { name: typeof error };
  const { name, code, message, field, cause } = error as Record<string, unknown>;
  const isMeshError = name === 'MeshError';
  // A wrong setting is named by its message: our own code is not where to look. And its process has not read its source map yet.
  const isPlaceTold = depth === 0 && !(isMeshError && code === 'config-invalid');
  const frames = isPlaceTold ? framesOf(error) : [];
  return {
    name: typeof name === 'string' ? name : 'Error',
    ...(typeof code === 'string' || typeof code === 'number' ? { code: String(code) } : {}),
    ...(isMeshError && typeof message === 'string' ? { message } : {}),
    ...(isMeshError && typeof field === 'string' ? { field } : {}),
    ...(frames.length > 0 ? { at: frames.slice(0, framesShown).map((line) => line.trim()) } : {}),
    ...(cause !== undefined && depth < causesShown
      ? { cause: describeError(cause, depth + 1) }
      : {}),
  };
}

function framesOf({ stack }: { readonly stack?: unknown }): readonly string[] {
  return typeof stack === 'string' ? stack.split('\n').filter((line) => /^\s+at /.test(line)) : [];
}
