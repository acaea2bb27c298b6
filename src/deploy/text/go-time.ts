/** RFC 3339 with as many digits of a second as needed, UTC: as Go writes a time into JSON. */
export function goTime(at: number): string {
  return new Date(at).toISOString().replace(/\.?0*Z$/, "Z");
}
