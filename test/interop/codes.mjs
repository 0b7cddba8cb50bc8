// Stream error codes travel in WebTransport's part of HTTP/3's code space, as Rust's web-transport crates put them there even on raw QUIC.
// Codes of connection closes are not mapped.

const first = 0x52e4a40fa8dbn;
const last = 0x52e5ac983162n;

/** The code that RESET_STREAM or STOP_SENDING carries for an application's code. */
export function toWire(code) {
  const n = BigInt(code);
  return first + n + n / 30n;
}

/** The application's code; one outside the mapped range is taken as it is, because dropped streams send plain codes. */
export function fromWire(wire) {
  const h = BigInt(wire);
  if (h < first || h > last) return Number(h);
  const shifted = h - first;
  return Number(shifted - shifted / 31n);
}

/** Reads `Reset(n)` and `Stopped(n)` out of the addon's error text: `{ kind, wire, code }`, or undefined for any other failure. */
export function streamEnd(error) {
  const found = /\b(Reset|Stopped)\((\d+)\)/.exec(String(error?.message ?? error));
  return found ? { kind: found[1].toLowerCase(), wire: found[2], code: fromWire(found[2]) } : undefined;
}

/** The same failure in the shape of a WebTransportError, whose fields are what @moq/net looks at. */
export function webTransportError(error) {
  const end = streamEnd(error);
  const result = new Error(end ? `${end.kind} by peer: code ${end.code}` : String(error?.message ?? error).split("\n")[0], { cause: error });
  result.source = end ? "stream" : "session";
  result.streamErrorCode = end ? end.code : null;
  return result;
}

/** Reads a connection's end out of iroh's text: `closed by peer: bye (code 42)`, or `closed by peer: 42` when the reason is empty. */
export function connectionEnd(text) {
  const withReason = /^closed by peer: ([\s\S]*) \(code (\d+)\)$/.exec(text);
  if (withReason) return { by: "peer", code: Number(withReason[2]), reason: withReason[1] };
  const bare = /^closed by peer: (\d+)$/.exec(text);
  if (bare) return { by: "peer", code: Number(bare[1]), reason: "" };
  return text === "closed" ? { by: "local" } : { by: "transport" };
}
