/** The text, or its begin and its end where it is longer than `most` characters: what went wrong stands at either. */
export function clipMiddle(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most / 2)} … ${text.slice(-most / 2)}`;
}
