/** Bytes of each of a party's two streams. */
export const streamBytes = 64 * 1024 * 1024;
/** Bytes of EVENTS. */
export const eventsMaxBytes = 1024 * 1024 * 1024;
