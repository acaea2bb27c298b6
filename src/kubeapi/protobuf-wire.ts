/**
 * Protobuf's wire format: a message is a row of fields, each a tag (field number × 8 + wire type) and a value. Wire type 0 is a varint (seven
 * bits a byte, lowest first, the high bit says that more follow), 1 and 5 are eight and four bytes, 2 is a length and so many bytes, 3 and 4
 * begin and end a group. The texts of faults are those of the API server's decoder.
 */

/** The bytes are no message. Never leaves the room: decodeProtobuf answers it as BadRequest. */
export class WireFault extends Error {
  override readonly name = "WireFault";
}

/** A place in the bytes; parts of a message read the same bytes within their own bounds. */
export interface WireReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;
}

export interface WireTag {
  readonly number: number;
  readonly wire: number;
}

export const wireOf = (bytes: Uint8Array): WireReader => ({ bytes, at: 0, end: bytes.length });

export const hasMore = (reader: WireReader): boolean => reader.at < reader.end;

const maxFieldNumber = 2 ** 29 - 1;

/** @throws WireFault for a field number that protobuf does not have, and at the end of a group that never began. */
export function readTag(reader: WireReader): WireTag {
  const tag = readSize(reader);
  const wire = tag % 8;
  const number = Math.floor(tag / 8);
  if (wire === 4) throw new WireFault("proto: wiretype end group for non-group");
  if (number < 1 || number > maxFieldNumber) throw new WireFault(`proto: illegal tag ${number} (wire type ${wire})`);
  return { number, wire };
}

/** A varint, exact: 64 bits without a sign. */
export function readVarint(reader: WireReader): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 64n; shift += 7n) {
    const byte = readByte(reader);
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return BigInt.asUintN(64, value);
  }
  throw new WireFault("proto: integer overflow");
}

/** The part that a field of wire type 2 holds. */
export function readPart(reader: WireReader): WireReader {
  const length = readSize(reader);
  const part: WireReader = { bytes: reader.bytes, at: reader.at, end: reader.at + length };
  skipBytes(reader, length);
  return part;
}

/** What is left of a part, without a copy. */
export const restOf = (reader: WireReader): Uint8Array => reader.bytes.subarray(reader.at, reader.end);

/** Passes a field that nobody knows, groups with all that is in them. */
export function skipField(reader: WireReader, wire: number): void {
  let depth = 0;
  for (let type = wire; ; type = readSize(reader) % 8) {
    if (type === 3) depth++;
    else if (type === 4) depth--;
    else skipValue(reader, type);
    if (depth === 0) return;
  }
}

function skipValue(reader: WireReader, wire: number): void {
  switch (wire) {
    case 0:
      readSize(reader);
      return;
    case 1:
      skipBytes(reader, 8);
      return;
    case 2:
      skipBytes(reader, readSize(reader));
      return;
    case 5:
      skipBytes(reader, 4);
      return;
    default:
      throw new WireFault(`proto: illegal wireType ${wire}`);
  }
}

function skipBytes(reader: WireReader, length: number): void {
  if (length >= 2 ** 63) throw new WireFault("proto: negative length found during unmarshaling");
  if (length > reader.end - reader.at) throw new WireFault("unexpected EOF");
  reader.at += length;
}

/** A varint as a double: tags and lengths are far below 2^53, and what is above is refused by its size anyway. */
function readSize(reader: WireReader): number {
  let value = 0;
  for (let factor = 1; factor < 2 ** 64; factor *= 2 ** 7) {
    const byte = readByte(reader);
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value;
  }
  throw new WireFault("proto: integer overflow");
}

function readByte(reader: WireReader): number {
  const byte = reader.at < reader.end ? reader.bytes[reader.at] : undefined;
  if (byte === undefined) throw new WireFault("unexpected EOF");
  reader.at++;
  return byte;
}
