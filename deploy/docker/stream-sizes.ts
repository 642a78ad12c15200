/** Bytes of the stream in which a party's messages wait to be read. */
export const streamBytes = 64 * 1024 * 1024;
