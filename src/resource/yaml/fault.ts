import type { YamlDiagnostic } from "./types.ts";

/** What is wrong with a text, and where; caught at the door and turned into a diagnostic. */
export class YamlFault extends Error {
  override readonly name = "YamlFault";
  readonly code: YamlDiagnostic["code"];
  /** 0-based. */
  readonly line: number;
  readonly column: number;
  /** The number that go-yaml prints for this line; 0 = it prints none. */
  readonly reportedLine: number;

  constructor(code: YamlDiagnostic["code"], message: string, place: Place, reportedLine: number = place.line + 1) {
    super(message);
    this.code = code;
    this.line = place.line;
    this.column = place.column;
    this.reportedLine = reportedLine;
  }
}

/** 0-based position in a text. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** The text cannot be cut into tokens. */
export function scanFault(place: Place, message: string): YamlFault {
  return new YamlFault("YAML_SYNTAX", message, place);
}

/** The tokens make no sense together; go-yaml counts lines from 0 here. */
export function parseFault(place: Place, message: string): YamlFault {
  return new YamlFault("YAML_SYNTAX", message, place, place.line);
}

/** A value that cannot be what it says; go-yaml prints no line. */
export function valueFault(place: Place, message: string): YamlFault {
  return new YamlFault("YAML_VALUE", message, place, 0);
}

/** A value that go-yaml would take, and that is refused here because something of it would be lost. */
export function refusedValue(place: Place, message: string): YamlFault {
  return new YamlFault("YAML_VALUE", message, place);
}

export function limitFault(place: Place, message: string): YamlFault {
  return new YamlFault("YAML_LIMIT", message, place);
}
