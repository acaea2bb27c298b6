import { RE2JS, RE2JSSyntaxException } from "re2js";

const maxPatternLength = 4 * 1_024;

/**
 * A regular expression in RE2's syntax, which is matched in linear time: whether a text has a match, anywhere in it.
 * @throws Error for a pattern that is none, or longer than 4,096 characters.
 */
export function compileRegex(pattern: string): (text: string) => boolean {
  if (pattern.length > maxPatternLength) throw new Error(`pattern is longer than ${maxPatternLength} characters`);
  try {
    const expression = RE2JS.compile(pattern);
    return (text) => expression.test(text);
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) throw new Error(error.message, { cause: error });
    throw error;
  }
}
