/** How to turn the text that the shell has already been sent into the text that is wanted. */
export interface TextDifference {
  /** Code points to rub out at the end of the old text, with one DEL each. */
  remove: number;
  /** Text to send after that. */
  insert: string;
}

/**
 * The shortest edit at the end of `before` that makes it `after`. A shell can only be typed at: what
 * a phone keyboard replaces in the middle is rubbed out back to there and typed again.
 */
export function textDifference(before: string, after: string): TextDifference {
  const old = [...before];
  const wanted = [...after];
  let common = 0;
  while (common < old.length && common < wanted.length && old[common] === wanted[common]) {
    common += 1;
  }
  return { remove: old.length - common, insert: wanted.slice(common).join("") };
}
