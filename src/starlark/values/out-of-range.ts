/** The message for an index that a sequence does not have. */
export function outOfRange(index: number, length: number, type: string): string {
  if (length === 0) return `index ${index} out of range: empty ${type}`;
  return `${type} index ${index} out of range [${-length}:${length - 1}]`;
}
