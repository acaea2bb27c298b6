/** Parser of an option that may be repeated: the values in their order. commander calls it with `undefined` the first time. */
export function gather(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}
