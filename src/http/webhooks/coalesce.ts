/**
 * Gathers equal calls: while one call for a key is going on, any number of further ones share a single follow-up with the newest input.
 * A follow-up begins after each of its callers came, so that everyone's answer covers their own input (reliability.md L2, F11).
 */
export function coalesce<Input, Result>(
  call: (input: Input) => Promise<Result>,
): (key: string, input: Input) => Promise<Result> {
  interface FollowUp {
    input: Input;
    readonly result: Promise<Result>;
  }
  const flights = new Map<string, { readonly current: Promise<Result>; followUp?: FollowUp }>();

  const start = (key: string, input: Input): Promise<Result> => {
    const flight = { current: call(input) };
    flights.set(key, flight);
    const settle = (): void => {
      if (flights.get(key) === flight) flights.delete(key);
    };
    flight.current.then(settle, settle);
    return flight.current;
  };

  return (key, input) => {
    const flight = flights.get(key);
    if (flight === undefined) return start(key, input);
    if (flight.followUp === undefined) {
      const begin = (): Promise<Result> => start(key, followUp.input);
      const followUp: FollowUp = { input, result: flight.current.then(begin, begin) };
      flight.followUp = followUp;
    } else {
      flight.followUp.input = input;
    }
    return flight.followUp.result;
  };
}
