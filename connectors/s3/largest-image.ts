/** The most that is kept of one object for `undo`, all its versions together: it is held in memory. */
export const LARGEST_IMAGE = 64 * 1024 ** 2;
